"""Initialisation of the first kernels of a network with motifs of a MEME file."""

import logging
import os
from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from noncoding.common.errors import InputError
from noncoding.data.targets import distinct_names
from noncoding.models.network import Network
from noncoding.motifs.known_motifs import MOTIF_COLUMN, match_motifs
from noncoding.motifs.meme import read_motifs
from noncoding.motifs.scan import log_odds

log = logging.getLogger(__name__)
_KERNEL_NORM = 1.0
"""About twice that of random initial kernels, so that motifs persist in the first steps."""


def motif_kernels(
    matrices: Iterable[npt.NDArray[np.float64]], width: int
) -> npt.NDArray[np.float32]:
    """Matrices as kernels of a convolution: log-odds, of the same width and norm.

    The score of a match is that of a scan with the motif, up to a factor and a
    threshold, which batch normalisation learns (similar to DanQ-JASPAR, Quang & Xie 2016).

    Parameters
    ----------
    matrices : iterable of numpy.ndarray, shape=(4, n)
        Probabilities of A, C, G, T.
    width : int
        Of the kernels. A shorter motif is centred and padded with zeros; of a longer
        one, the part with the most information is kept.

    Returns
    -------
    numpy.ndarray, shape=(motifs, 4, width), dtype=float32
        Each column of a motif has a mean of zero: an uninformative column favours no base.
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
        kernels.append(kernel * (_KERNEL_NORM / np.linalg.norm(kernel)))
    return np.stack(kernels).astype(np.float32)


def start_from_motifs(
    network: Network, path: str | os.PathLike[str], targets: pd.DataFrame
) -> dict[str, list[Any]]:
    """Initialise the first kernels of a network with the known motifs of its targets.

    Where there are more motifs than kernels, the first motif of every target takes precedence
    over the second of any. The remaining kernels keep their values.

    Parameters
    ----------
    network : Network
    path : path
        MEME file.
    targets : pandas.DataFrame
        The target table, see `noncoding.motifs.known_motifs.match_motifs`.

    Returns
    -------
    dict
        ``kernels``, the names of the motifs in the order of the kernels, and ``targets``, index,
        name and motifs of each target with a motif; as JSON.

    Raises
    ------
    InputError
        The file has no motif of any target, or the first convolution of the network is not
        applied to bases.
    """
    detectors = network.motif_detectors
    if detectors is None:
        raise InputError(
            f"motifs for a {type(network).__name__}",
            "no convolution that is applied to bases",
            "one, to initialise with motifs",
            "Set the model's 'motifs' to false.",
        )
    motifs = read_motifs(path)
    matched = match_motifs(targets, motifs)
    rounds = (keys[n : n + 1] for n in range(max(map(len, matched), default=0)) for keys in matched)
    chosen = list(dict.fromkeys(chain.from_iterable(rounds)))[: detectors.out_channels]
    if not chosen:
        raise InputError(
            path,
            f"{len(motifs)} motifs, none of which belongs to one of the {len(targets)} targets "
            f"by name, assay or column '{MOTIF_COLUMN}'",
            "motifs with the names of the targets' proteins, e.g. 'MA0363.2 REB1' for Reb1",
            f"Use a file with motifs of this organism, name motifs in a column '{MOTIF_COLUMN}' "
            "of the target table, or set the model's 'motifs' to false.",
        )
    weight = detectors.weight
    kernels = motif_kernels((motifs[key] for key in chosen), weight.shape[-1])
    with torch.no_grad():
        weight[: len(kernels)] = torch.from_numpy(kernels)
    kept = ([key for key in keys if key in chosen] for keys in matched)
    found = [
        {"index": int(index), "name": name, "motifs": keys}
        for index, name, keys in zip(targets["index"], distinct_names(targets), kept, strict=True)
        if keys
    ]
    log.info(
        "%d first kernels are initialised with motifs of %d targets: %s",
        len(chosen),
        len(found),
        ", ".join(chosen),
    )
    return {"kernels": chosen, "targets": found}
