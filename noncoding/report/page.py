"""The HTML page: one file that needs no other."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from noncoding import layout
from noncoding.attribution.checks.names import P_VALUE, WINDOW
from noncoding.common.provenance import versions
from noncoding.report import captions, findings, formats, rows
from noncoding.report.results import DatasetResults, existing, stage_folder
from noncoding.report.sources import source_facts

PRINTED = 60
"""Longest table of targets that is printed."""
_MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
_FILTERS = (
    *(formats.architecture, formats.count, formats.decimals, formats.exact, formats.interval),
    *(formats.listed, formats.percent, formats.rounded, formats.scientific, formats.signed),
)


def render(
    results: DatasetResults, finding: str, dataset: Path, configuration: Mapping[str, Any]
) -> str:
    """Render the page of a data set.

    Parameters
    ----------
    results : DatasetResults
    finding : str
        The main result, a sentence.
    dataset : Path
        Folder of all results of the data set and of the page; links are relative to it.
    configuration : dict
        Shown on the page; ``datasets`` has the entry of the data set.

    Raises
    ------
    InputError
        A figure is missing.
    """

    def embedded(path: Path, stage: str) -> str:
        content = base64.b64encode(existing(path, stage).read_bytes()).decode()
        return f"data:{_MEDIA_TYPES[path.suffix]};base64,{content}"

    def figures(stage: str, folder: Path) -> list[tuple[Path, captions.Caption]]:
        """The first format of each figure, with its caption."""
        paths = [formats[0] for formats in layout.figures(stage, folder)]
        return [(path, captions.CAPTIONS[path.stem]) for path in paths]

    environment = Environment(
        loader=PackageLoader("noncoding", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {function.__name__: function for function in _FILTERS}
    metrics = results.models[0].metrics
    names = [model.name for model in results.models]
    source = results.splits["test"]["source"]
    return environment.get_template("page.html").render(
        name=dataset.name,
        splits=results.splits,
        task=results.splits["test"],
        models=results.models,
        finding=finding,
        facts=source_facts(configuration["datasets"][dataset.name]["source"], source),
        comparison=results.comparison,
        versus=results.versus,
        averages=rows.average_rows(results.models),
        # That of a random classifier, over the targets that are averaged.
        mean_auprc_at_random=metrics.dropna(subset="auprc")["prevalence"].mean(),
        targets=rows.target_rows(results),
        descriptive=rows.descriptive_columns(metrics),
        known_motifs=any(results.known_motifs),
        printed=PRINTED,
        versions=versions(),
        other_versions=findings.other_versions(results.models, versions()),
        configuration=yaml.safe_dump(dict(configuration), sort_keys=False, allow_unicode=True),
        results=rows.file_rows(dataset, names),
        faithfulness=captions.FAITHFULNESS,
        p_value=P_VALUE,
        window=WINDOW,
        n_patterns=rows.PATTERNS,
        counted=formats.counted,
        embedded=embedded,
        enrichment_rows=rows.enrichment_rows,
        figures=figures,
        folder=lambda stage, model="": stage_folder(dataset, stage, model),
        left_out=findings.left_out,
        link=lambda path: quote(Path(os.path.relpath(path, dataset)).as_posix()),
        of_targets=findings.of_targets,
        pattern_rows=rows.pattern_rows,
    )
