import math

import numpy as np
import pytest
import torch
from toy_store import LENGTH, toy_sizes
from transformers.models.xlnet.modeling_xlnet import XLNetRelativeAttention

from noncoding.models.architectures import create_model
from noncoding.models.hybrid import AttentionHead, FlattenHead
from noncoding.models.sequence import Transformer


@pytest.fixture(params=["attention", "flatten"])
def network(request):
    torch.manual_seed(0)
    return create_model(length=LENGTH, targets=3, **toy_sizes(request.param))


def test_shapes_and_the_skip_connection(network):
    seen = {}
    network.head.register_forward_hook(lambda _m, inputs, _o: seen.update(head=inputs[0]))
    network.resnet.register_forward_hook(lambda _m, _i, output: seen.update(resnet=output))
    assert network(torch.rand(5, 4, LENGTH)).shape == (5, 3)
    # 40 bp, pooled by 4, strides 1 and 2: 5 positions; 16 + 8 channels side by side.
    assert seen["resnet"].shape == (5, 16, 5)
    assert seen["head"].shape == (5, 5, 24)
    torch.testing.assert_close(seen["head"][..., :16], seen["resnet"].transpose(1, 2))


def flatten_head(batch_norm=True):
    sizes = {"hidden": 32, "dropout": 0.0, "weight_norm": False}
    return FlattenHead(64, 125, 4, **sizes, batch_norm=batch_norm)


@pytest.mark.parametrize("batch_norm", [True, False])
def test_normalised_units_of_the_flatten_head_do_not_die(batch_norm):
    torch.manual_seed(0)
    head = flatten_head(batch_norm)
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-3)
    # Features that share most of their values, as those of windows of one genome do, and rare
    # labels of noise: every unit is told to be smaller.
    common = torch.randn(1, 125, 64)
    for _ in range(100):
        features = common + 0.1 * torch.randn(32, 125, 64)
        labels = (torch.rand(32, 4) < 0.02).float()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(head(features), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    units = head.activation(head.norm(head.hidden(features.flatten(1))))
    alive = (units > 0).any(dim=0).sum()
    assert alive == 32 if batch_norm else alive < 16


def test_a_batch_of_one_row_uses_the_running_statistics():
    torch.manual_seed(0)
    head = flatten_head()
    head(torch.randn(64, 125, 64))
    row, before = torch.randn(1, 125, 64), head.norm.running_mean.clone()
    alone = head(row)
    assert torch.equal(head.norm.running_mean, before)
    torch.testing.assert_close(alone, head.eval()(row))


def test_attention_pooling_ignores_the_batch_norm_of_an_inherited_head():
    sizes = toy_sizes("attention")
    sizes["head"] |= {"batch_norm": True}
    network = create_model(length=LENGTH, targets=3, **sizes)
    assert not [name for name in network.head.state_dict() if "norm" in name]


def transformer_xl():
    sizes = {"channels": 8, "layers": 1, "heads": 2, "inner": 16, "dropout": 0.0}
    return Transformer(8, 9, kind="transformer_xl", **sizes).eval()


def test_attention_reaches_both_sides():
    torch.manual_seed(0)
    layers = transformer_xl()
    features = torch.randn(1, 9, 8)
    before = layers(features)
    for changed in (0, 8):
        features_changed = features.clone()
        features_changed[0, changed] += 1
        moved = (layers(features_changed) - before).abs().sum(dim=-1)[0]
        assert (moved > 1e-6).all()
    assert isinstance(layers.layers.layer[0].rel_attn, XLNetRelativeAttention)


def test_attention_depends_on_distances_not_positions():
    torch.manual_seed(0)
    layers = transformer_xl()
    # The same two features, three positions apart, at two places of a constant sequence.
    even = torch.zeros(2, 30, 8)
    even[0, 10] = even[0, 13] = even[1, 12] = even[1, 15] = torch.ones(8)
    out = layers(even)
    assert not torch.allclose(out[0, 10], out[0, 13], atol=1e-5)
    attention = layers.layers.layer[0].rel_attn
    # Distances enter only through r; without it, positions cannot be distinguished.
    torch.nn.init.zeros_(attention.r)
    out = layers(even)
    torch.testing.assert_close(out[0, 10], out[1, 12])


def test_attention_head_by_hand():
    head = AttentionHead(2, 3, 1, hidden=0, dropout=0.0, weight_norm=False).eval()
    with torch.no_grad():
        head.score.weight.copy_(torch.tensor([[1.0, 0.0]]))
        head.score.bias.zero_()
        head.preference.zero_()
        head.output.weight.copy_(torch.tensor([[0.0, 2.0]]))
        head.output.bias.fill_(0.5)
    features = torch.tensor([[[0.0, 1.0], [math.log(2), 3.0], [0.0, 5.0]]])
    # Weights 1/4, 2/4, 1/4; values 2.5, 6.5, 10.5.
    assert head(features).item() == pytest.approx(2.5 / 4 + 6.5 / 2 + 10.5 / 4)


@pytest.mark.parametrize(
    ("stem_pool", "strides", "dilations", "fields", "layer"),
    [
        # 7 bp, pooled by 4: 10 bp. A block of kernel 3 adds two steps.
        (4, [1, 2], [1, 1], [18, 26], "resnet.blocks.1"),
        (8, [1, 2], [1, 1], [30, 46], "resnet.blocks.0"),
        (4, [1, 1], [2, 1], [26, 34], "resnet.blocks.0"),
        (1, [1, 1], [1, 1], [9, 11], "resnet.blocks.1"),
    ],
)
def test_gradcam_reads_the_first_block_whose_receptive_field_holds_a_motif(
    stem_pool, strides, dilations, fields, layer
):
    sizes = toy_sizes()
    sizes["resnet"] |= {"stem_pool": stem_pool, "strides": strides, "dilations": dilations}
    # Gates, which depend on all positions, are not counted.
    sizes["resnet"]["squeeze_excitation"] = 0
    network = create_model(length=80, targets=3, **sizes).eval()
    assert network.resnet.receptive_fields == fields
    assert network.gradcam_layer == layer
    reaches(network, fields)


def reaches(network, fields):
    """Check by the gradient that each block sees so many bases at most."""
    for block, field in zip(network.resnet.blocks, fields, strict=True):
        sequences = torch.rand(1, 4, network.config.length, requires_grad=True)
        seen = {}
        handle = block.register_forward_hook(lambda _m, _i, output, s=seen: s.update(out=output))
        network(sequences)
        handle.remove()
        seen["out"][0, :, seen["out"].shape[-1] // 2].sum().backward()
        reached = sequences.grad.abs().sum(dim=(0, 1)).nonzero()
        # Max-pooling passes the gradient to one of its bases only.
        assert int(reached.max() - reached.min()) < field


def test_blocks_of_convnext_see_their_receptive_field():
    sizes = toy_sizes()
    sizes["resnet"] |= {
        "block": "convnext",
        "stem_pool": 1,
        "channels": [16, 12, 12],
        "strides": [1, 2, 3],
        "dilations": [2, 1, 2],
        "squeeze_excitation": 0,
    }
    network = create_model(length=150, targets=3, **sizes).eval()
    # 7 bp; kernel 3 with dilation 2; the mean of 2, and two neighbours of 2 bp; the mean of 3
    # steps of 2 bp, and dilation 2 in steps of 6 bp.
    fields = [7 + 4, 11 + 1 + 4, 16 + 4 + 24]
    assert network.resnet.receptive_fields == fields
    reaches(network, [field + 1 for field in fields])
    # Without pooling over bases, all of them have a gradient.
    with pytest.raises(AssertionError):
        reaches(network, [field - 1 for field in fields])


def test_each_target_of_the_attention_head_pools_with_its_own_query():
    torch.manual_seed(0)
    head = AttentionHead(6, 9, 4, hidden=0, dropout=0.3, weight_norm=False).eval()
    torch.nn.init.normal_(head.preference)
    features = torch.randn(2, 9, 6)
    queries, biases = head.score.weight.detach().numpy(), head.score.bias.detach().numpy()
    weights, offsets = head.output.weight.detach().numpy(), head.output.bias.detach().numpy()
    preference = head.preference.detach().numpy()
    for row, logits in zip(features.numpy(), head(features).detach().numpy(), strict=True):
        for target in range(4):
            scores = np.exp(row @ queries[target] + biases[target] + preference[:, target])
            pooled = (scores / scores.sum()) @ row
            expected = weights[target] @ pooled + offsets[target]
            np.testing.assert_allclose(logits[target], expected, rtol=1e-5, atol=1e-6)
