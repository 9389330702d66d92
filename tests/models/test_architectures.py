"""Parameter counts of published networks, and the interface of every network."""

import math
from pathlib import Path

import pytest
import torch
import yaml
from toy_store import BEST, DANQ, DEEPSEA, LENGTH, sequence_sizes, toy_sizes

from noncoding.common.errors import InputError
from noncoding.models.architectures import create_model

ROOT = Path(__file__).parents[2]
PUBLISHED = yaml.safe_load((ROOT / "config.yaml").read_text())["models"]
TINY = {
    **{
        f"hybrid with {kind}": toy_sizes(kind=kind)
        for kind in ("transformer_xl", "rotary", "lstm", "bert", "none")
    },
    "best": BEST,
    "hybrid, flattened": toy_sizes("flatten"),
    "deepsea": DEEPSEA,
    "danq": DANQ,
}


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture(params=TINY)
def network(request):
    torch.manual_seed(0)
    return create_model(length=LENGTH, targets=3, **TINY[request.param])


def test_deepsea_has_the_published_parameters():
    # 52,843,119: Quang & Xie 2016, section on DanQ's training.
    with torch.device("meta"):
        assert count(create_model(length=1000, targets=919, **PUBLISHED["deepsea"])) == 52_843_119


def test_danq_has_the_published_parameters():
    # 46,926,479: the same. Torch's LSTM has a second bias for each of 4 gates × 320 units × 2.
    with torch.device("meta"):
        network = create_model(length=1000, targets=919, **PUBLISHED["danq"])
    assert count(network) == 46_926_479 + 2 * 4 * 320


def test_the_hybrid_has_the_parameters_of_the_original():
    network = create_model(length=1000, targets=919, **PUBLISHED["hybrid"])
    assert round(count(network.resnet) / 1e6, 2) == 4.71
    assert round(count(network.head) / 1e6, 2) == 33.24
    # 1000 bp become 125 positions × 256 channels.
    assert network.resnet(torch.zeros(2, 4, 1000)).shape == (2, 256, 125)
    # The original's four heads had 16 channels each, where XLNet's have 256 / 4: its five
    # 256 × 64 projections and two biases per layer are four times as large here. Each layer
    # also has two norms and the feed-forward layers; unused parameters of XLNet are frozen.
    inner = 2 * 256 * 256 + 256 + 256 + 2 * 2 * 256
    original = 6 * (5 * 256 * 64 + 2 * 64 + inner)
    assert round(original / 1e6, 2) == 1.29
    trained = sum(p.numel() for p in network.sequence.parameters() if p.requires_grad)
    assert trained == 6 * (5 * 256 * 256 + 2 * 256 + inner)


def test_the_best_network_has_tens_of_millions_of_parameters():
    with torch.device("meta"):
        network = create_model(length=1000, targets=919, **PUBLISHED["best"])
        assert network.resnet(torch.zeros(2, 4, 1000)).shape == (2, 512, 125)
    assert count(network) == 30_072_553
    # Weights and biases; a normalisation has two parameters per channel, a block one scale.
    stem = 768 * 4 * 25 + 2 * 768 + (2 * 768 + 768 * 512 + 512)
    pointwise = 2 * 512 + (512 * 2048 + 2048) + (2048 * 512 + 512) + 512
    gate = (512 * 64 + 64) + (64 * 512 + 512)
    blocks = 4 * (512 * 7 + pointwise + gate) + 2 * 512
    attention = 2 * 512 + (512 * 1536 + 1536) + (512 * 512 + 512)
    feed_forward = 2 * 512 + (512 * 2048 + 2048) + (2048 * 512 + 512)
    head = 2 * (1024 * 919 + 919) + 125 * 919
    assert count(network) == stem + blocks + 6 * (attention + feed_forward) + 2 * 512 + head


def test_published_shapes_of_danq_and_deepsea():
    seen = []
    for name in ("deepsea", "danq"):
        network = create_model(length=1000, targets=919, **PUBLISHED[name])
        network.hidden.register_forward_hook(lambda _m, inputs, _o: seen.append(inputs[0].shape))
        assert network(torch.zeros(1, 4, 1000)).shape == (1, 919)
    # Both papers: 53 positions × 960 kernels, and 75 positions × 640 units.
    assert seen == [(1, 53 * 960), (1, 75 * 640)]


def test_logits_for_every_row_and_a_gradient_for_every_weight(network):
    logits = network(torch.rand(5, 4, LENGTH))
    assert logits.shape == (5, 3)
    logits.sum().backward()
    without = [n for n, p in network.named_parameters() if p.requires_grad and p.grad is None]
    assert without == []


def test_prevalence_is_the_first_prediction(network):
    prevalence = torch.tensor([0.5, 0.02, 0.3])
    network.set_prevalence(prevalence)
    output = network.output_layer
    torch.nn.init.zeros_(output.weight)
    torch.testing.assert_close(network(torch.rand(4, 4, LENGTH)).sigmoid(), prevalence.expand(4, 3))
    assert output.bias[1].item() == pytest.approx(-math.log(0.98 / 0.02))


def test_gradcam_layer_runs_along_the_sequence(network):
    seen = []
    layer = dict(network.named_modules())[network.gradcam_layer]
    layer.register_forward_hook(lambda _m, _i, output: seen.append(output.shape))
    network(torch.rand(2, 4, LENGTH))
    [(batch, _channels, positions)] = seen
    assert batch == 2
    assert 1 < positions <= LENGTH


def test_without_skip_the_head_sees_only_the_sequence_layers():
    sizes = toy_sizes() | {"sequence": sequence_sizes("transformer_xl") | {"skip": False}}
    network = create_model(length=LENGTH, targets=3, **sizes)
    seen = []
    network.head.register_forward_hook(lambda _m, inputs, _o: seen.append(inputs[0]))
    network.sequence.register_forward_hook(lambda _m, _i, output: seen.append(output))
    network(torch.rand(2, 4, LENGTH))
    assert seen[0] is seen[1]


def test_an_lstm_reads_in_both_directions():
    torch.manual_seed(0)
    network = create_model(length=LENGTH, targets=3, **toy_sizes(kind="lstm"))
    features = torch.randn(1, 5, 16)
    before = network.sequence(features)
    for changed in (0, 4):
        moved = features.clone()
        moved[0, changed] += 1
        assert ((network.sequence(moved) - before).abs().sum(-1) > 1e-7).all()


@pytest.mark.parametrize("name", ["deepsea", "danq"])
def test_a_window_that_is_too_short_is_refused(name):
    with pytest.raises(InputError, match=r"window of 20 bp is too short.*on another data set"):
        create_model(length=20, targets=3, **PUBLISHED[name])
