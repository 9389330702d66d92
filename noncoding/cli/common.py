"""What the subcommands share: options, logging and errors."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from noncoding.common.errors import InputError
from noncoding.common.system_errors import as_input_error
from noncoding.settings.base import Section
from noncoding.settings.messages import input_error

log = logging.getLogger("noncoding")
Options = TypeVar("Options", bound=Section)


class Device(StrEnum):
    """Where a network runs; `auto` is the first GPU, if there is one."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        help="Folder of a trained model, name of a model of the package, or a model of the Hugging "
        "Face hub, hf:USER/MODEL@REVISION, optionally with #sha256=DIGEST of its weights.",
    ),
]
GenomeOption = Annotated[
    Path | None,
    typer.Option("--genome", "-g", readable=False, help="FASTA file, plain or compressed."),
]
TargetsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--targets",
        "-t",
        help="Index, name, group or pattern with * and ?; commas separate several. All by default.",
    ),
]
BothStrandsOption = Annotated[
    bool,
    typer.Option(
        "--both-strands/--forward-strand",
        help="Average both strands, or use the forward strand.",
        rich_help_panel="Strands",  # Apart: its long name narrows the text of a panel.
    ),
]
DeviceOption = Annotated[Device, typer.Option("--device", help="Where the network runs.")]
BatchSizeOption = Annotated[
    int, typer.Option("--batch-size", "-b", min=1, help="Sequences per step.")
]
SeedOption = Annotated[
    int, typer.Option("--seed", min=0, help="Seed of the background.", rich_help_panel="Scores")
]


def options_of(section: type[Options], **values: object) -> Options:
    """The options of a subcommand as settings; errors name the option.

    Raises
    ------
    InputError
        A value is not valid, or options exclude each other.
    """
    try:
        return section(**values)
    except ValidationError as error:
        found = input_error(error, section)
        key = found.where.removeprefix("configuration").removeprefix(", key ")
        where = f"--{key.split('.')[0].replace('_', '-')}" if key else "options"
        raise InputError(where, found.found, found.expected, found.remedy) from error


def text_of(path: Path | None) -> str | None:
    """A path as the settings have it."""
    return None if path is None else str(path)


def integers_of(text: str, option: str) -> list[int]:
    """Whole numbers that are separated by commas; an `InputError` for anything else."""
    try:
        return [int(number) for number in text.split(",")]
    except ValueError as error:
        raise InputError(
            option, repr(text), "whole numbers separated by commas, such as 0,-10,10", "Correct it."
        ) from error


@contextmanager
def reported() -> Iterator[None]:
    """Log to standard error, and exit with status 1 and a message on invalid input.

    An interrupt exits with status 130; other errors keep their traceback.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    except KeyboardInterrupt:
        log.error("interrupted; run the same command again to resume")
        raise typer.Exit(130) from None
    except Exception as error:
        known = error if isinstance(error, InputError) else as_input_error(error)
        if known is None:
            raise
        log.error("%s", known)
        raise typer.Exit(1) from None
    finally:
        log.removeHandler(handler)
