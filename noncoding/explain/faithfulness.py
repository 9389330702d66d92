"""How far maps can be believed: checks of every method on the same sequences."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.explain.figures import ExplainedTarget
from noncoding.explain.gradcam import METHODS
from noncoding.explain.truth import per_base, truth_metrics

COLUMNS = ("method", "check", "target", "loci", "value", "low", "high")
REPLICATES = 1000
"""Of the bootstrap over loci."""


def planted_checks(target: ExplainedTarget) -> list[dict[str, Any]]:
    """Maps against planted bases, where a simulation has planted any.

    Parameters
    ----------
    target : ExplainedTarget

    Returns
    -------
    list of dict
        `COLUMNS`: for each method the means over loci of the AUROC
        (``planted AUROC``) and the average precision (``planted AUPR``) of the
        map against the planted bases of the sequence.
    """
    if not any(target.sites):
        return []
    rows = []
    for method in METHODS:
        maps = per_base(getattr(target, method), target.length)
        for check, values in zip(
            ("planted AUROC", "planted AUPR"), truth_metrics(maps, target.sites), strict=True
        ):
            known = values[~np.isnan(values)]
            low, high = _interval(known)
            rows.append(
                {
                    "method": method,
                    "check": check,
                    "target": target.name,
                    "loci": len(known),
                    "value": float(known.mean()),
                    "low": low,
                    "high": high,
                }
            )
    return rows


def faithfulness_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The checks of all targets, and their means over targets (``all``).

    Parameters
    ----------
    rows : list of dict
        `COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; the interval of a mean over targets is a bootstrap over these.
    """
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    means = []
    for (method, check), part in table.groupby(["method", "check"], sort=False):
        low, high = _interval(part["value"].to_numpy())
        mean = {"method": method, "check": check, "target": "all", "loci": part["loci"].sum()}
        means.append(mean | {"value": part["value"].mean(), "low": low, "high": high})
    return pd.DataFrame([*rows, *means], columns=list(COLUMNS))


def _interval(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of a mean, percentiles of a bootstrap."""
    if len(values) < 2:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(1).choice(values, (REPLICATES, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)
