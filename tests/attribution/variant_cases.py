"""A small genome with a motif, and variants of all kinds in it."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import torch
from planted import MOTIF
from torch import nn

from noncoding.data.genome.sequences import Sequences
from noncoding.data.variants.alleles import Allele, trimmed
from noncoding.data.variants.variant import PlacedVariant, Status, Variant
from noncoding.models.export import ExportedModel

AT = 300
"""Start of the motif."""
GENOME = "".join(np.random.default_rng(0).choice(list("ACGT"), 600))
REPEAT = 500
"""Start of eight As."""
LONG_REPEAT = 600
"""Start of a repeat that is longer than the windows."""
GENOME = GENOME[:AT] + MOTIF + GENOME[AT + len(MOTIF) : REPEAT] + "A" * 8 + GENOME[REPEAT + 8 :]
GENOME = f"{GENOME}{'AC' * 150}{GENOME[:200]}"


def genome(folder, name="chrI"):
    path = folder / "genome.fa"
    path.write_text(f">{name}\n{GENOME}\n")
    return Sequences(path)


def placed(start, ref, alt, chromosome="chrI", status=Status.scored):
    """A variant as files write it, with a 0-based start."""
    first, ref_bases, alt_bases = trimmed(start, ref.encode(), alt.encode())
    alleles = (
        Allele(chromosome, first, first + len(ref_bases), bases) for bases in (ref_bases, alt_bases)
    )
    variant = Variant(0, 1, chromosome, start + 1, ".", ref, alt)
    return PlacedVariant(variant, status, *alleles)


def cut(start, width, alt, **changes):
    """Replace bases of the genome, which are preceded by one as in VCF files."""
    before = GENOME[start - 1]
    return placed(start - 1, GENOME[start - 1 : start + width], before + alt, **changes)


def repeated(start, width, alt):
    """An insertion or deletion with alleles that are extended over its repeat."""
    found = cut(start, width, alt)
    alleles = (
        Allele("chrI", start, start + width, bases.encode())
        for bases in (GENOME[start : start + width], alt)
    )
    return PlacedVariant(found.variant, Status.scored, *alleles)


CASES = {
    "substitution": placed(AT + 4, MOTIF[4], "A"),
    "three bases": placed(AT + 3, MOTIF[3:6], "GAT"),
    "deletion of a base": cut(AT + 3, 1, ""),
    "insertion": cut(AT + 4, 0, "GATTACA"),
    "long deletion": cut(AT - 60, 150, ""),
    "long insertion": cut(AT + 4, 0, "GATTACA" * 20),
    "long replacement": cut(AT, 8, "A" * 25),
    "first base": placed(0, GENOME[0], "ACGT".replace(GENOME[0], "")[0]),
    "last bases": cut(len(GENOME) - 5, 5, ""),
    "repeat": repeated(REPEAT, 8, "A" * 7),
    "long repeat": repeated(LONG_REPEAT, 300, "AC" * 152),
}


def model_of(network, length, names):
    """A network as if it had been exported."""
    network.config = SimpleNamespace(length=length)
    table = pd.DataFrame({"index": range(len(names)), "name": names, "group": "TF"})
    return ExportedModel(network.eval(), table, {}, None)


class Planted(nn.Module):
    """Best match of the motif on the given strand; the second logit is its negative."""

    def __init__(self):
        super().__init__()
        word = torch.tensor(["ACGT".index(base) for base in MOTIF])
        self.weights = nn.Parameter(nn.functional.one_hot(word, 4).T[None].float())

    def forward(self, sequences):
        best = nn.functional.conv1d(sequences, self.weights).amax(-1)
        return torch.cat([best - 6, 6 - best], dim=1)
