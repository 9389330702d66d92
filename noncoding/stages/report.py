"""The driver: everything that is known of a data set, on one page."""

import base64
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from noncoding.attribution.checks.table import P_VALUE, WINDOW
from noncoding.common import provenance
from noncoding.common.files import atomic_write
from noncoding.report import captions, formats
from noncoding.report.collect import DatasetResults, collect, existing
from noncoding.report.findings import (
    average_rows,
    enrichment,
    finding,
    left_out,
    of_targets,
    other_versions,
)
from noncoding.report.sources import source_facts

log = logging.getLogger(__name__)

LONG = 60
"""Rows from which on the table of targets is not printed."""
_MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
_DESCRIPTIVE = {"cell_type": "Cell type", "assay": "Assay", "treatment": "Treatment"}


def report(
    dataset: str,
    configuration: dict[str, Any],
    *,
    data: str | os.PathLike[str],
    models: Mapping[str, str | os.PathLike[str]],
    comparison: str | os.PathLike[str],
    page: str | os.PathLike[str],
) -> None:
    """Write the page of a data set: one HTML file that needs no other.

    Parameters
    ----------
    dataset : str
        Its name in the configuration.
    configuration : dict
        Shown on the page; ``datasets`` holds the entry of the data set.
    data : path
        Folder with the description: ``summary.json`` and ``figures``.
    models : mapping of str to path
        Folder of each model, at least one: ``model``, ``training``,
        ``evaluation`` and ``explain``.
    comparison : path
        Folder of the comparison.
    page : path
        The HTML file. Links on it are relative to its folder.

    Raises
    ------
    InputError
        A file is missing or cannot be read, or the models were evaluated on
        different targets.
    """
    results = collect(dataset, configuration["datasets"][dataset], data, models, comparison)
    beside = Path(page).parent
    environment = Environment(
        loader=PackageLoader("noncoding", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": formats.count,
        "decimals": formats.decimals,
        "exact": formats.exact,
        "interval": formats.interval,
        "listed": formats.listed,
        "parts": formats.parts,
        "percent": formats.percent,
        "rounded": formats.rounded,
        "scientific": formats.scientific,
        "signed": formats.signed,
    }
    environment.globals |= {
        "captions": captions,
        "counted": formats.counted,
        "embedded": _embedded,
        "enrichment": enrichment,
        "p_value": P_VALUE,
        "window": WINDOW,
        "first_patterns": first_patterns,
        "left_out": left_out,
        "link": lambda path: _link(path, beside),
        "of_targets": of_targets,
    }
    text = environment.get_template("page.html").render(
        results=results,
        models=results.models,
        task=results.splits["test"],
        finding=finding(results),
        facts=source_facts(results.settings, results.splits["test"]["source"]),
        comparison=results.comparison,
        averages=average_rows(results.models),
        mean_prevalence=_mean_prevalence(results),
        targets=target_rows(results),
        descriptive={key: _DESCRIPTIVE[key] for key in _described(results)},
        long=LONG,
        versions=provenance.versions(),
        other_versions=other_versions(results, provenance.versions()),
        configuration=yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True),
    )
    with atomic_write(page) as [partial]:
        partial.write_text(text, encoding="utf-8")
    log.info("%s on %s: %s", formats.listed(list(models)), dataset, finding(results))


def target_rows(results: DatasetResults) -> list[dict[str, Any]]:
    """The table of all targets, with the metrics of every model.

    Parameters
    ----------
    results : DatasetResults

    Returns
    -------
    list of dict
        A row of `noncoding.evaluation.target_metrics` each, under ``models``
        the rows of all models, and under ``motif`` the known motif.
    """
    by_model = zip(*(model.metrics.to_dict("records") for model in results.models), strict=True)
    return [
        # What is not a metric is the same for all models.
        {**rows[0], "models": list(rows), "motif": motif}
        for rows, motif in zip(by_model, results.comparison.motifs, strict=True)
    ]


def first_patterns(patterns: pd.DataFrame, index: int) -> list[dict[str, Any]]:
    """What the page names of a target: its first patterns, and the filter.

    Parameters
    ----------
    patterns : pandas.DataFrame
        A row a pattern of any target.
    index : int
        Of the target.
    """
    own = patterns[patterns["index"] == index]
    of_layer = own["view"] == "first layer"
    shown = pd.concat([own[~of_layer].head(captions.PATTERNS), own[of_layer]])
    return [{str(key): value for key, value in row.items()} for row in shown.to_dict("records")]


def _described(results: DatasetResults) -> list[str]:
    """Descriptive columns that say more than the names of the targets do."""
    metrics = results.models[0].metrics
    return [
        key
        for key in _DESCRIPTIVE
        if key in metrics
        and any(text not in name for text, name in zip(metrics[key], metrics["name"], strict=True))
    ]


def _mean_prevalence(results: DatasetResults) -> float:
    """Mean AUPR of a random classifier, over the targets that are averaged."""
    metrics = results.models[0].metrics
    return float(metrics.dropna(subset="auprc")["prevalence"].mean())


def _embedded(path: Path, stage: str) -> str:
    """A figure as a data URI."""
    content = base64.b64encode(existing(path, stage).read_bytes()).decode()
    return f"data:{_MEDIA_TYPES[path.suffix]};base64,{content}"


def _link(path: Path, beside: Path) -> str:
    """A file's address as seen from the page."""
    return quote(Path(os.path.relpath(path, beside)).as_posix())
