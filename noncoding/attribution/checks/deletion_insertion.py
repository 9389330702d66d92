"""Deletion and insertion: whether the prediction hangs on the bases that a map points to."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from torch import nn

from noncoding.attribution.gradients import shuffled
from noncoding.attribution.strands import logits

SHARES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2)
"""Of the bases that are exchanged."""
RANDOM = "random"
"""Name of the order that no map gives."""
MATCHED = ", position-matched"
"""Ends the name of a control: a check with the map of another sequence of the same target.

A map that is the same for every sequence scores as high there.
"""
_REFERENCES = 2


class Curves(NamedTuple):
    """Logits while bases are exchanged with those of a shuffled sequence.

    Attributes
    ----------
    shares : numpy.ndarray, shape=(steps,), dtype=float64
        Of the bases.
    deletion, insertion : dict of numpy.ndarray, shape=(n, steps), dtype=float64
        By order: of each map; of the next sequence's map (`MATCHED`), where there are
        several; and `RANDOM`. The sequence, with its first bases shuffled; the shuffled
        sequence, with its first bases brought back.
    whole, none : numpy.ndarray, shape=(n,), dtype=float64
        Logit of the sequences, and of their shuffled versions.
    """

    shares: npt.NDArray[np.float64]
    deletion: dict[str, npt.NDArray[np.float64]]
    insertion: dict[str, npt.NDArray[np.float64]]
    whole: npt.NDArray[np.float64]
    none: npt.NDArray[np.float64]

    def gains(self, order: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """How much more than a random order an order takes away, and brings back.

        Returns
        -------
        pair of numpy.ndarray, shape=(n,)
            Mean over the shares (trapezoid), in units of what the whole sequences are
            worth in the mean: 0, no better than random; at most about 1.
        """
        worth = float((self.whole - self.none).mean())
        taken = self.deletion[RANDOM] - self.deletion[order]
        brought = self.insertion[order] - self.insertion[RANDOM]
        span = self.shares[-1] - self.shares[0]
        return (
            np.trapezoid(taken, self.shares, axis=1) / (span * worth),
            np.trapezoid(brought, self.shares, axis=1) / (span * worth),
        )


def of_other_sequences(maps: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """The map of the next sequence for each sequence, shape=(n, positions)."""
    return np.roll(maps, -1, axis=0)


def perturbation_curves(
    network: nn.Module,
    sequences: npt.NDArray[np.uint8],
    bases: Mapping[str, npt.NDArray[np.floating]],
    target: int,
    seed: int = 1,
) -> Curves:
    """Exchange bases, the strongest first (after Petsiuk et al. 2018, arXiv:1806.07421).

    What takes the place of a base comes from a dinucleotide-shuffled version of the
    sequence, which is DNA that could be, not from zeros.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode.
    sequences : numpy.ndarray, shape=(n, 4, length)
    bases : mapping of numpy.ndarray, shape=(n, length)
        Maps by method. Bases of equal value are taken in random order.
    target : int
        Index of the logit.
    seed : int
        Of the random orders.

    Returns
    -------
    Curves
        Means over two shuffled versions.
    """
    generator = np.random.default_rng(seed)
    count, _, length = sequences.shape
    taken = np.round(np.array(SHARES) * length).astype(int)
    references = shuffled(sequences, _REFERENCES).numpy()
    none = logits(network, references.reshape(-1, 4, length), target)
    deletion: dict[str, npt.NDArray[np.float64]] = {}
    insertion: dict[str, npt.NDArray[np.float64]] = {}
    orders = dict(bases)
    if count > 1:
        orders |= {f"{name}{MATCHED}": of_other_sequences(maps) for name, maps in bases.items()}
    for method in (*orders, RANDOM):
        curves = np.zeros((2, count, len(taken)))
        for row in range(count):
            for reference in references[row]:
                ties = generator.random(length)
                # The last key counts most.
                keys = (ties,) if method == RANDOM else (ties, -orders[method][row])
                order = np.lexsort(keys)
                rank = np.empty(length, int)
                rank[order] = np.arange(length)
                exchanged = (rank < taken[:, None])[:, None, :]
                less = np.where(exchanged, reference, sequences[row])
                more = np.where(exchanged, sequences[row], reference)
                found = logits(network, np.concatenate([less, more]), target)
                curves[:, row] += found.reshape(2, -1) / _REFERENCES
        deletion[method], insertion[method] = curves
    return Curves(
        taken / length,
        deletion,
        insertion,
        logits(network, sequences, target).astype(np.float64),
        none.reshape(count, -1).mean(axis=1, dtype=np.float64),
    )
