"""Scores of variants on a GPU are those of the CPU."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from gpu import ARCHITECTURES, DEVICE, LENGTH, random_network
from toy_store import TABLE

from noncoding.data.genome.sequences import Sequences
from noncoding.data.variants.placement import place
from noncoding.data.variants.variant import Variant
from noncoding.models.export import ExportedModel
from noncoding.prediction.variants import VariantScorer

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_scores_are_those_of_the_cpu(architecture, tmp_path):
    """Also where TensorFloat-32 is allowed, as by default for convolutions."""
    bases = "".join(np.random.default_rng(0).choice([*"ACGT"], 600))
    (tmp_path / "genome.fa").write_text(f">c\n{bases}\n")
    genome = Sequences(tmp_path / "genome.fa")
    variants = (
        Variant(start, start, "c", start + 1, ".", bases[start], alt)
        for start in range(200, 240)
        for alt in ("A", "CC")
    )
    placed = list(place(variants, genome, where="f", length=LENGTH, mismatch="error", names={}))
    network = random_network(architecture)
    found = []
    for device in (torch.device("cpu"), DEVICE):
        moved = copy.deepcopy(network).to(device)
        model = ExportedModel(moved, TABLE, {}, Path("model"))
        scorer = VariantScorer(model, device, offsets=(0, 20), batch_size=16)
        [(_, scores)] = scorer.scores([placed], genome)
        found.append(scores.targets)
    expected, given = found
    assert np.nanmax(np.abs(expected.logit_difference)) > 0.01
    for name in ("ref_probability", "alt_probability", "logit_difference", "log2_odds_ratio"):
        np.testing.assert_allclose(
            getattr(given, name), getattr(expected, name), rtol=1e-3, atol=1e-4, err_msg=name
        )
