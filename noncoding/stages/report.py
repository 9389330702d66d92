"""The stage `report`: all results of a data set on one page."""

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from noncoding import layout
from noncoding.common.files import atomic_write
from noncoding.common.stage_logging import RESULT
from noncoding.report.findings import answer
from noncoding.report.page import render
from noncoding.report.results import read_results

log = logging.getLogger(__name__)


def report(
    folder: str | os.PathLike[str],
    models: Sequence[str],
    configuration: Mapping[str, Any],
    applied: Iterable[tuple[str, str, str]] = (),
    *,
    genome_wide: bool = False,
) -> None:
    """Write the HTML page of a data set.

    Parameters
    ----------
    folder : path
        Folder of all results of the data set, with its name.
    models : sequence of str
        Names of the models, at least one.
    configuration : dict
        Shown on the page; ``datasets`` has the entry of the data set.
    applied : iterable of tuple
        What the models were applied to: stage, name of the entry of ``apply``, and model.
    genome_wide : bool
        Whether the models were evaluated on all bins of the test chromosomes.

    Raises
    ------
    InputError
        A file is missing or cannot be read, the models were evaluated on different targets, or a
        model is not in the comparison.
    """
    folder = Path(folder)
    results = read_results(folder, models, applied, genome_wide=genome_wide)
    test = (configuration["datasets"][folder.name].get("splits") or {}).get("test")
    sentences = answer(results, test if isinstance(test, list) else [])
    with atomic_write(*layout.files("report", folder)) as [page]:
        page.write_text(render(results, sentences, folder, configuration), encoding="utf-8")
    log.info("%s on %s: %s", ", ".join(models), folder.name, sentences[0])
    log.log(RESULT, "%.1f MB", Path(layout.files("report", folder)[0]).stat().st_size / 1e6)
