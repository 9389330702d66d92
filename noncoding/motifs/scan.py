"""The best match of a target's known motif."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import torch

from noncoding.motifs.log_odds import log_odds


def base_composition(batches: Iterable[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float64]:
    """Share of each base over both strands of sequences.

    Parameters
    ----------
    batches : iterable of numpy.ndarray, shape=(n, 4, length), dtype=uint8
        One-hot; unknown bases (N) are ignored.

    Returns
    -------
    numpy.ndarray, shape=(4,), dtype=float64
        Of A, C, G, T, that of A equal to that of T, and C to G; a base that never
        occurs is counted once. Uniform without a known base.
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
        One-hot.
    matrices : sequence of numpy.ndarray, shape=(4, width)
        Probabilities of A, C, G, T; no wider than the sequences.
    background : numpy.ndarray, shape=(4,)
        Probabilities of A, C, G, T outside motifs, made by `base_composition`.

    Returns
    -------
    numpy.ndarray, shape=(n, motifs), dtype=float32
        Log2-likelihood ratio of motif and background, summed over the motif's
        width; an unknown base adds nothing.
    """
    hits = np.empty((len(sequences), len(matrices)), np.float32)
    batch = torch.from_numpy(sequences).float()
    widths = np.array([matrix.shape[1] for matrix in matrices])
    for width in np.unique(widths):
        chosen = np.flatnonzero(widths == width).tolist()
        stacked = np.stack([log_odds(matrices[n], background) for n in chosen])
        odds = torch.from_numpy(stacked).float()
        # A reverse complement is a flip of both axes.
        strands = [torch.nn.functional.conv1d(batch, k).amax(-1) for k in (odds, odds.flip(1, 2))]
        hits[:, chosen] = torch.maximum(*strands).numpy()
    return hits
