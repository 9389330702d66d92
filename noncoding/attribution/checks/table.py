"""Table of checks, with bootstrap confidence intervals. Requires no network."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

COLUMNS = ("method", "check", "index", "target", "sequences", "value", "low", "high")
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

Rows = Iterator[dict[str, Any]]


def check_row(
    index: int, target: str, method: str, check: str, sequences: int, estimate: dict[str, float]
) -> dict[str, Any]:
    """A row of the table, with the columns `COLUMNS`."""
    values = (method, check, index, target, sequences)
    return dict(zip(COLUMNS, values, strict=False)) | estimate


def bootstrap(values: npt.NDArray[np.floating], statistic: Callable[..., Any]) -> dict[str, float]:
    """A statistic along the first axis, and its 95 % confidence interval."""
    count = len(values)
    if not count:
        return dict.fromkeys(("value", "low", "high"), float("nan"))
    resampled = np.random.default_rng(1).integers(count, size=(n_replicates(count), count))
    replicates = statistic(values[resampled], axis=1)
    return {"value": float(statistic(values, axis=0))} | interval(replicates)


def n_replicates(count: int) -> int:
    """Number of bootstrap replicates; a single value has no confidence interval."""
    return REPLICATES if count > 1 else 0


def interval(replicates: npt.NDArray[np.floating]) -> dict[str, float]:
    """Quantiles of 2.5 and 97.5 % without NaN; the upper one of a ratio may be infinite."""
    known = np.sort(replicates[~np.isnan(replicates)])
    if not len(known):
        return {"low": float("nan"), "high": float("nan")}
    low, high = (round(share * (len(known) - 1)) for share in (0.025, 0.975))
    return {"low": float(known[low]), "high": float(known[high])}


def ratio(pairs: npt.NDArray[np.float64], axis: int) -> npt.NDArray[np.float64]:
    """Ratio of the sums of pairs, shape=(..., n, 2), along an axis."""
    sums = pairs.sum(axis=axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        return sums[..., 0] / sums[..., 1]


def faithfulness_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Checks of all targets (`check_row`), followed by their means over targets (``all``).

    95 % confidence intervals are by a bootstrap over sequences, for ``all`` over targets. ``all``
    has no index, and its enrichment is the ratio of the mean shares.
    """
    table = pd.DataFrame(rows, columns=list(COLUMNS))
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
        estimate = bootstrap(values, statistic)
        count = group["sequences"].sum()
        means.append(check_row(pd.NA, "all", method, check, count, estimate))
    everything = [table, pd.DataFrame(means, columns=list(COLUMNS)).astype(table.dtypes)]
    return pd.concat(everything, ignore_index=True)
