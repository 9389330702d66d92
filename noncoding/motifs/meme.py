"""Motifs of a MEME file."""

import os

import numpy as np
import numpy.typing as npt

from noncoding.errors import InputError


def read_motifs(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Read position probability matrices from a MEME file.

    Parameters
    ----------
    path : path
        MEME format, version 4 or later.

    Returns
    -------
    dict of numpy.ndarray, shape=(4, width), dtype=float64
        Key: the text that follows MOTIF, e.g. ``MA0363.2 REB1``.

    Raises
    ------
    InputError
        The file cannot be read or holds no motifs.
    """
    # Here, since it takes as long as torch, and stages import this module that read no motifs.
    from tangermeme.io import read_meme

    try:
        motifs = {name: matrix.numpy() for name, matrix in read_meme(str(path)).items()}
    except (OSError, ValueError, IndexError, UnicodeDecodeError) as error:
        raise _not_meme(path, f"a file that cannot be read as motifs ({error})") from error
    if not motifs:
        raise _not_meme(path, "no motif")
    return motifs


def _not_meme(path: str | os.PathLike[str], found: str) -> InputError:
    return InputError(
        path,
        found,
        "matrices in MEME format",
        "Give a MEME file, e.g. one that JASPAR offers for download.",
    )
