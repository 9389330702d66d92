import pytest
import torch
from captum.attr import LayerGradCam, LayerGradientXActivation
from torch import nn
from toy_store import LENGTH, toy_sizes

from noncoding.attribution.gradcam import gradcam, hirescam, named_layer, strand_averaged_maps
from noncoding.attribution.receptive_field import Grid, layer_grid
from noncoding.common.errors import InputError
from noncoding.data.one_hot import reverse_complement
from noncoding.models.architectures import create_model

BOTH = {"gradcam": gradcam, "hirescam": hirescam}


class Linear(nn.Module):
    """Twice the number of As less the number of Cs."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv1d(4, 2, 1, bias=False)
        with torch.no_grad():
            self.convolution.weight.copy_(torch.eye(4)[:2].unsqueeze(-1))

    def forward(self, sequences):
        channels = self.convolution(sequences).sum(dim=-1)
        return torch.stack([2 * channels[:, 0] - channels[:, 1], channels[:, 1]], dim=1)


def one_hot(letters):
    return torch.tensor([[[float(x == base) for x in letters] for base in "ACGT"]])


@pytest.mark.parametrize(
    ("method", "activation", "gradient", "expected"),
    [
        # Weights are the mean gradients, 1 and -2.
        (gradcam, [[1, 2, 3], [1, 0, 2]], [[0, 1, 2], [-2, -2, -2]], [0, 2, 0]),
        # By position: 0 - 2, 2 - 0, 6 - 4.
        (hirescam, [[1, 2, 3], [1, 0, 2]], [[0, 1, 2], [-2, -2, -2]], [0, 2, 2]),
        # A head for the first position only: Grad-CAM highlights all.
        (gradcam, [[1, 1, 1, 1]], [[4, 0, 0, 0]], [1, 1, 1, 1]),
        (hirescam, [[1, 1, 1, 1]], [[4, 0, 0, 0]], [4, 0, 0, 0]),
    ],
)
def test_maps_by_hand(method, activation, gradient, expected):
    given = (torch.tensor([values], dtype=torch.float32) for values in (activation, gradient))
    assert method(*given).tolist() == [expected]


def test_a_linear_network_on_both_strands():
    network = Linear().eval()
    grid = Grid(positions=5, start=0, step=1, width=1)
    # Forward: 2 at A, 0 (ReLU of -1) at C. Reverse complement ACGTT: 2 at its A, the forward T.
    for weights_need_gradients in (True, False):
        network.requires_grad_(weights_need_gradients)
        maps = strand_averaged_maps(network, network.convolution, one_hot("AACGT"), 0, BOTH, grid)
        assert maps["gradcam"].tolist() == [[1.0, 1.0, 0.0, 0.0, 1.0]]


def both_strands(grid, forward, reverse):
    return (grid.per_base(forward, LENGTH) + grid.per_base(reverse, LENGTH).flip(-1)) / 2


@pytest.mark.parametrize("pooling", ["attention", "flatten"])
def test_agrees_with_captum(pooling):
    torch.manual_seed(1)
    network = create_model(length=LENGTH, targets=3, **toy_sizes(pooling)).eval()
    sequences = torch.rand(4, 4, LENGTH)
    for name in (network.gradcam_layer, "resnet.stem", "resnet.final_norm"):
        layer = named_layer(network, name)
        grid = layer_grid(network, layer, LENGTH)
        reference = LayerGradCam(network, layer)
        forward, reverse = (
            reference.attribute(strand, target=2, relu_attributions=True)[:, 0]
            for strand in (sequences, reverse_complement(sequences))
        )
        ours = strand_averaged_maps(network, layer, sequences, 2, BOTH, grid)["gradcam"]
        expected = both_strands(grid, forward, reverse)
        torch.testing.assert_close(ours, expected.detach(), atol=1e-6, rtol=1e-5)
        product = LayerGradientXActivation(network, layer)
        forward, reverse = (
            product.attribute(strand, target=2).sum(dim=1).relu()
            for strand in (sequences, reverse_complement(sequences))
        )
        ours = strand_averaged_maps(network, layer, sequences, 2, BOTH, grid)["hirescam"]
        expected = both_strands(grid, forward, reverse)
        torch.testing.assert_close(ours, expected.detach(), atol=1e-6, rtol=1e-5)


def test_unknown_layer():
    with pytest.raises(InputError, match=r"explain\.layer: found 'nowhere'.*convolution"):
        named_layer(Linear(), "nowhere")
