"""The subcommand ``init``."""

import re
import shlex
import shutil
import sys
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from noncoding import layout
from noncoding.cli.common import reported
from noncoding.common.errors import InputError, printable, some_of
from noncoding.common.files import from_home
from noncoding.common.wording import counted

if TYPE_CHECKING:
    from noncoding.data.genome.overlay import Overlay

_SHOWN = 20
"""Number of targets in the table on the terminal; of more, those with most and fewest peaks."""


def init(
    fasta: Annotated[
        str, typer.Option("--fasta", "-f", help="Genome in FASTA format, plain or compressed.")
    ],
    peaks: Annotated[
        list[str],
        typer.Option(
            "--peaks",
            "-p",
            help="BED, narrowPeak or broadPeak file, or a pattern of several with * and ?. The "
            "option may be repeated.",
        ),
    ],
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE", help="Further peak files, as from a pattern without quotes."
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", readable=False, help="Configuration to write, in YAML.")
    ] = Path("overlay.yaml"),
    name: Annotated[
        str | None,
        typer.Option(help="Name of the data set; by default, that of --out without .yaml."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write the configuration of a data set for your own genome and peak files.

    Each peak file is a target. Chromosome names in the peak files are matched with those in the
    FASTA file. Chromosomes with about 10 % of the peaks and bases are proposed for each of
    validation and test. The choices and their reasons are printed, and written as comments to
    the file, which can be edited.

    **Examples**

        # All narrowPeak files of a folder
        noncoding init --fasta hg38.fa.gz --peaks 'peaks/*.narrowPeak'

        # One BED file: bins without peaks are added as negatives
        noncoding init --fasta genome.fa --peaks CTCF.bed --out ctcf.yaml

        # Files of several folders
        noncoding init -f hg38.fa -p 'K562/*.bed' -p 'HepG2/*.bed' -o cells.yaml

        # Then train, evaluate and explain, in the folder of the pipeline
        # (elsewhere, with the printed command)
        snakemake --configfile overlay.yaml
    """
    with reported():
        # Imported here, so that the help does not wait for pandas.
        from noncoding.data.genome.given_peaks import (  # noqa: PLC0415
            find_peak_files,
            given_peaks,
        )
        from noncoding.data.genome.overlay import (  # noqa: PLC0415
            propose_overlay,
            write_overlay,
        )

        if "://" in fasta:
            raise InputError("--fasta", "a URL", "a file", "Download it, and give its path.")
        genome = from_home(fasta)
        patterns = [*peaks, *(files or [])]
        table = out.with_name(f"{out.stem}_peaks.tsv")
        given = given_peaks(find_peak_files(patterns), table, patterns)
        for path in (out, table) if given.table else (out,):
            _refuse_existing(path, force, inputs=[genome, *given.files])
        default = re.sub("[^A-Za-z0-9_.-]", "_", out.stem).lstrip("_.-") or "mine"
        name = default if name is None else name
        overlay = propose_overlay(genome, given, name)
        written = write_overlay(overlay, out, table)
        for line in _summary(overlay, written):
            typer.echo(printable(line))


def _refuse_existing(path: Path, force: bool, inputs: Iterable[Path]) -> None:
    if path.is_dir():
        raise InputError("--out", f"the folder {path}", "a file", "Give the path of a file.")
    if not path.exists():
        return
    if any(given.exists() and path.samefile(given) for given in inputs):
        raise InputError(path, "one of the input files", "a file of its own", "Change --out.")
    if not force:
        raise InputError(
            path,
            "an existing file",
            "none, since it would be replaced",
            "Replace it with --force, or write another file with --out.",
        )


def _summary(overlay: "Overlay", written: list[Path]) -> Iterator[str]:
    """What was found, chosen and written."""
    genome = overlay.genome
    yield (
        f"Genome: {genome.fasta}, {counted(len(genome.lengths), 'sequence')} "
        f"({some_of(genome.lengths, shown=5)})"
    )
    yield f"Peaks: {counted(len(overlay.peaks.files), 'file')}"
    yield ""
    yield from _targets(overlay)
    yield ""
    yield from _splits(overlay)
    yield ""
    yield "Choices:"
    for key, reason in overlay.reasons.items():
        value = overlay.dataset[key]
        yield f"- {key}: {f'{value}. ' if isinstance(value, str) else ''}{reason}"
        if key == "chromosome_map":
            yield f"  {some_of((f'{given} → {own}' for given, own in value.items()), shown=30)}"
    if overlay.warnings:
        yield ""
        yield "Warnings:"
        yield from (f"- {warning}" for warning in overlay.warnings)
    yield ""
    yield f"Written: {', '.join(map(str, written))}. Check it, and run:"
    yield f"  {_command(written[0])}"
    yield f"The report will be results/{overlay.name}/report.html."


def _command(configuration: Path) -> str:
    """How this environment runs a configuration, whose paths start at the working directory.

    If that is not the folder of a pipeline, the command has absolute paths.
    """
    from noncoding.data.genome.given_peaks import portable  # noqa: PLC0415

    here = Path("Snakefile").is_file()
    command = "snakemake"
    own = Path(sys.executable).with_name(command)
    if own.exists() and shutil.which(command) != str(own):
        command = portable(own) if here else str(own)
    if here:
        return shlex.join([command, "--configfile", str(configuration)])
    snakefile = Path(layout.__file__).parents[1] / "Snakefile"
    if not snakefile.is_file():  # a package that was installed without the pipeline
        snakefile = Path("FOLDER_OF_THE_PIPELINE/Snakefile")
    folder = Path.cwd()
    options = [
        "--snakefile",
        snakefile,
        "--directory",
        folder,
        "--configfile",
        folder / configuration,
    ]
    return shlex.join(map(str, [command, *options]))


def _targets(overlay: "Overlay") -> Iterator[str]:
    columns = ("peaks", "train", "valid", "test")
    rows: list[tuple[str, ...]] = [("target", *columns)]
    table = overlay.targets
    left_out = len(table) - _SHOWN
    if left_out > 0:
        table = table.sort_values("peaks", ascending=False, kind="stable")
        table = table.iloc[[*range(_SHOWN // 2), *range(-_SHOWN // 2, 0)]]
    rows += [
        (str(row["name"]), *(f"{row[column]:,}" for column in columns))
        for _, row in table.iterrows()
    ]
    lines = [*_aligned(rows)]
    if left_out > 0:
        lines.insert(1 + _SHOWN // 2, f"… {counted(left_out, 'target')} between …")
    yield from lines


def _splits(overlay: "Overlay") -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("split", "bases", "peaks", "chromosomes")]
    totals = overlay.splits.sum()
    for split, row in overlay.splits.iterrows():
        cells = [f"{row[of]:,} ({100 * row[of] / totals[of]:.1f} %)" for of in ("bases", "peaks")]
        names = overlay.dataset["splits"].get(split)
        rows.append((str(split), *cells, some_of(names) if names else "all others"))
    if ignored := overlay.dataset["splits"].get("ignore"):
        rows.append(("ignore", "", "", some_of(ignored)))
    yield from _aligned(rows, left=(0, 3))


def _aligned(rows: Sequence[tuple[str, ...]], left: Container[int] = (0,)) -> Iterator[str]:
    """Lines with columns of equal width; text is on the right, but for columns of `left`."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
