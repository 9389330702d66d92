"""The stage ``simulate``: planted motifs, written as an official-format bundle.

The archive holds what the DeepSEA bundle holds, in the same formats and
layouts, so that a demonstration runs every line that the reproduction runs.
What was planted where is written beside it, as the ground truth for explanations, and
the motifs in MEME format, as a database has them.
"""

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from memelite.io import write_meme

from noncoding.common.files import atomic_write
from noncoding.data.bundle import SPLITS, write_bundle
from noncoding.data.one_hot import codes, one_hot, reverse_complement
from noncoding.data.targets import write_targets

# IUPAC consensus sequences, after the factors' known ones. Each has enough
# information to be rare by chance: a few windows in a hundred at most.
MOTIFS = {
    "REB1": "CCGGGTAA",
    "ABF1": "RTCAYTNNNNACGW",
    "RAP1": "ACACCCATACAT",
    "CBF1": "RTCACGTGA",
    "UME6": "TAGCCGCCGA",
    "CTCF": "CCASYAGRKGGC",
}
"""What is planted: protein → consensus."""

TARGETS = {
    "REB1": ("TF", ("REB1",)),
    "ABF1": ("TF", ("ABF1",)),
    "RAP1": ("TF", ("RAP1",)),
    "CBF1": ("TF", ("CBF1",)),
    "UME6": ("TF", ("UME6",)),
    "CTCF": ("TF", ("CTCF",)),
    "open chromatin": ("DNase", ("REB1", "ABF1", "RAP1")),
    "active mark": ("Histone", ("CBF1", "UME6")),
}
"""Target → group, and the motifs of which any one makes it positive."""

_IUPAC = {
    "A": "A",
    "C": "C",
    "G": "G",
    "T": "T",
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "N": "ACGT",
}
TRUTH_COLUMNS = ("split", "locus", "motif", "start", "end", "strand")


@dataclass(frozen=True)
class SimulatedSplit:
    """One split, before it is written.

    Attributes
    ----------
    sequences : numpy.ndarray, shape=(loci, 4, length), dtype=uint8
    labels : numpy.ndarray, shape=(loci, targets), dtype=uint8
    truth : pandas.DataFrame
        `TRUTH_COLUMNS`; ``start`` and ``end`` are half-open, 0-based, in the
        window, on the forward strand.
    """

    sequences: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    truth: pd.DataFrame


def simulate(
    *,
    archive: str | os.PathLike[str],
    targets: str | os.PathLike[str],
    truth: str | os.PathLike[str],
    motifs: str | os.PathLike[str],
    loci: dict[str, int],
    window: int,
    prevalence: float,
    seed: int,
) -> None:
    """Write a simulated bundle, its target table, its ground truth and its motifs.

    Parameters
    ----------
    archive, targets, truth : path
        The tar.gz and two tab-separated tables.
    motifs : path
        MEME file.
    loci : dict of int
        Loci a split; each is written on both strands.
    window : int
        Length of a window in bp.
    prevalence : float
        Probability that a window holds a given motif.
    seed : int
    """
    generator = np.random.default_rng(seed)
    splits = {
        name: simulate_split(name, loci[name], window, prevalence, generator) for name in SPLITS
    }
    table = pd.DataFrame(
        {
            "index": range(len(TARGETS)),
            "name": list(TARGETS),
            "group": [group for group, _ in TARGETS.values()],
            "motifs": [",".join(motifs) for _, motifs in TARGETS.values()],
        }
    )
    with atomic_write(archive, targets, truth, motifs) as [
        archive_part,
        targets_part,
        truth_part,
        motifs_part,
    ]:
        write_meme(str(motifs_part), {name: probabilities(word) for name, word in MOTIFS.items()})
        write_bundle(archive_part, {name: _both_strands(split) for name, split in splits.items()})
        write_targets(table, targets_part)
        pd.concat([split.truth for split in splits.values()]).to_csv(
            truth_part, sep="\t", index=False
        )


def simulate_split(
    name: str, loci: int, window: int, prevalence: float, generator: np.random.Generator
) -> SimulatedSplit:
    """Random background with motifs planted on either strand.

    Each window holds each motif with the given probability, once, within the
    central two fifths; no two overlap.

    Parameters
    ----------
    name : str
        Of the split.
    loci : int
    window : int
        In bp.
    prevalence : float
    generator : numpy.random.Generator
    """
    background = generator.integers(0, 4, (loci, window), dtype=np.uint8)
    holds = generator.random((loci, len(MOTIFS))) < prevalence
    truth = []
    for locus in range(loci):
        motifs = [list(MOTIFS)[i] for i in np.flatnonzero(holds[locus])]
        for motif, start in _places(motifs, window, generator):
            strand = "+-"[generator.integers(2)]
            site = _instance(MOTIFS[motif], generator)
            if strand == "-":
                site = 3 - site[::-1]
            background[locus, start : start + len(site)] = site
            truth.append((name, locus, motif, start, start + len(site), strand))
    column = {motif: i for i, motif in enumerate(MOTIFS)}
    labels = np.column_stack(
        [holds[:, [column[m] for m in motifs]].any(axis=1) for _, motifs in TARGETS.values()]
    )
    return SimulatedSplit(
        one_hot(background),
        labels.astype(np.uint8),
        pd.DataFrame(truth, columns=list(TRUTH_COLUMNS)),
    )


def probabilities(consensus: str) -> npt.NDArray[np.float64]:
    """Probabilities of A, C, G, T in each place of an IUPAC consensus, shape=(4, width)."""
    return np.array(
        [
            [(base in _IUPAC[letter]) / len(_IUPAC[letter]) for letter in consensus]
            for base in "ACGT"
        ]
    )


def _both_strands(
    split: SimulatedSplit,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    sequences = np.concatenate([split.sequences, reverse_complement(split.sequences)])
    return sequences, np.concatenate([split.labels, split.labels])


def _places(
    motifs: list[str], window: int, generator: np.random.Generator
) -> list[tuple[str, int]]:
    """Motif and start, each in its own part of the central two fifths."""
    edges = np.linspace(window * 3 // 10, window - window * 3 // 10, len(motifs) + 1).astype(int)
    return [
        (motif, int(generator.integers(low, high - len(MOTIFS[motif]))))
        for motif, low, high in zip(
            generator.permutation(motifs), edges[:-1], edges[1:], strict=True
        )
    ]


def _instance(consensus: str, generator: np.random.Generator) -> npt.NDArray[np.uint8]:
    return codes("".join(generator.choice(list(_IUPAC[letter])) for letter in consensus))
