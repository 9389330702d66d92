"""Comparison of trainings with different seeds: a table of all, one of means, and a figure."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.common.files import read_json
from noncoding.common.frames import write_table
from noncoding.common.stage_logging import RESULT
from noncoding.common.wording import counted
from noncoding.evaluation.comparison_figures import draw_sweep
from noncoding.evaluation.seeds import COMPARED, means_over_seeds

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """A training, by names in the configuration, with the summary of its evaluation."""

    dataset: str
    model: str
    seed: int
    summary: str | os.PathLike[str]


def sweep(runs: Sequence[Run], folder: str | os.PathLike[str]) -> None:
    """Compare trainings, and write the results to a folder.

    Raises
    ------
    InputError
        A summary is missing or damaged.
    """
    table = pd.DataFrame([_row(run) for run in runs])
    means = means_over_seeds(table)
    runs_file, models_file = layout.files("sweep", folder)
    write_table(table, runs_file, digits=6)
    write_table(means, models_file, digits=6)
    [figure] = layout.figures("sweep", folder)
    draw_sweep(table, means, *figure)
    log.log(RESULT, "%s of %s", counted(len(table), "training"), counted(len(means), "model"))


def _row(run: Run) -> dict[str, object]:
    summary = read_json(run.summary)
    if not isinstance(summary, dict) or "all" not in summary:
        raise InputError(
            run.summary,
            "a file that is missing, cut short or not a summary of an evaluation",
            "the output of the stage 'evaluate'",
            "Run the stage 'evaluate' again.",
        )
    averages = summary["all"]
    return {
        "dataset": run.dataset,
        "model": run.model,
        "seed": run.seed,
        "targets": averages["averaged"],
        **{metric: averages[metric][average] for metric, average in COMPARED.items()},
    }
