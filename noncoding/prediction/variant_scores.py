"""Scores of variants."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noncoding.data.variants.variant import PlacedVariant

Floats = npt.NDArray[np.float32]
Blocks = Iterable[tuple[Sequence[PlacedVariant], "VariantScores"]]
"""Consecutive alleles of a file, with their scores."""


class TargetScores(NamedTuple):
    """Scores of n alleles for each target, all of shape=(n, targets), dtype=float32.

    They are NaN for alleles that are not scored. ``background_share`` is None without a background.
    """

    ref_probability: Floats
    alt_probability: Floats
    logit_difference: Floats
    log2_odds_ratio: Floats
    background_share: Floats | None = None


class VariantScores(NamedTuple):
    """Scores of n alleles: the largest over targets, and those of each target if asked for.

    Attributes
    ----------
    max_target : numpy.ndarray, shape=(n,), dtype=int64
        Row, in the table of the selected targets, of the target with the largest absolute
        ``logit_difference``, the first on ties; -1 for alleles that are not scored.
    max_logit_difference : numpy.ndarray, shape=(n,), dtype=float32
        That difference with its sign; NaN for alleles that are not scored.
    background_share : numpy.ndarray, shape=(n,), dtype=float32, optional
        Share of background variants whose largest absolute difference is at least as large.
    targets : TargetScores, optional
    """

    max_target: npt.NDArray[np.int64]
    max_logit_difference: Floats
    background_share: Floats | None = None
    targets: TargetScores | None = None


def to_rows(scores: VariantScores) -> Floats:
    """Scores without shares of a background as one array, shape=(n, 2 or 2 + 4 × targets)."""
    largest = np.column_stack([scores.max_target, scores.max_logit_difference])
    return np.concatenate([largest, *(scores.targets or ())[:4]], axis=1).astype(np.float32)


def from_rows(rows: Floats) -> VariantScores:
    """Scores from the array of `to_rows`."""
    targets = None
    if rows.shape[1] > 2:
        targets = TargetScores(*np.split(rows[:, 2:], 4, axis=1))
    # Integers below 2^24 are exact in float32.
    return VariantScores(rows[:, 0].astype(np.int64), rows[:, 1], targets=targets)
