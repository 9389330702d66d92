"""The layout of training, with that of compiled networks computed without the compiler."""

from contextlib import contextmanager

import pytest
import torch
from torch import nn
from transformers import XLNetConfig, XLNetModel

from noncoding.models.layers import Conv1d, best_matches, channels_last
from noncoding.models.sequence import TransformerXL
from noncoding.models.wide_resnet import WideResNet


def outputs_and_gradients(network, sequences):
    generator = torch.Generator().manual_seed(1)
    out = network(sequences)
    out.backward(torch.randn(out.shape, generator=generator))
    gradients = [p.grad.clone() for p in network.parameters()]
    network.zero_grad()
    return [out.detach(), *gradients]


@contextmanager
def compiled():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.compiler, "is_compiling", lambda: True)
        yield


@pytest.mark.parametrize("layout", [compiled, channels_last])
@pytest.mark.parametrize(
    "sizes",
    [
        {"embedding": 3, "stem_pool": 1, "stem_both_strands": False},
        {"embedding": 0, "stem_pool": 1, "stem_both_strands": True},
        {"embedding": 0, "stem_pool": 4, "stem_both_strands": True},
        {
            "embedding": 0,
            "stem_pool": 1,
            "stem_both_strands": True,
            "block": "convnext",
            "groups": 1,
        },
    ],
)
def test_channels_last_is_the_same_network(sizes, layout):
    torch.manual_seed(0)
    usual = {
        "stem_channels": 8,
        "stem_kernel": 5,
        "stem_activation": "gelu",
        "channels": [12, 12, 8],
        "strides": [2, 1, 3],
        "dilations": [1, 2, 1],
        "kernel": 3,
        "widening": 2,
        "groups": 2,
        "dropout": 0.0,
        "squeeze_excitation": 2,
    }
    network = WideResNet(**usual | sizes).double()
    sequences = nn.functional.one_hot(torch.randint(4, (19, 50)), 4).transpose(1, 2).double()
    sequences[1, :, 20:] = 0  # all kernels match unknown bases equally well
    statistics = {name: value.clone() for name, value in network.named_buffers()}
    expected = outputs_and_gradients(network, sequences)
    updated = {name: value.clone() for name, value in network.named_buffers()}
    network.load_state_dict(statistics, strict=False)
    with layout():
        torch.testing.assert_close(outputs_and_gradients(network, sequences), expected)
    torch.testing.assert_close(dict(network.named_buffers()), updated)


def test_gradient_of_best_matches():
    torch.manual_seed(0)
    bases = torch.rand(10, 30, 4, dtype=torch.float64, requires_grad=True)
    kernels = torch.randn(3, 4, 7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *given: best_matches(*given, 4), (bases, kernels))


def test_best_matches_in_lower_precision():
    torch.manual_seed(0)
    bases = nn.functional.one_hot(torch.randint(4, (9, 60)), 4).float().requires_grad_()
    kernels = torch.randn(6, 4, 7, requires_grad=True)
    gradient = torch.randn(9, 15, 6)
    expected = best_matches(bases, kernels, 4)
    with torch.autocast("cpu", torch.bfloat16):
        found = best_matches(bases, kernels, 4)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), expected, rtol=0.02, atol=0.02)
    exact = torch.autograd.grad(expected, (bases, kernels), gradient)
    rounded = torch.autograd.grad(found, (bases, kernels), gradient.bfloat16())
    for one, other in zip(exact, rounded, strict=True):
        cosine = nn.functional.cosine_similarity(one.flatten(), other.flatten(), dim=0)
        assert cosine > 0.99
        # Sums in fp32.
        assert other.dtype == torch.float32
        assert not torch.equal(other, other.bfloat16().float())


@pytest.mark.parametrize("options", [{"stride": 2, "padding": 2}, {"dilation": 3}, {"groups": 2}])
def test_a_convolution_is_that_of_torch(options):
    torch.manual_seed(0)
    ours, theirs = (kind(4, 6, 5, **options).double() for kind in (Conv1d, nn.Conv1d))
    ours.load_state_dict(theirs.state_dict())
    features = torch.randn(3, 4, 20, dtype=torch.float64)
    torch.testing.assert_close(ours(features), theirs(features))


@pytest.mark.parametrize("positions", [1, 5, 8, 125])
def test_transformer_xl_is_that_of_transformers(positions):
    config = XLNetConfig(
        vocab_size=1, d_model=24, n_layer=2, n_head=3, d_inner=16, attn_type="bi", dropout=0.1
    )
    ours, theirs = TransformerXL(config).eval(), XLNetModel(config).eval()
    torch.manual_seed(0)
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.3)
    ours.load_state_dict(theirs.state_dict())
    features = torch.randn(2, positions, 24, requires_grad=True)
    results = []
    for layers in (ours, theirs):
        out = layers(inputs_embeds=features).last_hidden_state
        used = {n: p for n, p in layers.named_parameters() if ".r_s" not in n and "seg" not in n}
        used = [p for n, p in used.items() if n.startswith("layer.")]
        results.append([out, *torch.autograd.grad(out.square().sum(), [features, *used])])
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-4)
