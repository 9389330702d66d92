import pytest
import torch
from torch import nn

from noncoding.data.one_hot import reverse_complement
from noncoding.models.hybrid import EqualNormLinear
from noncoding.models.residual_blocks import (
    BLOCKS,
    ConvNextBlock,
    ResidualBlock,
    SqueezeExcitation,
    StochasticDepth,
)
from noncoding.models.wide_resnet import ACTIVATIONS, Stem, WideResNet


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


def convnext(in_channels=6, channels=6, **sizes):
    torch.manual_seed(0)
    usual = {"kernel": 5, "widening": 2, "stride": 1, "dilation": 1, "groups": 1, "dropout": 0.2}
    usual |= {"squeeze_excitation": 0, "stochastic_depth": 0.3}
    block = ConvNextBlock(in_channels, channels, **usual | sizes).double().eval()
    for value in [*block.parameters(), *block.buffers()]:
        if value.is_floating_point():
            nn.init.uniform_(value, 0.2, 1.5)
    return block


def batch_normalised(norm, features):
    spread = (norm.running_var + norm.eps).sqrt()
    scaled = (features - norm.running_mean[:, None]) / spread[:, None]
    return scaled * norm.weight[:, None] + norm.bias[:, None]


@pytest.mark.parametrize(("in_channels", "stride"), [(6, 1), (4, 1), (6, 2), (4, 3)])
def test_a_convnext_block_by_hand(in_channels, stride):
    block = convnext(in_channels, stride=stride, dilation=2)
    features = torch.randn(2, in_channels, 11, dtype=torch.float64)
    for row, found in zip(features, block(features), strict=True):
        # The last mean is that of fewer positions.
        x = torch.stack([part.mean(dim=1) for part in row.split(stride, dim=1)], dim=1)
        if in_channels != 6:
            norm, projection = block.project
            x = projection.weight[:, :, 0] @ batch_normalised(norm, x) + projection.bias[:, None]
        y, count = torch.zeros_like(x), x.shape[1]
        for position in range(count):
            for tap in range(5):
                other = position + 2 * (tap - 2)
                if 0 <= other < count:
                    y[:, position] += block.depthwise.weight[:, 0, tap] * x[:, other]
        norm, widen, _ = block.widen
        y = widen.weight[:, :, 0] @ batch_normalised(norm, y) + widen.bias[:, None]
        y = y * (1 + torch.erf(y / 2**0.5)) / 2
        y = block.narrow.weight[:, :, 0] @ y + block.narrow.bias[:, None]
        torch.testing.assert_close(found, x + block.scale[:, None] * y)


def test_a_convnext_block_is_skipped_in_training_only():
    block = convnext(stochastic_depth=0.5, dropout=0.0)
    features = torch.randn(300, 6, 7, dtype=torch.float64)
    whole = block(features) - features
    assert (whole.abs().sum(dim=(1, 2)) > 0).all()
    torch.testing.assert_close(block(features) - features, whole)
    block.train()
    for norm in block.modules():
        if isinstance(norm, nn.BatchNorm1d):
            norm.eval()
    branch = block(features) - features
    kept = (branch.abs().sum(dim=(1, 2)) > 0).nonzero().squeeze(1)
    assert 100 < len(kept) < 200
    torch.testing.assert_close(branch[kept], 2 * whole[kept])


def test_depthwise_blocks_have_no_groups():
    with pytest.raises(ValueError, match="groups must be 1"):
        convnext(groups=2)


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks_are_skipped_more_often_the_deeper_they_are(block):
    made = WideResNet(
        embedding=0,
        stem_channels=4,
        stem_kernel=5,
        stem_pool=1,
        stem_activation="gelu",
        stem_both_strands=False,
        channels=[4, 4, 4],
        strides=[1, 1, 1],
        dilations=[1, 1, 1],
        kernel=3,
        widening=1,
        groups=1,
        dropout=0.0,
        squeeze_excitation=2,
        block=block,
        stochastic_depth=0.3,
    )
    rates = [m.rate for m in made.modules() if isinstance(m, StochasticDepth)]
    assert rates == pytest.approx([0.1, 0.2, 0.3])
