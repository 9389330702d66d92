"""Rotary attention against a plain implementation with complex numbers."""

import math

import pytest
import torch
from torch import nn

from noncoding.models.attention import RotaryTransformer, rotated, rotations
from noncoding.models.residual_blocks import StochasticDepth

CHANNELS, HEADS = 24, 3


def layers(**sizes):
    torch.manual_seed(0)
    usual = {"channels": CHANNELS, "layers": 2, "heads": HEADS, "inner": 40, "dropout": 0.1}
    made = RotaryTransformer(10, **usual | sizes).double()
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.3)
    return made.eval()


def normalised(norm, x):
    centred = x - x.mean(dim=-1, keepdim=True)
    variance = centred.square().mean(dim=-1, keepdim=True)
    return centred / (variance + 1e-5).sqrt() * norm.weight + norm.bias


def as_complex(x):
    """Pairs of channels of vectors, one in the first and one in the second half."""
    first, second = x.chunk(2, dim=-1)
    return torch.complex(first, second)


def plain(network, features):
    """One sequence, shape=(positions, channels), in steps."""
    x = features @ network.project.weight.T + network.project.bias
    size = CHANNELS // HEADS
    frequency = torch.tensor(
        [10_000.0 ** (-2 * i / size) for i in range(size // 2)], dtype=torch.float64
    )
    turns = torch.exp(1j * torch.arange(len(x)).double()[:, None] * frequency)
    for layer in network.layers:
        y = normalised(layer.attention_norm, x)
        y = y @ layer.attention.project.weight.T + layer.attention.project.bias
        queries, keys, values = y.split(CHANNELS, dim=1)
        of_heads = []
        for head in range(HEADS):
            own = slice(head * size, (head + 1) * size)
            query, key = (as_complex(z[:, own]) * turns for z in (queries, keys))
            scores = (query[:, None] * key[None].conj()).real.sum(dim=-1) / math.sqrt(size)
            weights = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
            of_heads.append(weights @ values[:, own])
        y = torch.cat(of_heads, dim=1)
        x = x + y @ layer.attention.output.weight.T + layer.attention.output.bias
        norm, first, _, _, second = layer.feed_forward
        y = normalised(norm, x) @ first.weight.T + first.bias
        y = y * (1 + torch.erf(y / math.sqrt(2))) / 2
        x = x + y @ second.weight.T + second.bias
    return normalised(network.norm, x)


@pytest.mark.parametrize("positions", [1, 7, 125])
def test_it_equals_a_plain_implementation(positions):
    network = layers()
    features = torch.randn(3, positions, 10, dtype=torch.float64, requires_grad=True)
    found = network(features)
    expected = torch.stack([plain(network, row) for row in features])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    weights = [features, *network.parameters()]
    direction = torch.randn_like(found)
    gradients = [torch.autograd.grad((y * direction).sum(), weights) for y in (found, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-9)


def test_scores_depend_on_differences_of_positions_only():
    queries, keys = torch.randn(2, 1, 8, dtype=torch.float64).unbind()
    turns = rotations(40, 8, queries)
    query, key = (rotated(x.expand(40, 8), *turns) for x in (queries, keys))
    scores = query @ key.T
    for difference in range(-39, 40):
        own = scores.diagonal(difference)
        torch.testing.assert_close(own, own[:1].expand_as(own), rtol=0, atol=1e-12)
    # Differences themselves are told apart.
    assert scores[0].unique().numel() == 40
    torch.testing.assert_close(query.norm(dim=-1), queries.norm(dim=-1).expand(40))


def test_attention_reaches_both_sides_of_any_number_of_positions():
    network = layers()
    for positions in (2, 9, 200):
        features = torch.randn(1, positions, 10, dtype=torch.float64)
        before = network(features)
        for changed in (0, positions - 1):
            other = features.clone()
            other[0, changed] += 1
            assert ((network(other) - before).abs().sum(dim=-1) > 1e-9).all()


def test_heads_with_an_odd_number_of_channels_are_refused():
    with pytest.raises(ValueError, match="24 channels in 8 rotary heads"):
        layers(heads=8)


def test_low_precision_is_close():
    network = layers(stochastic_depth=0.1).float()
    features = torch.randn(3, 125, 10)
    with torch.autocast("cpu", torch.bfloat16):
        low = network(features)
    assert (low.float() - network(features)).abs().mean() < 0.05


def test_it_is_one_graph_without_a_change():
    network = layers(stochastic_depth=0.2).float()
    features = torch.randn(3, 20, 10)
    compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(features), network(features))


def test_whole_rows_are_dropped_and_the_others_scaled():
    torch.manual_seed(0)
    layer, branch = StochasticDepth(0.3), torch.rand(4000, 3, 2) + 1
    kept = layer(branch) != 0
    assert torch.equal(kept.all(dim=(1, 2)), kept.any(dim=(1, 2)))
    rows = kept[:, 0, 0]
    # Four standard errors.
    assert rows.float().mean().item() == pytest.approx(0.7, abs=4 * math.sqrt(0.21 / 4000))
    torch.manual_seed(1)
    out = layer(branch)
    torch.testing.assert_close(out[out[:, 0, 0] != 0], branch[out[:, 0, 0] != 0] / 0.7)
    assert layer.eval()(branch) is branch


def test_layers_are_dropped_more_often_the_deeper_they_are():
    network = layers(layers=4, stochastic_depth=0.2)
    rates = [layer.stochastic_depth.rate for layer in network.layers]
    assert rates == pytest.approx([0.05, 0.1, 0.15, 0.2])
    features = torch.randn(2, 5, 10, dtype=torch.float64)
    torch.testing.assert_close(network(features), network(features))
