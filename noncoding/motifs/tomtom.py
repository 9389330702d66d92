"""Comparison of patterns with a database of known motifs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from memelite import tomtom
from scipy.stats import false_discovery_control

from noncoding.common.threads import same_threads

_DATABASE = 50
"""Number of motifs below which p-values are unreliable, according to MEME's TOMTOM."""


class Match(NamedTuple):
    """A known motif aligned to a pattern.

    The pattern starts at the position `offset` of the motif, or of its reverse complement.
    """

    motif: str
    q_value: float
    offset: int
    reverse: bool


def matches(
    queries: Sequence[npt.NDArray[np.float64]], motifs: Mapping[str, npt.NDArray[np.float64]]
) -> list[dict[str, Match]]:
    """Compare patterns with all motifs of a database (Gupta et al. 2007; TOMTOM of memelite).

    Parameters
    ----------
    queries : sequence of numpy.ndarray, shape=(4, width)
        Frequencies.
    motifs : mapping of numpy.ndarray, shape=(4, width)
        Probabilities. Fewer than 50 are supplemented by versions with permuted columns, which
        improves the estimated background of the p-values.

    Returns
    -------
    list of dict of Match
        By motif for each query, best first, with q-values of Benjamini and Hochberg.
    """
    if not queries or not motifs:
        return [{} for _ in queries]
    names = list(motifs)
    known = [np.asarray(motifs[name], dtype=np.float64) for name in names]
    generator = np.random.default_rng(1)
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
