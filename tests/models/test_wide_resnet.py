import pytest
import torch
from torch import nn

from noncoding.data.one_hot import reverse_complement
from noncoding.models.hybrid import EqualNormLinear
from noncoding.models.residual_blocks import ResidualBlock, SqueezeExcitation
from noncoding.models.wide_resnet import ACTIVATIONS, Stem


def stem(**sizes):
    torch.manual_seed(0)
    usual = {"embedding": 0, "channels": 6, "kernel": 5, "pool": 1, "activation": "gelu"}
    return Stem(**usual | {"both_strands": True} | sizes).eval()


def bases(count, length):
    codes = torch.randint(4, (count, length))
    return nn.functional.one_hot(codes, 4).transpose(1, 2).float()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_stem_of_both_strands_is_strand_symmetric(activation):
    layer, sequences = stem(activation=activation, pool=4), bases(3, 40)
    forward, reverse = layer(sequences), layer(reverse_complement(sequences))
    torch.testing.assert_close(forward, reverse.flip(-1))
    one = stem(both_strands=False, pool=4)
    assert not torch.allclose(one(sequences), one(reverse_complement(sequences)).flip(-1))


def test_the_maximum_over_both_strands_is_used():
    layer, sequences = stem(), bases(1, 30)
    kernel, norm = layer.convolution.weight, layer.norm
    # By hand: every window against the kernel, and against its reverse complement.
    windows = nn.functional.pad(sequences, (2, 2)).unfold(-1, 5, 1)[0]  # base, place, offset
    scores = torch.einsum("bpo,kbo->kp", windows, kernel)
    others = torch.einsum("bpo,kbo->kp", windows, reverse_complement(kernel))
    expected = nn.functional.gelu(norm(torch.maximum(scores, others)[None]))
    torch.testing.assert_close(layer(sequences), expected)


def test_embedded_bases_have_no_complement():
    with pytest.raises(ValueError, match="no complement"):
        stem(embedding=3)


def test_the_exponential_is_bounded():
    out = ACTIVATIONS["exponential"]()(torch.tensor([-50.0, 0.0, 1.0, 500.0]))
    torch.testing.assert_close(out[:3], torch.tensor([0.0, 1.0, 2.718282]))
    assert out[3].isfinite()
    assert out[3] < torch.finfo(torch.float16).max


def test_a_gate_weights_channels_by_their_means():
    torch.manual_seed(0)
    gate, features = SqueezeExcitation(6, 2), torch.randn(3, 6, 9)
    hidden = gate.squeeze.weight @ features.mean(-1).T + gate.squeeze.bias[:, None]
    hidden = hidden / (1 + (-hidden).exp())
    weights = 1 / (1 + (-(gate.excite.weight @ hidden + gate.excite.bias[:, None])).exp())
    torch.testing.assert_close(gate(features), features * weights.T[:, :, None])


def test_a_gate_does_not_die():
    """With very negative input, for which ReLU has no gradient, its first layer has one."""
    torch.manual_seed(0)
    gate = SqueezeExcitation(8, 4)
    nn.init.constant_(gate.squeeze.bias, -8.0)
    gate(torch.randn(5, 8, 7)).square().sum().backward()
    assert (gate.squeeze.weight.grad.abs().amax(dim=1) > 1e-6).all()


def test_groups_are_independent():
    torch.manual_seed(0)
    block = ResidualBlock(
        4,
        4,
        kernel=3,
        widening=1,
        stride=1,
        dilation=1,
        groups=2,
        dropout=0.0,
        squeeze_excitation=0,
    ).eval()
    convolution = block.widen[-1]
    features = torch.randn(1, 4, 9)
    changed = features.clone()
    changed[:, 0] += 1
    moved = (convolution(changed) - convolution(features)).abs().sum(dim=-1)[0]
    assert (moved[:2] > 1e-6).all()
    assert (moved[2:] == 0).all()


def test_weight_vectors_of_equal_norm():
    torch.manual_seed(0)
    layer, features = EqualNormLinear(5, 3), torch.randn(7, 5)
    with torch.no_grad():
        layer.weight.mul_(torch.tensor([[1.0], [10.0], [100.0]]))
        layer.bias.zero_()
        directions = layer.weight / layer.weight.norm(dim=1, keepdim=True)
    torch.testing.assert_close(layer(features), layer.scale * features @ directions.T)
