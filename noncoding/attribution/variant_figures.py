"""Figures of variants: what a network sees in both alleles."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noncoding.data.genome.sequences import Sequences
from noncoding.data.variants.variant import PlacedVariant
from noncoding.models.export import ExportedModel


class Affected(NamedTuple):
    """A scored variant with the targets that it affects most.

    Attributes
    ----------
    placed : PlacedVariant
        With both alleles.
    targets : sequence of int
        Rows of the model's target table, most affected first; the first two are drawn.
    """

    placed: PlacedVariant
    targets: Sequence[int]


def draw_variants(
    model: ExportedModel,
    strongest: Sequence[Affected],
    sequences: Sequences,
    folder: str | os.PathLike[str],
    motifs: Mapping[str, npt.NDArray[np.float64]] | None = None,
) -> list[str]:
    """Draw one figure per variant, in all `FORMATS`.

    Parameters
    ----------
    model : ExportedModel
        Its network is on the device that computes.
    strongest : sequence of Affected
        Strongest first.
    sequences : Sequences
        Of the genome.
    folder : path
        It exists.
    motifs : mapping of numpy.ndarray, shape=(4, width), optional
        Known motifs, from `noncoding.motifs.meme.read_motifs`.

    Returns
    -------
    list of str
        Stems of the files, e.g. ``001-chrIV-1234-A-G``, in the given order.
    """
    raise NotImplementedError
