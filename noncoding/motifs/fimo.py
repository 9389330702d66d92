"""Significant matches of known motifs in sequences."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from memelite import fimo

from noncoding.common.threads import same_threads


class Hit(NamedTuple):
    """A match of a motif, half-open, in bp from the start of the sequence."""

    motif: str
    start: int
    end: int
    reverse: bool
    p_value: float


def significant_hits(
    sequences: npt.NDArray[np.uint8],
    motifs: Mapping[str, npt.NDArray[np.float64]],
    p_value: float,
) -> list[list[Hit]]:
    """Matches of motifs on both strands (FIMO, Grant et al. 2011; memelite).

    Parameters
    ----------
    sequences : numpy.ndarray, shape=(n, 4, length)
    motifs : mapping of numpy.ndarray, shape=(4, width)
        Probabilities. Motifs wider than the sequences have no match.
    p_value : float
        Matches have a lower p-value, which is that of one position of a random sequence.

    Returns
    -------
    list of list of Hit
        For each sequence, sorted.
    """
    found: list[list[Hit]] = [[] for _ in sequences]
    fitting = {
        name: matrix.astype(np.float64)
        for name, matrix in motifs.items()
        if matrix.shape[1] <= sequences.shape[-1]
    }
    if len(sequences) and fitting:
        given = np.ascontiguousarray(sequences, dtype=np.int8)
        with same_threads():
            tables = fimo(fitting, given, threshold=p_value)
        columns = ["sequence_name", "start", "end", "strand", "p-value"]
        for name, table in zip(fitting, tables, strict=True):
            for row, start, end, strand, p in table[columns].itertuples(index=False):
                found[int(row)].append(Hit(name, int(start), int(end), strand == "-", p))
    return [sorted(of_sequence) for of_sequence in found]
