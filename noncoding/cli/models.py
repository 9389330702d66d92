"""The subcommand ``noncoding models``: list trained models."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from noncoding.cli.common import log, reported
from noncoding.common.errors import InputError
from noncoding.models.shipped import local_models, model_folder, shipped_models

if TYPE_CHECKING:
    from noncoding.models.descriptions import ModelDescription

COLUMNS = (
    *("model", "data set", "targets", "parameters", "window", "bin"),
    *("valid. AUPR", "valid. AUROC", "test AUPR", "test AUROC"),
)


def models(
    model: Annotated[
        str | None, typer.Argument(help="Name of a model of the package, or folder of a model.")
    ] = None,
    targets: Annotated[
        bool, typer.Option("--targets", help="Print the targets of the model, tab-separated.")
    ] = False,
    results: Annotated[
        Path, typer.Option("--results", help="Folder below which trained models are listed.")
    ] = Path("results"),
) -> None:
    """List trained models: those of the package, and those below the folder of results.

    AUPR and AUROC are means over targets. With a model, print its description or its targets.

    For example:

    ```
    noncoding models
    noncoding models yeast
    noncoding models yeast --targets > targets.tsv
    noncoding models results/yeast/compact
    ```
    """
    with reported():
        if model:
            _print_one(model, targets=targets)
        elif targets:
            raise InputError(
                "--targets", "no model", "one", "For example, `noncoding models yeast --targets`."
            )
        else:
            _print_all(results)


def _print_all(results: Path) -> None:
    from noncoding.models.descriptions import describe

    rows: list[tuple[str, ...]] = [COLUMNS]
    found = {**shipped_models(), **{str(folder): folder for folder in local_models(results)}}
    for name, folder in found.items():
        try:
            rows.append((name, *_cells(describe(folder))))
        except InputError as error:
            log.warning("%s", error)
    for line in _aligned(rows):
        typer.echo(line)


def _cells(description: "ModelDescription") -> Iterator[str]:
    training, test = description.training, description.test
    yield str(training.get("dataset", "–"))
    yield f"{len(description.targets):,}"
    yield _count(training.get("parameters"))
    yield f"{_count(description.config.get('length'))} bp"
    yield f"{_count(training.get('bin'))} bp"
    for metric in ("AUPR", "AUROC"):
        yield _decimals(description.validation(metric))
    for metric in ("auprc", "auroc"):
        yield _decimals(test[metric]["mean"] if test else None)


def _print_one(model: str, *, targets: bool) -> None:
    from noncoding.models.descriptions import describe

    description = describe(model_folder(model))
    table, training, test = description.targets, description.training, description.test
    if targets:
        columns = ["index", "name", "group", "test_positives", "test_auprc", "test_auroc"]
        shown = table[[name for name in columns if name in table]]
        typer.echo(shown.to_csv(sep="\t", index=False).rstrip("\n"))
        return
    groups = ", ".join(f"{n:,} {group}" for group, n in table["group"].value_counts().items())
    architecture = str(description.config.get("model_type", "–")).removeprefix("noncoding-")
    lines = [
        ("model", f"{training.get('model', '–')} ({architecture})"),
        ("folder", str(description.folder.resolve())),
        ("data set", str(training.get("dataset", "–"))),
        ("parameters", _count(training.get("parameters"))),
        ("window", f"{_count(description.config.get('length'))} bp"),
        ("labelled bin", f"the central {_count(training.get('bin'))} bp"),
        ("targets", f"{len(table):,}: {groups}"),
        (
            "validation",
            ", ".join(
                f"{metric} {_decimals(description.validation(metric))}"
                for metric in ("AUPR", "AUROC")
            )
            + ", means over targets",
        ),
    ]
    if test:
        lines.append(
            (
                "test",
                f"AUPR {_estimate(test['auprc'])}, AUROC {_estimate(test['auroc'])}, means over "
                f"{test['averaged']:,} targets, {test['loci']:,} loci",
            )
        )
    else:
        lines.append(("test", "not evaluated"))
    for line in _aligned(lines):
        typer.echo(line)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines with columns of equal width."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _count(number: Any) -> str:
    return f"{number:,}" if isinstance(number, int) else "–"


def _decimals(number: float | None) -> str:
    return "–" if number is None else f"{number:.3f}"


def _estimate(average: dict[str, Any]) -> str:
    interval = average.get("mean_interval")
    shown = f" ({interval[0]:.3f}–{interval[1]:.3f})" if interval else ""
    return f"{_decimals(average['mean'])}{shown}"
