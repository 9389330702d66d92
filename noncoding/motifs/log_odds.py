"""Motifs as scores."""

import numpy as np
import numpy.typing as npt

PSEUDOCOUNT = 0.01
"""Probability added to each base before the logarithm."""


def log_odds(
    matrix: npt.NDArray[np.float64], background: npt.ArrayLike = (0.25, 0.25, 0.25, 0.25)
) -> npt.NDArray[np.float64]:
    """Log2 of a motif's probabilities over those of a background.

    Parameters
    ----------
    matrix : numpy.ndarray, shape=(4, width)
        Probabilities of A, C, G, T.
    background : array_like, shape=(4,)
        Probabilities of A, C, G, T outside the motif. A pseudocount, `PSEUDOCOUNT` a
        base in the mean, is shared in these proportions, so that a column equal to the
        background says nothing.

    Returns
    -------
    numpy.ndarray, shape=(4, width)
    """
    expected = np.asarray(background, dtype=np.float64)[:, None]
    smoothed = (matrix + 4 * PSEUDOCOUNT * expected) / (1 + 4 * PSEUDOCOUNT)
    return np.log2(smoothed / expected)
