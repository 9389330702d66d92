"""Initialisation of the first kernels of a network with motifs of a MEME file."""

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
import torch.nn.functional as F

from noncoding.common.errors import InputError, some_of
from noncoding.data.targets import distinct_names
from noncoding.models.network import Network
from noncoding.motifs.known_motifs import MOTIF_COLUMN, match_motifs
from noncoding.motifs.meme import read_motifs
from noncoding.motifs.scan import log_odds
from noncoding.motifs.tomtom import matches
from noncoding.settings.models import MotifStart

log = logging.getLogger(__name__)
_KERNEL_NORM = 1.0
"""About twice that of random initial kernels, so that motifs persist in the first steps."""
_SIMILAR = 0.05
"""Largest q-value of motifs that resemble a motif of a target."""
_SHOWN = 20


def motif_kernels(
    matrices: Iterable[npt.NDArray[np.float64]], width: int
) -> npt.NDArray[np.float32]:
    """Matrices as kernels of a convolution: log-odds, of the same width and norm.

    The score of a match is that of a scan with the motif, up to a factor and a
    threshold, which batch normalisation learns (similar to DanQ-JASPAR, Quang & Xie 2016).

    Parameters
    ----------
    matrices : iterable of numpy.ndarray, shape=(4, n)
        Probabilities of A, C, G, T, not all of them equal.
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


def diverse(
    kernels: npt.NDArray[np.float32], count: int, given: npt.NDArray[np.float32] | None = None
) -> list[int]:
    """Choose kernels that differ from each other, one at a time.

    The next kernel is that whose highest similarity to one of those before is the lowest, and
    the first of several. The similarity is the maximum of the scalar product over all shifts and
    both strands.

    Parameters
    ----------
    kernels : numpy.ndarray, shape=(n, 4, width), dtype=float32
        From `motif_kernels`.
    count : int
        Number of kernels to choose.
    given : numpy.ndarray, shape=(m, 4, width), optional
        Kernels from which those that are chosen differ, too.

    Returns
    -------
    list of int
        Indices of kernels, in the order in which they are chosen.
    """
    padded = F.pad(torch.from_numpy(kernels), (kernels.shape[-1] - 1,) * 2)

    def similarity(kernel: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        strands = torch.from_numpy(np.stack([kernel, kernel[::-1, ::-1]]))
        # Rounded, so that the order does not depend on the order of a sum.
        return F.conv1d(padded, strands).amax(dim=(1, 2)).numpy().round(4)

    nearest = np.full(len(kernels), -np.inf, np.float32)
    for kernel in () if given is None else given:
        nearest = np.maximum(nearest, similarity(kernel))
    chosen: list[int] = []
    for _ in range(min(count, len(kernels))):
        chosen.append(int(nearest.argmin()))
        nearest = np.maximum(nearest, similarity(kernels[chosen[-1]]))
        nearest[chosen] = np.inf
    return chosen


def start_from_motifs(
    network: Network,
    path: str | os.PathLike[str],
    targets: pd.DataFrame,
    choice: MotifStart | bool = True,
) -> dict[str, list[Any]]:
    """Initialise the first kernels of a network with known motifs.

    Where there are more motifs of targets than kernels, the first motif of every target takes
    precedence over the second of any; of other motifs, diverse ones are chosen. The remaining
    kernels keep their values.

    Parameters
    ----------
    network : Network
    path : path
        MEME file.
    targets : pandas.DataFrame
        The target table, see `noncoding.motifs.known_motifs.match_motifs`.
    choice : MotifStart or bool
        Which motifs, and how many; true for those of targets.

    Returns
    -------
    dict
        ``kernels``, the names of the motifs in the order of the kernels, and ``targets``, index,
        name and motifs of each target with a motif; as JSON.

    Raises
    ------
    InputError
        The file has no such motif, or the first convolution of the network is not applied to
        bases.
    """
    choice = MotifStart() if isinstance(choice, bool) else choice
    detectors = network.motif_detectors
    if detectors is None:
        raise InputError(
            f"motifs for a {type(network).__name__}",
            "no convolution that is applied to bases",
            "one, to initialise with motifs",
            "Set the model's 'motifs' to false.",
        )
    motifs = read_motifs(path)
    if uniform := [key for key, matrix in motifs.items() if np.allclose(matrix, 0.25)]:
        log.warning("%s: motifs without information are left out: %s", path, some_of(uniform))
        motifs = {key: matrix for key, matrix in motifs.items() if key not in uniform}
    matched = match_motifs(targets, motifs)
    rounds = (keys[n : n + 1] for n in range(max(map(len, matched), default=0)) for keys in matched)
    own = list(dict.fromkeys(chain.from_iterable(rounds)))
    weight = detectors.weight
    count = max(1, int(choice.share * detectors.out_channels))
    chosen = [] if choice.source == "others" else own[:count]
    if choice.source == "targets" and not chosen:
        raise InputError(
            path,
            f"{len(motifs)} motifs, none of which belongs to one of the {len(targets)} targets "
            f"by name, assay or column '{MOTIF_COLUMN}'",
            "motifs with the names of the targets' proteins, e.g. 'MA0363.2 REB1' for Reb1",
            f"Use a file with motifs of this organism, name motifs in a column '{MOTIF_COLUMN}' "
            "of the target table, or set the model's 'motifs' to false.",
        )
    width = weight.shape[-1]
    if choice.source != "targets":
        others = [key for key in _named(path, motifs, choice.names) if key not in own]
        if choice.source == "others":
            others = _dissimilar(motifs, others, own)
        if not chosen and not others:
            raise InputError(
                path,
                f"{len(motifs)} motifs, none of which remains after those of targets, those "
                "similar to them and those excluded by 'names' are left out",
                "other motifs",
                "Use a file with more motifs, or set the key 'source' of the model's 'motifs' to "
                "'targets'.",
            )
        if len(others) > count - len(chosen):
            given = motif_kernels((motifs[key] for key in chosen), width) if chosen else None
            candidates = motif_kernels((motifs[key] for key in others), width)
            others = [others[i] for i in diverse(candidates, count - len(chosen), given)]
        chosen += others
    kernels = motif_kernels((motifs[key] for key in chosen), width)
    with torch.no_grad():
        weight[: len(kernels)] = torch.from_numpy(kernels)
    kept = ([key for key in keys if key in chosen] for keys in matched)
    found = [
        {"index": int(index), "name": name, "motifs": keys}
        for index, name, keys in zip(targets["index"], distinct_names(targets), kept, strict=True)
        if keys
    ]
    log.info(
        "%d first kernels are initialised with motifs, %d of them with those of %d targets: %s",
        len(chosen),
        len({key for target in found for key in target["motifs"]}),
        len(found),
        some_of(chosen, shown=_SHOWN),
    )
    return {"kernels": chosen, "targets": found}


def _named(
    path: str | os.PathLike[str], keys: Iterable[str], patterns: Sequence[str] | None
) -> list[str]:
    """Keys whose whole or one of whose words matches a pattern."""
    if patterns is None:
        return list(keys)
    words = {key: {key.upper(), *key.upper().split()} for key in keys}
    found: set[str] = set()
    for pattern in patterns:
        of_pattern = {
            key for key, own in words.items() if any(fnmatchcase(w, pattern.upper()) for w in own)
        }
        if not of_pattern:
            raise InputError(
                path,
                f"no motif that matches {pattern!r}",
                "the identifier or name of a motif for each pattern, e.g. 'MA03*' or 'GATA?'",
                "Correct or remove the pattern in the key 'names' of the model's 'motifs'.",
            )
        found |= of_pattern
    return [key for key in keys if key in found]


def _dissimilar(
    motifs: Mapping[str, npt.NDArray[np.float64]], others: Sequence[str], own: Sequence[str]
) -> list[str]:
    """Other motifs that TOMTOM does not match to a motif of a target."""
    database = {key: motifs[key] for key in others}
    similar = {
        name
        for found in matches([motifs[key] for key in own], database)
        for name, match in found.items()
        if match.q_value <= _SIMILAR
    }
    return [key for key in others if key not in similar]
