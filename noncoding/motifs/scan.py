"""Motifs as scoring matrices, and the best match of a motif in sequences."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import torch

PSEUDOCOUNT = 0.01
"""Mean probability added to each base before taking the logarithm."""


def log_odds(
    matrix: npt.NDArray[np.float64], background: npt.ArrayLike = (0.25, 0.25, 0.25, 0.25)
) -> npt.NDArray[np.float64]:
    """Log2 ratio of the probabilities of a motif, shape=(4, width), and a background, (4,).

    Pseudocounts have the proportions of the background, so that a column equal to the
    background has a score of zero.
    """
    expected = np.asarray(background, dtype=np.float64)[:, None]
    smoothed = (matrix + 4 * PSEUDOCOUNT * expected) / (1 + 4 * PSEUDOCOUNT)
    return np.log2(smoothed / expected)


def base_composition(batches: Iterable[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float64]:
    """Share of A, C, G, T over both strands of batches of sequences, shape=(n, 4, length).

    Unknown bases are ignored; a base that never occurs is counted once.
    """
    counts = sum((batch.sum(axis=(0, 2), dtype=np.int64) for batch in batches), np.zeros(4, int))
    both = np.maximum(counts + counts[::-1], 1)
    return both / both.sum()


@torch.inference_mode()
def best_hits(
    sequences: npt.NDArray[np.uint8],
    matrices: Sequence[npt.NDArray[np.float64]],
    background: npt.NDArray[np.float64],
) -> npt.NDArray[np.float32]:
    """Score of the best match of each motif, over all positions and both strands.

    Parameters
    ----------
    sequences : numpy.ndarray, shape=(n, 4, length), dtype=uint8
    matrices : sequence of numpy.ndarray, shape=(4, width)
        Probabilities of A, C, G, T; not wider than the sequences.
    background : numpy.ndarray, shape=(4,)
        From `base_composition`.

    Returns
    -------
    numpy.ndarray, shape=(n, motifs), dtype=float32
        Sum of `log_odds`; the score of an unknown base is zero.
    """
    hits = np.empty((len(sequences), len(matrices)), np.float32)
    batch = torch.from_numpy(sequences).float()
    widths = np.array([matrix.shape[1] for matrix in matrices])
    for width in np.unique(widths):
        chosen = np.flatnonzero(widths == width).tolist()
        stacked = np.stack([log_odds(matrices[n], background) for n in chosen])
        odds = torch.from_numpy(stacked).float()
        # The reverse complement flips both axes.
        strands = [torch.nn.functional.conv1d(batch, k).amax(-1) for k in (odds, odds.flip(1, 2))]
        hits[:, chosen] = torch.maximum(*strands).numpy()
    return hits
