"""The HTML page: one file that needs no other."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from noncoding import layout
from noncoding.attribution.checks.table import P_VALUE, WINDOW
from noncoding.common.provenance import versions
from noncoding.common.wording import counted
from noncoding.report import captions, findings, formats, rows
from noncoding.report.images import Images
from noncoding.report.results import DatasetResults, empty_figures, stage_folder
from noncoding.report.sources import chromosomes_of_splits, drawn_negatives, source_facts

_FILTERS = (
    *(formats.allele, formats.architecture, formats.count, formats.decimals, formats.exact),
    *(formats.interval, formats.listed, formats.percent, formats.probability, formats.scientific),
    *(formats.signed, formats.signed_interval),
)


def render(
    results: DatasetResults,
    answer: list[str],
    dataset: Path,
    configuration: Mapping[str, Any],
) -> str:
    """Render the page, with links relative to the folder of the data set.

    Parameters as in `noncoding.stages.report.report`; an `InputError` if a figure is missing.
    """
    empty = empty_figures(results.models[0])

    def figures(stage: str, folder: Path) -> list[tuple[Path, captions.Caption]]:
        """The first format of each figure that shows something, with its caption."""
        first = [paths[0] for paths in layout.figures(stage, folder)]
        return [(path, captions.CAPTIONS[path.stem]) for path in first if path.stem not in empty]

    environment = Environment(
        loader=PackageLoader("noncoding", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {function.__name__: function for function in _FILTERS}
    metrics = results.models[0].metrics
    settings = configuration["datasets"][dataset.name]
    return environment.get_template("page.html").render(
        **vars(results),
        task=results.splits["test"],
        dataset=dataset,
        answer=answer,
        results=results,
        facts=source_facts(settings["source"], results.splits["test"]["source"]),
        negatives=drawn_negatives(results.splits["test"]["source"]),
        chromosomes=chromosomes_of_splits(settings.get("splits")),
        # Of a random classifier, over the targets that are averaged.
        random_auprc=metrics.dropna(subset="auprc")["prevalence"].mean(),
        configuration=yaml.safe_dump(dict(configuration), sort_keys=False, allow_unicode=True),
        versions=versions(),
        p_value=P_VALUE,
        window=WINDOW,
        captions=captions,
        layout=layout,
        findings=findings,
        rows=rows,
        counted=counted,
        images=Images(),
        figures=figures,
        folder=lambda stage, model="": stage_folder(dataset, stage, model),
        link=lambda path: quote(path.relative_to(dataset).as_posix()),
    )
