"""The best match of a target's known motif."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from noncoding.models.motifs import log_odds


@torch.inference_mode()
def best_hits(
    sequences: npt.NDArray[np.uint8], matrices: Sequence[npt.NDArray[np.float64]]
) -> npt.NDArray[np.float32]:
    """Score of the best match of each motif, over all places and both strands.

    Parameters
    ----------
    sequences : numpy.ndarray, shape=(n, 4, length), dtype=uint8
        One-hot.
    matrices : sequence of numpy.ndarray, shape=(4, width)
        Probabilities of A, C, G, T; no wider than the sequences.

    Returns
    -------
    numpy.ndarray, shape=(n, motifs), dtype=float32
        Log2 odds against bases of equal probability, summed over the motif's
        width; an unknown base adds nothing.
    """
    hits = np.empty((len(sequences), len(matrices)), np.float32)
    batch = torch.from_numpy(sequences).float()
    widths = np.array([matrix.shape[1] for matrix in matrices])
    for width in np.unique(widths):
        chosen = np.flatnonzero(widths == width).tolist()
        odds = torch.from_numpy(np.stack([log_odds(matrices[n]) for n in chosen])).float()
        # A reverse complement is a flip of both axes.
        strands = [torch.nn.functional.conv1d(batch, k).amax(-1) for k in (odds, odds.flip(1, 2))]
        hits[:, chosen] = torch.maximum(*strands).numpy()
    return hits
