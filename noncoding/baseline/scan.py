"""The best match of a target's known motif."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from noncoding.models.motifs import log_odds, motifs_of


def motifs_of_targets(
    targets: pd.DataFrame, motifs: Mapping[str, npt.NDArray[np.float64]]
) -> list[list[str]]:
    """The motifs of each target, by name.

    Parameters
    ----------
    targets : pandas.DataFrame
        The target table. Where a target's name is not a motif's, its ``assay``
        may be, which in the DeepSEA set is the protein.
    motifs : mapping
        As given by `noncoding.models.motifs.read_motifs`.

    Returns
    -------
    list of list of str
        As `noncoding.models.motifs.motifs_of` gives them. There can be several,
        and one of another organism's protein of the same name among them.
    """
    assays = targets["assay"] if "assay" in targets else [""] * len(targets)
    known = motifs_of([*targets["name"], *assays], dict(motifs))
    return [
        next((known[label] for label in labels if label in known), [])
        for labels in zip(targets["name"], assays, strict=True)
    ]


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
