"""The driver: one table of all trainings, one of their means over seeds, and a figure."""

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t as student

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write
from noncoding.evaluation.sweep_figure import draw_sweep

log = logging.getLogger(__name__)

METRICS = {"auprc": "mean", "auroc": "median"}
"""Metric → average over targets that is compared."""


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes
    ----------
    dataset, model : str
        Names in the configuration; of the model, without the seed.
    seed : int
    summary : path
        The evaluation's ``summary.json``.
    """

    dataset: str
    model: str
    seed: int
    summary: str | os.PathLike[str]


@dataclass(frozen=True)
class SweepOutputs:
    """What a sweep leaves behind.

    Attributes
    ----------
    runs : Path
        Table, a row a training: dataset, model, seed, targets, and the columns of `METRICS`.
    models : Path
        Table, a row a data set and model: seeds, and of each metric mean, ``_sd`` (standard
        deviation over seeds, n − 1) and the 95 % interval of the mean, ``_low`` and ``_high``.
    figure : list of Path
        One file a format.
    """

    runs: Path
    models: Path
    figure: list[Path]


def sweep(runs: Sequence[Run], outputs: SweepOutputs) -> None:
    """Lay trainings beside each other.

    Parameters
    ----------
    runs : sequence of Run
    outputs : SweepOutputs

    Raises
    ------
    InputError
        A summary cannot be read.
    """
    table = pd.DataFrame([_row(run) for run in runs])
    means = means_over_seeds(table)
    with atomic_write(outputs.runs, outputs.models) as [runs_part, models_part]:
        table.to_csv(runs_part, sep="\t", index=False, float_format="%.6g")
        means.to_csv(models_part, sep="\t", index=False, float_format="%.6g")
    draw_sweep(table, means, *outputs.figure)
    log.info("%d trainings of %d models", len(table), len(means))


def means_over_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Mean, standard deviation and interval of each metric, by data set and model.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a training, as `SweepOutputs.runs` has it.

    Returns
    -------
    pandas.DataFrame
        As `SweepOutputs.models` has it. The interval is Student's, and NaN for one seed.
    """
    rows = []
    for (dataset, model), part in table.groupby(["dataset", "model"], sort=False):
        row = {"dataset": dataset, "model": model, "seeds": len(part)}
        for metric in METRICS:
            values = part[metric].to_numpy(dtype=float)
            mean, sd = values.mean(), values.std(ddof=1) if len(values) > 1 else np.nan
            half = student.ppf(0.975, max(len(values) - 1, 1)) * sd / np.sqrt(len(values))
            row |= {metric: mean, f"{metric}_sd": sd}
            row |= {f"{metric}_low": mean - half, f"{metric}_high": mean + half}
        rows.append(row)
    return pd.DataFrame(rows)


def _row(run: Run) -> dict[str, object]:
    path = Path(run.summary)
    try:
        averages = json.loads(path.read_text(encoding="utf-8"))["all"]
    except (OSError, json.JSONDecodeError, KeyError) as error:
        raise InputError(
            path,
            f"no summary of an evaluation ({error})",
            "what the stage 'evaluate' writes",
            "Run the stage 'evaluate' again.",
        ) from error
    return {
        "dataset": run.dataset,
        "model": run.model,
        "seed": run.seed,
        "targets": averages["averaged"],
        **{metric: averages[metric][kind] for metric, kind in METRICS.items()},
    }
