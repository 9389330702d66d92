"""Cascading randomisation of a network."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from toy_store import LENGTH, toy_sizes

from noncoding.attribution.checks.model_randomisation import parts, randomised, rank_correlations
from noncoding.models.architectures import create_model


@pytest.fixture
def network():
    torch.manual_seed(0)
    made = create_model(length=LENGTH, targets=3, **toy_sizes()).eval()
    # Initial weights of norms are equal, so that permutations have no effect.
    for weights in made.parameters():
        weights.data.normal_()
    return made


def test_parts_are_ordered_from_the_logits_to_the_bases(network):
    found = parts(network)
    assert found[0] == "head"
    assert found[-1] == "resnet.stem"
    assert found.index("resnet.blocks.1") < found.index("resnet.blocks.0")
    names = {name for name, _ in network.named_parameters()}
    assert names == {n for n in names if any(n.startswith(f"{part}.") for part in found)}


def test_tensors_are_permuted_part_by_part(network):
    before = {name: weights.clone() for name, weights in network.named_parameters()}
    randomised_parts = []
    for part, permuted in randomised(network):
        randomised_parts.append(part)
        for name, weights in permuted.named_parameters():
            own = before[name]
            assert torch.equal(weights.flatten().sort().values, own.flatten().sort().values)
            if not any(name.startswith(f"{part}.") for part in randomised_parts):
                assert torch.equal(weights, own)
        weights = permuted.get_submodule(part).parameters()
        assert any(
            not torch.equal(one, own)
            for one, own in zip(weights, network.get_submodule(part).parameters(), strict=True)
        )
    for name, weights in network.named_parameters():
        assert torch.equal(weights, before[name])


def test_rank_correlations_are_zero_for_flat_maps():
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=(2, 4, 30))
    first[1], second[2, 3] = 0, np.nan
    found = rank_correlations(first, second)
    for row in (0, 3):
        assert found[row] == pytest.approx(spearmanr(first[row], second[row]).statistic)
    assert found[1] == found[2] == 0
