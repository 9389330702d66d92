"""The stage ``simulate``: planted motifs, written in the format of the DeepSEA bundle."""

import logging
import os

import numpy as np
import pandas as pd
from memelite.io import write_meme

from noncoding.common.files import atomic_write
from noncoding.common.stage_logging import RESULT
from noncoding.common.wording import counted
from noncoding.data.bundle.write import write_bundle
from noncoding.data.one_hot import reverse_complement
from noncoding.data.simulation import motif_probabilities, simulate_split, target_table
from noncoding.data.targets import write_targets
from noncoding.layout import SPLITS, files

log = logging.getLogger(__name__)


def simulate(
    folder: str | os.PathLike[str],
    *,
    loci: dict[str, int],
    window: int,
    prevalence: float,
    seed: int,
) -> None:
    """Write a simulated bundle, its target table, the planted motifs and their MEME file.

    The archive has the format of the DeepSEA bundle, with each locus on both strands. The table of
    planted motifs is the ground truth for explanations.

    Parameters
    ----------
    folder : path
        Output folder.
    loci : dict of int
        Number of loci of each split.
    window : int
        Length of a window in bp.
    prevalence : float
        Probability that a window contains a given motif.
    seed : int
    """
    generator = np.random.default_rng(seed)
    splits = {
        name: simulate_split(name, loci[name], window, prevalence, generator) for name in SPLITS
    }
    both_strands = {
        name: (
            np.concatenate([split.sequences, reverse_complement(split.sequences)]),
            np.concatenate([split.labels, split.labels]),
        )
        for name, split in splits.items()
    }
    with atomic_write(*files("simulate", folder)) as [archive, targets, truth, motifs]:
        write_bundle(archive, both_strands)
        write_targets(target_table(), targets)
        pd.concat([split.truth for split in splits.values()]).to_csv(truth, sep="\t", index=False)
        write_meme(str(motifs), motif_probabilities())
    rows = ", ".join(f"{name} {len(labels):,}" for name, (_, labels) in both_strands.items())
    log.log(RESULT, "%s; rows: %s", counted(len(target_table()), "target"), rows)
