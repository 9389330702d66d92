"""Motifs out of contributions: seqlets, clustered by TF-MoDISco."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from modiscolite.core import SeqletSet
from modiscolite.tfmodisco import TFMoDISco

from noncoding.common.errors import InputError
from noncoding.common.threads import same_threads

_KEPT = 0.3
"""Share of a pattern's strongest position from which on positions belong to it."""
_FLANK = 2
"""bp that are kept on both sides of them."""
SHORTEST = 41
"""bp of a window in which a seqlet (21 bp) fits with what lies around it."""
FEWEST = 20
"""Seqlets of a pattern."""
_RUNS = 8
"""Of the clustering, of which the best is kept; each starts anew."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """A motif that a network has learned.

    Attributes
    ----------
    view : str
        What found it: ``TF-MoDISco`` or ``first layer``.
    name : str
        Of the pattern among those of its target.
    seqlets : int
        Stretches of sequence that it was made of.
    frequencies : numpy.ndarray, shape=(4, width), dtype=float64
        Share of A, C, G, T at each position of the seqlets.
    contributions : numpy.ndarray, shape=(4, width), dtype=float64
        What the bases contribute to the logit, in the mean over the seqlets: negative
        where they speak against the target. Of the first layer, the filter's weights.
    """

    view: str
    name: str
    seqlets: int
    frequencies: npt.NDArray[np.float64]
    contributions: npt.NDArray[np.float64]

    @property
    def consensus(self) -> str:
        """Most frequent base of each position; small where it is in less than half."""
        best = self.frequencies.argmax(axis=0)
        sure = self.frequencies.max(axis=0) >= 0.5
        return "".join(
            ("ACGT" if certain else "acgt")[base] for base, certain in zip(best, sure, strict=True)
        )


def patterns(
    sequences: npt.NDArray[np.uint8], hypothetical: npt.NDArray[np.float32], most: int
) -> list[Pattern]:
    """Recurring patterns among contributing bases (Shrikumar et al. 2018; modisco-lite).

    Parameters
    ----------
    sequences : numpy.ndarray, shape=(n, 4, length)
    hypothetical : numpy.ndarray, shape=(n, 4, length)
        What each base would contribute in each place.
    most : int
        Patterns at most for a target, and as many against it.

    Returns
    -------
    list of Pattern
        Those for the target first, each kind sorted by the number of seqlets; empty
        where no stretch stands out.

    Raises
    ------
    InputError
        Too little contributes to tell what stands out.
    """
    if sequences.shape[-1] < SHORTEST or not np.abs(hypothetical * sequences).any():
        return []
    try:
        with same_threads():
            found = TFMoDISco(
                np.ascontiguousarray(sequences.transpose(0, 2, 1), dtype=np.float32),
                np.ascontiguousarray(hypothetical.transpose(0, 2, 1), dtype=np.float32),
                min_metacluster_size=FEWEST,
                final_min_cluster_size=FEWEST,
                n_leiden_runs=_RUNS,
            )
    except (ValueError, IndexError, ZeroDivisionError) as error:
        # The library has no error of its own for contributions without a background.
        raise InputError(
            f"contributions of {len(sequences)} sequences",
            f"too few values for TF-MoDISco ({error})",
            "contributions all along the sequences, most of them weak",
            "Give more sequences, or another method under 'motifs'.",
        ) from error
    return [
        _pattern(f"{sign} {number}", one)
        for sign, of_sign in zip(("for", "against"), found, strict=True)
        for number, one in enumerate((of_sign or [])[:most], start=1)
    ]


def _pattern(name: str, found: SeqletSet) -> Pattern:
    frequencies = np.asarray(found.sequence, dtype=np.float64).T
    contributions = np.asarray(found.contrib_scores, dtype=np.float64).T
    strength = np.abs(contributions).sum(axis=0)
    kept = np.flatnonzero(strength >= _KEPT * strength.max())
    part = slice(max(0, int(kept[0]) - _FLANK), int(kept[-1]) + 1 + _FLANK)
    return Pattern(
        view="TF-MoDISco",
        name=name,
        seqlets=len(found.seqlets),
        frequencies=frequencies[:, part] / frequencies[:, part].sum(axis=0),
        contributions=contributions[:, part],
    )
