"""The subcommand ``noncoding models``: list trained models."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from noncoding.cli.common import log, reported
from noncoding.common.errors import InputError
from noncoding.common.wording import counted
from noncoding.models.shipped import local_models, model_folder, shipped_models

if TYPE_CHECKING:
    from noncoding.models.descriptions import ModelDescription

COLUMNS = (
    *("model", "data set", "targets", "parameters", "window", "bin"),
    *("valid. AUPR", "valid. AUROC", "test AUPR", "test AUROC"),
)


def models(
    model: Annotated[
        str | None,
        typer.Argument(
            help="Name of a model of the package, folder of a model, or hf:USER/MODEL@REVISION."
        ),
    ] = None,
    targets: Annotated[
        bool, typer.Option("--targets", help="Print the targets of the model, tab-separated.")
    ] = False,
    results: Annotated[
        Path,
        typer.Option(
            "--results", readable=False, help="Folder below which trained models are listed."
        ),
    ] = Path("results"),
) -> None:
    """List trained models: those of the package, and those below the folder of results.

    AUPR and AUROC are means over targets. With MODEL, its description or its targets are printed;
    for a model of the Hugging Face hub, `hf:USER/MODEL@REVISION` (a commit hash, a tag or a
    branch), its files are downloaded at the first use.

    **Examples**

        # All models of the package, and those below the folder results
        noncoding models

        # Data, network and test results of one model
        noncoding models yeast
        noncoding models results/yeast/convnext

        # Its targets with their test results
        noncoding models yeast --targets > targets.tsv

        # A model of the hub, with the SHA-256 digest of its weights
        noncoding models hf:USER/MODEL@REVISION#sha256=DIGEST
    """
    with reported():
        # Imported here, so that the help does not wait for pandas.
        from noncoding.models.descriptions import describe  # noqa: PLC0415

        if model:
            one = describe(model_folder(model))
            lines = _table(one) if targets else _aligned(_description(one))
        elif targets:
            raise InputError(
                "--targets", "no model", "one", "For example, `noncoding models yeast --targets`."
            )
        else:
            lines = _aligned(_list(results, describe))
        for line in lines:
            typer.echo(line)


def _list(
    results: Path, describe: Callable[[Path], "ModelDescription"]
) -> Iterator[tuple[str, ...]]:
    """Rows of the list; models that cannot be read are logged."""
    yield COLUMNS
    found = {**shipped_models(), **{str(folder): folder for folder in local_models(results)}}
    for name, folder in found.items():
        try:
            yield (name, *_cells(describe(folder)))
        except InputError as error:
            log.warning("%s", error)


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


def _table(one: "ModelDescription") -> list[str]:
    """The targets, tab-separated."""
    from noncoding.data.targets import distinct_names  # noqa: PLC0415

    columns = ["index", "name", "group", "test_positives", "test_auprc", "test_auroc"]
    targets = one.targets.assign(name=distinct_names(one.targets))
    shown = targets[[name for name in columns if name in targets]]
    return shown.to_csv(sep="\t", index=False).splitlines()


def _description(one: "ModelDescription") -> Iterator[tuple[str, str]]:
    """What there is to say about a model, line by line."""
    training, test = one.training, one.test
    kind = str(one.config.get("model_type", "–")).removeprefix("noncoding-")
    groups = one.targets["group"].value_counts().items()
    yield "model", f"{training.get('model', '–')} ({kind})"
    yield "folder", str(one.folder.resolve())
    yield "data set", str(training.get("dataset", "–"))
    yield "parameters", _count(training.get("parameters"))
    yield "window", f"{_count(one.config.get('length'))} bp"
    yield "labelled bin", f"the central {_count(training.get('bin'))} bp"
    yield "targets", f"{len(one.targets):,}: {', '.join(f'{n:,} {name}' for name, n in groups)}"
    auprc, auroc = (_decimals(one.validation(metric)) for metric in ("AUPR", "AUROC"))
    yield "validation", f"AUPR {auprc}, AUROC {auroc}, means over targets"
    yield (
        "test",
        f"AUPR {_estimate(test['auprc'])}, AUROC {_estimate(test['auroc'])}, means over "
        f"{counted(test['averaged'], 'target')}, {counted(test['loci'], 'locus')}"
        if test
        else "no evaluation in the folder or beside it",
    )


def _aligned(table: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Lines with columns of equal width."""
    rows = list(table)
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
