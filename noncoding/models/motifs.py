"""Motifs of a MEME file as kernels that a network can start from."""

import os
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
import torch
from tangermeme.io import read_meme

from noncoding.errors import InputError
from noncoding.models.network import Network

PSEUDOCOUNT = 0.01
"""Probability added to each base before the logarithm."""
KERNEL_NORM = 1.0
"""About twice that of a random start, so that motifs outlast the first steps."""


def read_motifs(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Position probability matrices by the name that the file gives them.

    Parameters
    ----------
    path : path
        MEME format, version 4 or later.

    Returns
    -------
    dict of numpy.ndarray, shape=(4, width)
        Key: what stands after MOTIF, e.g. ``MA0363.2 REB1``.

    Raises
    ------
    InputError
        The file holds no motifs.
    """
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


def motifs_of(
    names: Iterable[str], motifs: dict[str, npt.NDArray[np.float64]]
) -> dict[str, list[str]]:
    """Which motifs belong to which target, by name.

    A motif's name is what stands after its identifier, and the parts of a
    dimer are names too (``MAX::MYC``); case does not count.

    Parameters
    ----------
    names : iterable of str
        Of targets.
    motifs : dict
        As given by `read_motifs`.

    Returns
    -------
    dict of list of str
        Target's name → keys of `motifs`, for targets that have any; single
        proteins before dimers, and later identifiers, which are newer, first.
    """
    by_name: dict[str, list[tuple[int, str]]] = {}
    for key in motifs:
        parts = key.split()[-1].upper().split("::")
        for part in parts:
            by_name.setdefault(part, []).append((len(parts), key))
    found = {}
    for name in dict.fromkeys(names):
        keys = sorted(by_name.get(name.upper(), []), reverse=True)
        if keys:
            found[name] = [key for _, key in sorted(keys, key=lambda entry: entry[0])]
    return found


def log_odds(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Log2 of a motif's probabilities, after a pseudocount, over a quarter; shape=(4, width)."""
    return np.log2((matrix + PSEUDOCOUNT) / (1 + 4 * PSEUDOCOUNT) * 4)


def motif_kernels(
    matrices: Iterable[npt.NDArray[np.float64]], width: int, norm: float
) -> npt.NDArray[np.float32]:
    """Matrices as kernels of a convolution: log-odds, of one width and one norm.

    A match then scores as in a scan with the motif, up to a factor and a
    threshold, which a batch norm supplies (Quang & Xie 2016 start DanQ-JASPAR
    from motifs in a like manner).

    Parameters
    ----------
    matrices : iterable of numpy.ndarray, shape=(4, n)
        Probabilities of A, C, G, T.
    width : int
        Of the kernels. A shorter motif stands in the middle of zeros; of a longer
        one, the part with the most information is kept.
    norm : float
        Euclidean norm of each kernel.

    Returns
    -------
    numpy.ndarray, shape=(motifs, 4, width), dtype=float32
        Each column of a motif has a mean of zero, so that no base is favoured
        where the motif says nothing.
    """
    kernels = []
    for matrix in matrices:
        odds = log_odds(matrix)
        information = (matrix * odds).sum(axis=0)
        kept = min(width, matrix.shape[1])
        windows = np.lib.stride_tricks.sliding_window_view(information, kept).sum(axis=1)
        start = int(windows.argmax())
        odds = odds[:, start : start + kept]
        odds = odds - odds.mean(axis=0)
        before = (width - kept) // 2
        kernel = np.pad(odds, ((0, 0), (before, width - kept - before)))
        kernels.append(kernel * (norm / np.linalg.norm(kernel)))
    return np.stack(kernels).astype(np.float32)


def start_from_motifs(
    network: Network, path: str | os.PathLike[str], targets: Sequence[str]
) -> list[str]:
    """Let the first kernels of a network start as the motifs of its targets.

    Where there are more motifs than kernels, each target gets its first ones
    before any gets its next.

    Parameters
    ----------
    network : Network
    path : path
        MEME file.
    targets : sequence of str
        Names.

    Returns
    -------
    list of str
        Motifs in the order of the kernels that start as them; the other kernels
        stay as they are.

    Raises
    ------
    InputError
        The file holds no motif of a target, or the network has no layer that sees
        bases.
    """
    detectors = network.motif_detectors
    if detectors is None:
        raise InputError(
            f"motifs for a {type(network).__name__}",
            "no convolution that sees bases",
            "one, to start from motifs",
            "Set the model's 'motifs' to false.",
        )
    motifs = read_motifs(path)
    named = list(motifs_of(targets, motifs).values())
    rounds = (keys[n : n + 1] for n in range(max(map(len, named), default=0)) for keys in named)
    chosen = list(dict.fromkeys(chain.from_iterable(rounds)))[: detectors.out_channels]
    if not chosen:
        raise InputError(
            path,
            f"no motif among {len(motifs)} that is named like one of the {len(targets)} targets",
            "motifs named like the targets, e.g. 'MA0363.2 REB1' for Reb1",
            "Give a file with motifs of this organism, or set the model's 'motifs' to false.",
        )
    weight = detectors.weight
    kernels = motif_kernels((motifs[key] for key in chosen), weight.shape[-1], KERNEL_NORM)
    with torch.no_grad():
        weight[: len(kernels)] = torch.from_numpy(kernels)
    return chosen
