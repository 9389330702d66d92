"""Variants of a small genome, with random scores."""

import numpy as np
import pandas as pd

from noncoding.data.genome.chromosomes import Genome
from noncoding.data.variants.alleles import Allele
from noncoding.data.variants.files import read_variants
from noncoding.data.variants.variant import PlacedVariant, Status
from noncoding.prediction.variant_output import write_variants
from noncoding.prediction.variant_scores import TargetScores, VariantScores

GENOME = Genome("genome.fa", {"chr1": 1000, "chr2": 500})
TARGETS = pd.DataFrame(
    {
        "index": [0, 4, 7],
        "name": ["CTCF; 5% é", "Reb1", "Reb1"],
        "group": ["TF", "TF", "TF"],
        "label": ["CTCF; 5% é", "Reb1 (K562, 1 h)", "Reb1 (index 7)"],
    }
)
STATUSES = {"<DEL>": Status.symbolic, "*": Status.spanning_deletion, ".": Status.no_alternative}
PROVENANCE = {"model": "toy", "version": "1"}


def scored(path, *, table, block=3, background=True, seed=0):
    """Blocks of all alleles of a file, as `write_variants` takes them."""
    variants = list(read_variants(path, table=table))
    random = np.random.default_rng(seed)
    blocks = []
    for start in range(0, len(variants), block):
        placed = []
        for variant in variants[start : start + block]:
            status = STATUSES.get(variant.alt, Status.scored)
            alleles = (None, None)
            if status == Status.scored:
                place = variant.position - 1, variant.position - 1 + len(variant.ref)
                alleles = (Allele(variant.chromosome, *place, b"A"),) * 2
            placed.append(PlacedVariant(variant, status, *alleles))
        blocks.append((placed, _scores(placed, random, background)))
    return blocks


def _scores(placed, random, background):
    is_scored = np.array([each.ref is not None for each in placed])
    shape = (len(placed), len(TARGETS))

    def matrix():
        return np.where(is_scored[:, None], random.random(shape), np.nan).astype(np.float32)

    difference = matrix() * 10 - 5
    largest = np.where(is_scored, np.abs(np.nan_to_num(difference)).argmax(axis=1), -1)
    largest_difference = difference[np.arange(len(placed)), largest]
    share = matrix()
    targets = TargetScores(matrix(), matrix(), difference, matrix(), share if background else None)
    return VariantScores(largest, largest_difference, share[:, 0] if background else None, targets)


def write(out, source, *, table=False, blocks=None, long=False, genome=GENOME, **options):
    """Write random scores of a file; return its blocks."""
    blocks = scored(source, table=table, **options) if blocks is None else blocks
    write_variants(out, iter(blocks), TARGETS, source, table, genome, PROVENANCE, long=long)
    return blocks
