"""Forward passes for applying models, against the plain call of each network."""

import pytest
import torch
from toy_store import DANQ, DEEPSEA, LENGTH, toy_sizes

from noncoding.models.architectures import ARCHITECTURES, create_model
from noncoding.models.ensemble import Ensemble
from noncoding.models.forward_pass import forward_pass

SIZES = {"hybrid": toy_sizes(), "danq": DANQ, "deepsea": DEEPSEA}


def networks():
    assert set(SIZES) == set(ARCHITECTURES)
    torch.manual_seed(0)
    made = [create_model(length=LENGTH, targets=3, **sizes) for sizes in SIZES.values()]
    for network in made:
        # With running statistics that are not those of an untrained network.
        network.train()(torch.rand(32, 4, LENGTH))
        network.output_layer.weight.data.mul_(20)
        network.eval()
    return [*made, Ensemble.of(made, "probabilities")]


@pytest.mark.parametrize("rows", [1, 16, 37])
@torch.no_grad()
def test_logits_are_those_of_the_plain_call(rows):
    bases = torch.randint(4, (rows, LENGTH), generator=torch.Generator().manual_seed(1))
    sequences = torch.nn.functional.one_hot(bases, 4).transpose(1, 2).float()
    for network in networks():
        found = forward_pass(network, sequences)
        expected = torch.stack([network(each[None])[0] for each in sequences])
        assert found.shape == (rows, 3)
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
