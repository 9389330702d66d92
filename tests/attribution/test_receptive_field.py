"""Positions of layers, compared with the bases that reach them."""

import numpy as np
import pytest
import torch
from linear import sequences
from torch import nn
from toy_store import toy_sizes

from noncoding.attribution.first_layer import first_layer
from noncoding.attribution.gradcam import named_layer
from noncoding.attribution.methods import attribute
from noncoding.attribution.receptive_field import Grid, captured, layer_grid, layer_resolution
from noncoding.common.errors import InputError
from noncoding.models.architectures import create_model

LENGTH = 211
MOTIF = [0, 1, 1, 2, 3, 0, 2]


def hybrid(kind="none", **resnet):
    sizes = toy_sizes("flatten", kind)
    sizes["resnet"] |= {"squeeze_excitation": 0} | resnet
    return sizes


def deepsea(kernel, pool, layers):
    sizes = {"architecture": "deepsea", "kernel": kernel, "pool": pool, "hidden": 4}
    return sizes | {"channels": [3] * layers, "dropout": [0.0] * layers}


def danq(kernel, pool):
    sizes = {"architecture": "danq", "channels": 3, "kernel": kernel, "pool": pool}
    return sizes | {"lstm": 2, "hidden": 4, "dropout": [0.0, 0.0]}


ARCHITECTURES = {
    "deepsea": deepsea(8, 4, 3),
    "deepsea of odd kernels": deepsea(7, 3, 2),
    "danq": danq(26, 13),
    "danq of another pooling": danq(9, 4),
    "hybrid with strides": hybrid(
        embedding=5, stem_kernel=3, stem_pool=1, kernel=5, channels=[8] * 3, strides=[2] * 3,
        dilations=[1] * 3,
    ),
    "hybrid with wide strides": hybrid(stem_pool=3, strides=[4, 3], dilations=[1, 1]),
    "hybrid with dilations": hybrid("lstm", stem_pool=8, strides=[1, 2], dilations=[2, 4]),
    "hybrid of both strands": hybrid(stem_pool=8, stem_both_strands=True, stem_activation="relu"),
}  # fmt: skip


@pytest.fixture(params=ARCHITECTURES)
def network(request):
    torch.manual_seed(0)
    return create_model(length=LENGTH, targets=2, **ARCHITECTURES[request.param]).eval()


def seen_by(network, layer, length):
    """First and last base that make each position NaN."""
    given = torch.zeros(length, 4, length)
    given[range(length), :, range(length)] = torch.nan
    with torch.no_grad(), captured(layer) as outputs:
        network(given)
    reached = outputs[0].isnan().any(dim=1).numpy()  # base, position
    last = length - 1 - reached[::-1].argmax(axis=0)
    return reached.argmax(axis=0), last


def assert_exact(network, layer, length):
    grid = layer_grid(network, layer, length)
    first, last = seen_by(network, layer, length)
    starts = grid.start + np.arange(grid.positions) * grid.step
    ends = starts + grid.width - 1
    inside = (starts >= 0) & (ends < length)
    assert inside.any()
    np.testing.assert_array_equal(first[inside], starts[inside])
    np.testing.assert_array_equal(last[inside], ends[inside])
    # At the edges, dilation can skip the first or last base of the sequence.
    assert (first >= starts).all() and (last <= ends).all()


def layers(network):
    """Layers with positions, by name."""
    for name, module in network.named_modules():
        if name.startswith(network.convolutional_part):
            with captured(module) as outputs:
                network(torch.zeros(1, 4, LENGTH))
            if len(outputs) == 1 and outputs[0].ndim == 3:
                yield name, module


def test_positions_of_every_layer(network):
    found = dict(layers(network))
    assert network.gradcam_layer in found
    for layer in found.values():
        assert_exact(network, layer, LENGTH)
    if hasattr(network, "resnet"):
        widths = [layer_grid(network, block, LENGTH).width for block in network.resnet.blocks]
        assert network.resnet.receptive_fields == widths


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(
    "layers",
    [
        [nn.Conv1d(4, 2, 6, padding="same")],
        [nn.Conv1d(4, 2, 5, padding="same", dilation=3), nn.MaxPool1d(3, 2, padding=1)],
        [nn.Conv1d(4, 2, 4, stride=3), nn.AvgPool1d(4, 3, padding=2, ceil_mode=True)],
        [nn.MaxPool1d(3, 2, dilation=2, ceil_mode=True), nn.Conv1d(4, 2, 3, padding="valid")],
        [nn.ConstantPad1d((5, 2), 0.0), nn.Conv1d(4, 2, 8)],
        [nn.Conv1d(4, 2, 5, padding=2, padding_mode="reflect")],
        [nn.Unflatten(1, (4, 1)), nn.Conv2d(4, 2, (1, 7), stride=(1, 2)), nn.Flatten(1, 2)],
    ],
    ids=lambda layers: "-".join(type(layer).__name__ for layer in layers),
)
def test_positions_are_traced_through_every_kind_of_layer(layers):
    network = nn.Sequential(*layers, nn.ReLU())
    if isinstance(layers[0], nn.Conv1d) and layers[0].padding_mode == "reflect":
        grid = layer_grid(network, network[-1], 60)
        assert grid == (60, -2, 1, 5)
    else:
        assert_exact(network, network[-1], 60)


def test_a_gate_over_all_positions_is_ignored():
    sizes = hybrid(strides=[2, 3], squeeze_excitation=4)
    gated = create_model(length=LENGTH, targets=2, **sizes).eval()
    plain = create_model(length=LENGTH, targets=2, **hybrid(strides=[2, 3])).eval()
    for name in ("resnet.blocks.0", "resnet.final_norm"):
        grids = [layer_grid(n, named_layer(n, name), LENGTH) for n in (gated, plain)]
        assert grids[0] == grids[1]


@pytest.mark.parametrize(
    "change",
    [
        lambda features: features.flip(-1),
        lambda features: features[..., 3:],
        lambda features: nn.functional.interpolate(features, scale_factor=2),
        lambda features: features[..., :20] + nn.functional.avg_pool1d(features, 3)[..., :20],
    ],
)
def test_positions_that_cannot_be_traced_are_refused(change):
    class Changed(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Conv1d(4, 3, 1)
            self.norm = nn.BatchNorm1d(3)

        def forward(self, sequences):
            return self.norm(change(self.layer(sequences))).mean(dim=-1)

    network = Changed().eval()
    assert layer_grid(network, network.layer, 60) == (60, 0, 1, 1)
    with pytest.raises(InputError, match=r"explain\.layer: found a layer whose positions cannot"):
        layer_grid(network, network.norm, 60)


def test_a_base_has_the_value_of_the_nearest_centre():
    # Centres at 3 and 7: base 5 has the value of the later one.
    grid = Grid(positions=2, start=1, step=4, width=5)
    assert grid.first_centre == 3
    found = grid.per_base(torch.tensor([[1.0, 2.0]]), 12)
    assert found.tolist() == [[0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0]]
    # Centres at 0.5, 2.5 and 4.5: pooling of two bases, without the seventh.
    pooled = Grid(positions=3, start=0, step=2, width=2)
    assert pooled.nearest(7).tolist() == [0, 0, 1, 1, 2, 2, -1]
    # A convolution with padding: one position per base.
    assert Grid(4, -3, 1, 7).nearest(4).tolist() == [0, 1, 2, 3]


@torch.no_grad()
def detect_the_motif(network):
    """Set weights so that one channel and all logits increase with the motif."""
    for module in network.modules():
        for name, weights in module.named_parameters(recurse=False):
            if isinstance(module, nn.Conv1d):
                weights.zero_()
                if name == "weight":
                    weights[0, 0] = 1 / weights.shape[-1]
            elif isinstance(module, nn.Linear | nn.LSTM):
                weights.fill_(0 if "bias" in name or "hh" in name else 1 / weights.shape[-1])
    detector = first_layer(network)
    if detector.in_channels != 4:  # After an embedding, which becomes the identity.
        network.resnet.stem.embed.weight[:4, :, 0] = torch.eye(4)
    detector.weight.zero_()
    before = (detector.kernel_size[0] - len(MOTIF)) // 2
    for offset, base in enumerate(MOTIF):
        if 0 <= before + offset < detector.kernel_size[0]:
            detector.weight[0, base, before + offset] = 1 / len(MOTIF)
    return network


@pytest.mark.parametrize("reverse", [False, True])
def test_maps_peak_at_a_planted_site(network, reverse):
    detect_the_motif(network)
    layer = named_layer(network, network.gradcam_layer)
    grid = layer_grid(network, layer, LENGTH)
    last = grid.first_centre + (grid.positions - 1) * grid.step
    margin = max(grid.first_centre, LENGTH - 1 - last, 0) + len(MOTIF)
    starts = np.linspace(margin, LENGTH - margin - len(MOTIF), 9).astype(int)
    given = np.zeros((len(starts), 4, LENGTH), np.uint8)
    for row, start in zip(given, starts, strict=True):
        row[MOTIF, range(start, start + len(MOTIF))] = 1
        if reverse:
            site = row[:, start : start + len(MOTIF)]
            site[:] = site[::-1, ::-1].copy()
    maps = attribute(["gradcam", "hirescam"], network, layer, given, 0)
    for found in maps.values():
        for heights, start in zip(found, starts, strict=True):
            top = np.flatnonzero(heights >= heights.max() * (1 - 1e-5))
            assert heights.max() > 0
            assert abs(top.mean() - (start + (len(MOTIF) - 1) / 2)) <= grid.step


def test_the_map_of_the_reverse_complement_is_mirrored(network):
    layer = named_layer(network, network.gradcam_layer)
    given = sequences(2, LENGTH)
    back = np.ascontiguousarray(given[:, ::-1, ::-1])
    for name in ("gradcam", "hirescam"):
        one, other = (attribute([name], network, layer, x, 0)[name] for x in (given, back))
        np.testing.assert_allclose(one, other[:, ::-1], atol=1e-6)


@pytest.mark.parametrize(("kernel", "stride"), [(21, 1), (41, 5), (9, 8)])
def test_resolution_of_a_convolution_with_equal_weights(kernel, stride):
    layer = nn.Conv1d(4, 2, kernel, stride=stride, padding=kernel // 2)
    nn.init.ones_(layer.weight)
    found = layer_resolution(nn.Sequential(layer), layer, sequences(2, 400))
    assert found.grid == (400 // stride, -(kernel // 2), stride, kernel)
    # 95 % of the width, rounded up to a base on each side.
    assert 0.95 * kernel <= found.receptive_field <= 0.95 * kernel + 2
