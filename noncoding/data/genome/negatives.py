"""Negatives: bins without a label whose windows resemble those of labelled bins.

Peaks are richer in GC than the rest of a genome and hold fewer repeats. A model that is trained
on labelled bins and random others can tell them apart by that alone. Negatives are therefore drawn
such that their windows have the GC content of those of labelled bins, in distribution, and on
request their share of soft-masked bases, too.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.wording import counted
from noncoding.data.histograms import SHARE_BINS, mean_difference, share_bins, share_histogram

MAX_DIFFERENCE = 0.02
"""Largest difference of histograms without a warning."""
_REPEAT_CLASSES = 12
_NAMES = {"gc": "GC content", "repeats": "share of soft-masked bases"}
Integers = npt.NDArray[np.int64]


class Drawn(NamedTuple):
    """Candidates that were drawn.

    Attributes
    ----------
    chosen : numpy.ndarray, shape=(n,), dtype=int64
        Indices of candidates, in ascending order.
    wanted : int
        Number that was to be drawn.
    difference : dict of str to float
        Of each matched quantity, the mean absolute difference of the histograms of the drawn and
        the labelled (see `noncoding.data.histograms.mean_difference`); empty if either are none.
    """

    chosen: Integers
    wanted: int
    difference: dict[str, float]


def draw_negatives(
    candidates: pd.DataFrame,
    labelled: pd.DataFrame,
    number: int,
    match: Sequence[str],
    rng: np.random.Generator,
) -> Drawn:
    """Draw candidates without replacement whose histogram is that of the labelled.

    Parameters
    ----------
    candidates, labelled : pandas.DataFrame
        Columns ``gc`` and ``repeats`` of each window (float64, shares from 0 to 1; NaN where no
        base is known). Candidates without GC content are never drawn.
    number : int
        How many to draw; all, if there are fewer.
    match : sequence of {"gc", "repeats"}
        Quantities whose joint distribution is matched; if empty, each candidate is equally likely.
    rng : numpy.random.Generator

    Returns
    -------
    Drawn

    Notes
    -----
    Cells are bins of 2 % of the GC content, and classes of the share of soft-masked bases: 0, ten
    of 10 % (without their lower edge), and 1. Each cell gets its share of `number` by the
    largest remainder. What a cell lacks is taken from the cells with candidates left that are the
    fewest steps (bins and classes) away; of these, first from those with the same GC content, then
    from those with the most candidates to spare. Within a cell, each candidate is equally likely.
    """
    known = np.flatnonzero(candidates["gc"].notna().to_numpy())
    models = labelled.loc[labelled["gc"].notna()]
    matched = list(match) if len(models) else []
    cells = _cells(candidates.iloc[known], matched)
    available = np.bincount(cells, minlength=_cell_count(matched))
    shares = (
        np.bincount(_cells(models, matched), minlength=len(available)) if matched else available
    )
    taken = _fill(
        _apportion(shares, number), available, _REPEAT_CLASSES if "repeats" in matched else 1
    )
    # The numbers of cells have 16 bits, which numpy sorts by radix.
    order = np.argsort(cells, kind="stable")
    last = np.cumsum(available)
    chosen = [np.empty(0, dtype=np.int64)]
    for cell in np.flatnonzero(taken):
        own = order[last[cell] - available[cell] : last[cell]]
        chosen.append(own[rng.choice(len(own), taken[cell], replace=False, shuffle=False)])
    drawn = np.sort(known[np.concatenate(chosen)])
    difference = {}
    for name in match:
        values = (candidates[name].to_numpy()[drawn], models[name].to_numpy())
        found = mean_difference(*map(share_histogram, values))
        if found is not None:
            difference[name] = found
    return Drawn(drawn, number, difference)


def is_clear(
    candidate_bins: Integers, labelled_bins: Integers, apart: int
) -> npt.NDArray[np.bool_]:
    """Whether candidates are at least `apart` bins from each labelled bin, shape=(n,), dtype=bool.

    Parameters
    ----------
    candidate_bins : numpy.ndarray, shape=(n,), dtype=int64
        Numbers of bins of one chromosome.
    labelled_bins : numpy.ndarray, shape=(m,), dtype=int64
        Numbers of bins of the same chromosome, in ascending order.
    apart : int
        Least difference of two numbers: 1 for any other bin, and for windows that do not
        overlap, the length of a window in bins, rounded up.
    """
    before = np.searchsorted(labelled_bins, candidate_bins - apart, side="right")
    up_to = np.searchsorted(labelled_bins, candidate_bins + apart, side="left")
    return before >= up_to


def negatives_warning(split: str, drawn: Drawn, avoid: str) -> str | None:
    """What to tell of too few or unlike negatives of a split, and what to do; None if all is well.

    Parameters
    ----------
    split : str
    drawn : Drawn
    avoid : {"windows", "bins"}
        The setting: what the windows of negatives do not overlap.
    """
    found = []
    if len(drawn.chosen) < drawn.wanted:
        found.append(
            f"{len(drawn.chosen):,} of {counted(drawn.wanted, 'negative')} drawn, since no other "
            "bin qualifies"
        )
    if differing := {
        _NAMES[name]: value for name, value in drawn.difference.items() if value > MAX_DIFFERENCE
    }:
        of_each = " and ".join(f"{name} ({value:.3f})" for name, value in differing.items())
        found.append(
            f"negatives differ from labelled bins in {of_each}; expected a mean absolute "
            f"difference of the histograms, in bins of 2 %, of at most {MAX_DIFFERENCE}"
        )
    if not found:
        return None
    remedies = [f"lower negatives.{split}"]
    if avoid == "windows":
        remedies.append("set negatives.avoid: bins")
    advice = " or ".join(remedies)
    return f"Split {split}: {'; '.join(found)}. {advice[0].upper()}{advice[1:]}."


def _cell_count(match: Sequence[str]) -> int:
    return (SHARE_BINS if "gc" in match else 1) * (_REPEAT_CLASSES if "repeats" in match else 1)


def _cells(windows: pd.DataFrame, match: Sequence[str]) -> npt.NDArray[np.int16]:
    """Cell of each window: its bin of GC content, and within that, its class of repeats."""
    cells = np.zeros(len(windows), dtype=np.int16)
    if "gc" in match:
        cells += share_bins(windows["gc"].to_numpy())
    if "repeats" in match:
        repeats = windows["repeats"].to_numpy()
        # Rounded first: 0.30000000000000004 is 30 %.
        classes = np.ceil(np.round(repeats * 10, 6)) + (repeats == 1)
        cells = cells * np.int16(_REPEAT_CLASSES) + classes.astype(np.int16)
    return cells


def _apportion(shares: Integers, number: int) -> Integers:
    """Whole numbers with the sum `number`, in proportion to `shares`, by the largest remainder.

    Of equal remainders, the first is rounded up.
    """
    total = int(shares.sum())
    if not total:
        return np.zeros_like(shares)
    whole, remainder = np.divmod(shares * number, total)
    up = np.argsort(-remainder, kind="stable")[: number - whole.sum()]
    whole[up] += 1
    return whole


def _fill(wanted: Integers, available: Integers, classes: int) -> Integers:
    """How many to take of each cell, given what is available; see `draw_negatives`.

    Each bin of GC content has `classes` consecutive cells.
    """
    taken = np.minimum(wanted, available)
    missing, left = wanted - taken, available - taken
    lacking, others = np.flatnonzero(missing), np.flatnonzero(left)
    to, of = (axis.ravel() for axis in np.meshgrid(lacking, others, indexing="ij"))
    gc_steps = np.abs(to // classes - of // classes)
    steps = gc_steps + np.abs(to % classes - of % classes)
    for pair in np.lexsort((of, to, -left[of], gc_steps, steps)):
        if not missing.any():
            break
        moved = min(missing[to[pair]], left[of[pair]])
        missing[to[pair]] -= moved
        left[of[pair]] -= moved
        taken[of[pair]] += moved
    return taken
