"""The strongest filter of networks with known weights."""

import numpy as np
import pytest
import torch
from planted import MOTIF, matrix, planted
from torch import nn

from noncoding.attribution.first_layer import first_layer, strongest_filter
from noncoding.data.one_hot import codes, one_hot


class Detectors(nn.Module):
    """Three filters, the second of which is the motif; logits are weighted maximum activations."""

    def __init__(self, weights):
        super().__init__()
        self.convolution = nn.Conv1d(4, 3, len(MOTIF), padding=len(MOTIF) // 2, bias=False)
        generator = torch.Generator().manual_seed(0)
        kernels = torch.randn(self.convolution.weight.shape, generator=generator)
        kernels[1] = torch.from_numpy(np.log2(matrix(MOTIF) * 4))
        self.convolution.weight.data = kernels
        self.weights = nn.Parameter(torch.tensor(weights))

    def forward(self, sequences):
        return self.convolution(sequences).relu().amax(dim=-1) @ self.weights


def test_the_filter_of_the_motif_is_the_strongest():
    sequences, _ = planted(40, 60)
    network = Detectors([[0.1, 0.3], [1.0, -1.0], [0.1, 0.3]])
    found = strongest_filter(network, network.convolution, sequences, 0)
    assert found.name == "filter 1"
    assert found.consensus == MOTIF
    # Each sequence contains the motif on one strand, and the filter reads both.
    assert 40 <= found.seqlets < 45
    np.testing.assert_allclose(
        found.contributions, network.convolution.weight[1].detach().numpy(), rtol=1e-6
    )


def test_weights_include_an_embedding_of_bases():
    sequences, _ = planted(40, 60)
    network = Detectors([[0.1, 0.3], [1.0, -1.0], [0.1, 0.3]])
    plain = network.convolution.weight.detach().clone()
    mixed = torch.randn(4, 4, generator=torch.Generator().manual_seed(1))
    embedding = nn.Conv1d(4, 4, 1, bias=False)
    embedding.weight.data = mixed[:, :, None]
    network.convolution.weight.data = torch.einsum("fek,eb->fbk", plain, mixed.inverse())
    both = nn.Sequential(embedding, network)
    assert first_layer(both) is network.convolution
    found = strongest_filter(both, network.convolution, sequences, 0)
    assert found.consensus == MOTIF
    np.testing.assert_allclose(found.contributions, plain[1].numpy(), atol=1e-4)


@pytest.mark.parametrize(("stride", "padding"), [(1, "same"), (2, 3)])
def test_a_dilated_filter_has_gaps(stride, padding):
    network = Detectors([[0.1, 0.3], [1.0, -1.0], [0.1, 0.3]])
    kernels = network.convolution.weight.data
    network.convolution = nn.Conv1d(
        4, 3, len(MOTIF), stride=stride, padding=padding, dilation=2, bias=False
    )
    network.convolution.weight.data = kernels
    width = 2 * len(MOTIF) - 1
    sequences = np.random.default_rng(0).integers(0, 4, (20, 60))
    # A position of the filter with a stride of 2 and a padding of 3.
    sequences[:, 21 : 21 + width : 2] = codes(MOTIF)
    found = strongest_filter(network, network.convolution, one_hot(sequences.astype(np.uint8)), 0)
    assert found.name == "filter 1"
    np.testing.assert_allclose(found.contributions[:, ::2], kernels[1].numpy(), rtol=1e-6)
    assert found.contributions.shape == (4, width)
    assert (found.contributions[:, 1::2] == 0).all()
    assert found.consensus[::2] == MOTIF


def test_a_network_without_convolutions_has_no_first_layer():
    assert first_layer(nn.Sequential(nn.Conv1d(4, 2, 1), nn.Linear(3, 1))) is None


def test_a_filter_with_a_negative_contribution_is_not_the_strongest():
    sequences, _ = planted(40, 60)
    network = Detectors([[0.1, 0.3], [1.0, -1.0], [0.1, 0.3]])
    assert strongest_filter(network, network.convolution, sequences, 1).name != "filter 1"


def test_sites_beyond_the_edge_are_omitted():
    word = one_hot(codes(MOTIF)[None])
    edge = np.zeros((1, 4, 30), np.uint8)
    edge[:, :, :6] = word[:, :, 3:]
    network = Detectors([[0.0], [1.0], [0.0]])
    found = strongest_filter(network, network.convolution, edge, 0)
    assert found is None or MOTIF not in found.consensus


def test_a_filter_without_activation_has_no_sites():
    empty = np.zeros((2, 4, 30), np.uint8)
    network = Detectors([[0.0], [1.0], [0.0]])
    assert strongest_filter(network, network.convolution, empty, 0) is None
