"""Deletion and insertion: effect of the strongest bases of a map on the prediction."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch import nn

from noncoding.attribution.checks.table import MATCHED
from noncoding.attribution.gradients import shuffled
from noncoding.attribution.strands import logits

SHARES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2)
"""Shares of the bases that are replaced."""
RANDOM = "random"
"""Name of the random order."""
_REFERENCES = 2


class Curves(NamedTuple):
    """Logits while bases are exchanged with those of a shuffled sequence.

    Attributes
    ----------
    shares : numpy.ndarray, shape=(steps,), dtype=float64
        Of the bases.
    deletion, insertion : dict of numpy.ndarray, shape=(n, steps), dtype=float64
        By order: each map, the map of the next sequence (`MATCHED`) if there are several, and
        `RANDOM`. Deletion shuffles the first bases of the sequence; insertion restores them in
        the shuffled sequence.
    whole, none : numpy.ndarray, shape=(n,), dtype=float64
        Logit of the sequences, and of their shuffled versions.
    """

    shares: npt.NDArray[np.float64]
    deletion: dict[str, npt.NDArray[np.float64]]
    insertion: dict[str, npt.NDArray[np.float64]]
    whole: npt.NDArray[np.float64]
    none: npt.NDArray[np.float64]

    def gains(self, order: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Effect of deletion and of insertion beyond a random order, each shape=(n,).

        Mean over the shares (trapezoidal rule) as a share of the mean difference between
        `whole` and `none`: 0 for an order no better than random, at most about 1.
        """
        scale = (self.shares[-1] - self.shares[0]) * float((self.whole - self.none).mean())
        lost = self.deletion[RANDOM] - self.deletion[order]
        gained = self.insertion[order] - self.insertion[RANDOM]
        return (
            np.trapezoid(lost, self.shares, axis=1) / scale,
            np.trapezoid(gained, self.shares, axis=1) / scale,
        )


def of_other_sequences(maps: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """For each sequence, the map of the next one, shape=(n, positions)."""
    return np.roll(maps, -1, axis=0)


def perturbation_curves(
    network: nn.Module,
    sequences: npt.NDArray[np.uint8],
    maps: Mapping[str, npt.NDArray[np.floating]],
    target: int,
) -> Curves:
    """Exchange bases, the strongest first (after Petsiuk et al. 2018, arXiv:1806.07421).

    Bases are replaced by those of dinucleotide-shuffled sequences rather than by zeros, which
    are far from the training data. Curves are means over two shuffles. Ties in the maps, by
    method, shape=(n, length), are broken at random.
    """
    generator = np.random.default_rng(1)
    count, _, length = sequences.shape
    taken = np.round(np.array(SHARES) * length).astype(int)
    references = shuffled(sequences, _REFERENCES).numpy()
    none = logits(network, references.reshape(-1, 4, length), target)
    deletion: dict[str, npt.NDArray[np.float64]] = {}
    insertion: dict[str, npt.NDArray[np.float64]] = {}
    orders = dict(maps)
    if count > 1:
        orders |= {f"{name}{MATCHED}": of_other_sequences(own) for name, own in maps.items()}
    for method in (*orders, RANDOM):
        curves = np.zeros((2, count, len(taken)))
        for row in range(count):
            for reference in references[row]:
                ties = generator.random(length)
                # numpy.lexsort sorts by the last key first.
                keys = (ties,) if method == RANDOM else (ties, -orders[method][row])
                rank = np.empty(length, int)
                rank[np.lexsort(keys)] = np.arange(length)
                exchanged = (rank < taken[:, None])[:, None, :]
                deleted = np.where(exchanged, reference, sequences[row])
                inserted = np.where(exchanged, sequences[row], reference)
                found = logits(network, np.concatenate([deleted, inserted]), target)
                curves[:, row] += found.reshape(2, -1) / _REFERENCES
        deletion[method], insertion[method] = curves
    return Curves(
        taken / length,
        deletion,
        insertion,
        logits(network, sequences, target).astype(np.float64),
        none.reshape(count, -1).mean(axis=1, dtype=np.float64),
    )


def curve_table(curves: Curves, index: int, target: str) -> pd.DataFrame:
    """Mean curves of a target, one row per order, kind and share of the bases.

    ``worth`` is the logit scaled to 0 for the shuffled and 1 for the whole sequences.
    """
    none, whole = curves.none.mean(), curves.whole.mean()
    return pd.DataFrame(
        [
            (index, target, order, kind, share, logit, (logit - none) / (whole - none))
            for kind, by_order in (("deletion", curves.deletion), ("insertion", curves.insertion))
            for order, curve in by_order.items()
            for share, logit in zip(curves.shares, curve.mean(axis=0), strict=True)
        ],
        columns=["index", "target", "order", "kind", "share", "logit", "worth"],
    )
