"""Table of checks, with bootstrap confidence intervals. Requires no network."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

IN_STRONGEST = "known motif in strongest window"
IN_MATCHED = "known motif in position-matched window"
ENRICHMENT = "known motif, enrichment"
ALL_LOCI = ", all loci"
"""Suffix of checks on all explained sequences."""
MATCHED = ", position-matched"
"""Suffix of controls: a check with the maps of other sequences of the target.

A map that is the same for all sequences has the same value in its control.
"""
RANDOMISED = "rank correlation after randomising "
"""Prefix of the model-randomisation test; the last randomised part follows."""
WINDOW = 40
"""Width of the strongest window, in bp."""
P_VALUE = 5e-4
"""Threshold of motif matches: one in 2,000 positions of random sequence, as in FIMO.

At FIMO's default of 1e-4, a motif of 7 bp is matched by its best k-mer only. Matches by chance
are also counted in the position-matched windows.
"""
REPLICATES = 1000
"""Of the bootstrap."""


@dataclass(frozen=True)
class Check:
    """A row of ``faithfulness.tsv``: a statistic over sequences and its 95 % interval."""

    method: str
    check: str
    index: int
    target: str
    sequences: int
    value: float
    low: float
    high: float


COLUMNS = tuple(field.name for field in fields(Check))


def bootstrap(
    values: npt.NDArray[np.floating], statistic: Callable[..., Any]
) -> tuple[float, float, float]:
    """A statistic along the first axis, and its 95 % confidence interval."""
    count = len(values)
    if not count:
        return np.nan, np.nan, np.nan
    resampled = np.random.default_rng(1).integers(count, size=(n_replicates(count), count))
    return float(statistic(values, axis=0)), *interval(statistic(values[resampled], axis=1))


def n_replicates(count: int) -> int:
    """Number of bootstrap replicates; a single value has no confidence interval."""
    return REPLICATES if count > 1 else 0


def interval(replicates: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Quantiles of 2.5 and 97.5 % without NaN; the upper one of a ratio may be infinite."""
    known = np.sort(replicates[~np.isnan(replicates)])
    if not len(known):
        return np.nan, np.nan
    low, high = (round(share * (len(known) - 1)) for share in (0.025, 0.975))
    return float(known[low]), float(known[high])


def ratio(pairs: npt.NDArray[np.float64], axis: int) -> npt.NDArray[np.float64]:
    """Ratio of the sums of pairs, shape=(..., n, 2), along an axis."""
    sums = pairs.sum(axis=axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        return sums[..., 0] / sums[..., 1]


def faithfulness_table(checks: Iterable[Check]) -> pd.DataFrame:
    """Checks of all targets followed by their means over targets (``all``).

    95 % confidence intervals are by a bootstrap over sequences, for ``all`` over targets. ``all``
    has no index, and its enrichment is the ratio of the mean shares.
    """
    table = pd.DataFrame(checks, columns=COLUMNS)
    table["index"] = table["index"].astype("Int64")
    groups = dict(iter(table.groupby(["method", "check"], sort=False)))
    means = []
    for (method, check), group in groups.items():
        values = group["value"].to_numpy(dtype=np.float64)
        statistic: Callable[..., Any] = np.mean
        if check.startswith(ENRICHMENT):
            # The enrichment of a target with few matches is imprecise, so it is not averaged.
            suffix = check.removeprefix(ENRICHMENT)
            shares = [groups[method, f"{of}{suffix}"]["value"] for of in (IN_STRONGEST, IN_MATCHED)]
            values, statistic = np.stack(shares, axis=1).astype(np.float64), ratio
            values = values[~np.isnan(values).any(axis=1)]
        count = group["sequences"].sum()
        means.append((method, check, pd.NA, "all", count, *bootstrap(values, statistic)))
    of_all = pd.DataFrame(means, columns=COLUMNS).astype(table.dtypes)
    return pd.concat([table, of_all], ignore_index=True)
