"""Motifs planted in random sequence."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.data.one_hot import ALPHABET, codes, one_hot

MOTIFS = {
    "REB1": "CCGGGTAA",
    "ABF1": "RTCAYTNNNNACGW",
    "RAP1": "ACACCCATACAT",
    "CBF1": "RTCACGTGA",
    "UME6": "TAGCCGCCGA",
    "CTCF": "CCASYAGRKGGC",
}
"""Protein → IUPAC consensus, after its known motif. Each has enough information to be rare by
chance: in a few windows of a hundred at most."""

TARGETS = {motif: ("TF", (motif,)) for motif in MOTIFS} | {
    "open chromatin": ("DNase", ("REB1", "ABF1", "RAP1")),
    "active mark": ("Histone", ("CBF1", "UME6")),
}
"""Target → group, and the motifs any of which makes it positive."""

_CODES = ["A", "C", "G", "T", "AG", "CT", "CG", "AT", "GT", "AC", "ACGT"]
_IUPAC = dict(zip("ACGTRYSWKMN", _CODES, strict=True))


class SimulatedSplit(NamedTuple):
    """One split.

    Attributes
    ----------
    sequences : numpy.ndarray, shape=(loci, 4, length), dtype=uint8
    labels : numpy.ndarray, shape=(loci, targets), dtype=uint8
    truth : pandas.DataFrame
        Planted motifs: ``split``, ``locus``, ``motif``, ``start``, ``end`` (half-open, 0-based
        in the window, on the forward strand) and ``strand``.
    """

    sequences: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    truth: pd.DataFrame


def simulate_split(
    name: str, loci: int, window: int, prevalence: float, generator: np.random.Generator
) -> SimulatedSplit:
    """Plant motifs on either strand of uniformly random sequence.

    Each window of `window` bp contains each motif with the probability `prevalence`, at most
    once, within its central two fifths; motifs do not overlap. `name` is that of the split.
    """
    sequences = generator.integers(0, len(ALPHABET), (loci, window), dtype=np.uint8)
    planted = generator.random((loci, len(MOTIFS))) < prevalence
    truth = []
    for locus in range(loci):
        motifs = [list(MOTIFS)[i] for i in np.flatnonzero(planted[locus])]
        for motif, start in _places(motifs, window, generator):
            strand = "+-"[generator.integers(2)]
            bases = [generator.choice(list(_IUPAC[letter])) for letter in MOTIFS[motif]]
            site = codes("".join(bases))
            if strand == "-":
                site = 3 - site[::-1]
            sequences[locus, start : start + len(site)] = site
            truth.append((name, locus, motif, start, start + len(site), strand))
    column = {motif: i for i, motif in enumerate(MOTIFS)}
    labels = np.column_stack(
        [planted[:, [column[m] for m in motifs]].any(axis=1) for _, motifs in TARGETS.values()]
    )
    columns = ["split", "locus", "motif", "start", "end", "strand"]
    return SimulatedSplit(
        one_hot(sequences), labels.astype(np.uint8), pd.DataFrame(truth, columns=columns)
    )


def _places(
    motifs: list[str], window: int, generator: np.random.Generator
) -> list[tuple[str, int]]:
    """Motif and start, each in its own section of the central two fifths."""
    edges = np.linspace(window * 3 // 10, window - window * 3 // 10, len(motifs) + 1).astype(int)
    return [
        (motif, int(generator.integers(low, high - len(MOTIFS[motif]))))
        for motif, low, high in zip(
            generator.permutation(motifs), edges[:-1], edges[1:], strict=True
        )
    ]


def target_table() -> pd.DataFrame:
    """The target table; ``motifs`` lists those of a target, separated by commas."""
    return pd.DataFrame(
        {
            "index": range(len(TARGETS)),
            "name": list(TARGETS),
            "group": [group for group, _ in TARGETS.values()],
            "motifs": [",".join(motifs) for _, motifs in TARGETS.values()],
        }
    )


def motif_probabilities() -> dict[str, npt.NDArray[np.float64]]:
    """Motif → probabilities of A, C, G, T at each position, shape=(4, width)."""
    return {
        name: np.array(
            [[(base in _IUPAC[c]) / len(_IUPAC[c]) for c in consensus] for base in ALPHABET]
        )
        for name, consensus in MOTIFS.items()
    }
