"""Patterns matched to a database of known motifs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from memelite import tomtom
from scipy.stats import false_discovery_control

from noncoding.common.threads import same_threads

_DATABASE = 50
"""Motifs below which p-values are not sound (as MEME's TOMTOM warns)."""


class Match(NamedTuple):
    """A known motif beside a pattern.

    Attributes
    ----------
    motif : str
    q_value : float
    offset : int
        Position of the motif, as drawn, at which the pattern begins.
    reverse : bool
        Whether the motif's reverse complement is what matches.
    """

    motif: str
    q_value: float
    offset: int
    reverse: bool


def matches(
    queries: Sequence[npt.NDArray[np.float64]],
    motifs: Mapping[str, npt.NDArray[np.float64]],
    seed: int = 1,
) -> list[dict[str, Match]]:
    """Compare patterns with all motifs of a database (Gupta et al. 2007; memelite's TOMTOM).

    Parameters
    ----------
    queries : sequence of numpy.ndarray, shape=(4, width)
        Frequencies.
    motifs : mapping of numpy.ndarray, shape=(4, width)
        Probabilities. To fewer than 50, versions with their columns in random order are
        added, from which the background of the p-values is estimated.
    seed : int
        Of that order.

    Returns
    -------
    list of dict of Match
        For each query its matches by the motif's name, best first; q-values are
        Benjamini and Hochberg's over the motifs.
    """
    if not queries or not motifs:
        return [{} for _ in queries]
    names = list(motifs)
    known = [np.asarray(motifs[name], dtype=np.float64) for name in names]
    generator = np.random.default_rng(seed)
    decoys = [
        known[number % len(known)][:, generator.permutation(known[number % len(known)].shape[1])]
        for number in range(max(0, _DATABASE - len(known)))
    ]
    with same_threads():
        found = tomtom([np.ascontiguousarray(query) for query in queries], known + decoys)
    results = []
    for p_values, offsets, strands in zip(found[0], found[2], found[4], strict=True):
        q_values = false_discovery_control(np.clip(p_values[: len(names)], 0, 1))
        order = np.argsort(p_values[: len(names)], kind="stable")
        results.append(
            {
                names[i]: Match(names[i], float(q_values[i]), int(offsets[i]), bool(strands[i]))
                for i in order
            }
        )
    return results
