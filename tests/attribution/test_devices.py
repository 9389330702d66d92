"""Attribution on devices with limitations, simulated on the CPU."""

import numpy as np
import pytest
import torch
from linear import sequences
from torch import nn
from torch.overrides import TorchFunctionMode
from toy_store import DANQ, LENGTH, toy_sizes

from noncoding.attribution.first_layer import first_layer, strongest_filter
from noncoding.attribution.gradcam import named_layer
from noncoding.attribution.methods import METHODS, attribute
from noncoding.attribution.receptive_field import layer_resolution
from noncoding.models.architectures import create_model


class Gated(nn.Module):
    """A network with a recurrent layer of torch."""

    gradcam_layer = "convolution"

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv1d(4, 3, 5, padding=2)
        self.recurrent = nn.GRU(3, 2, batch_first=True)
        self.output = nn.Linear(2, 3)

    def forward(self, sequences):
        features = self.convolution(sequences).transpose(1, 2)
        return self.output(self.recurrent(features)[0].mean(dim=1))


RECURRENT = {
    "danq": lambda: create_model(length=LENGTH, targets=3, **DANQ),
    "hybrid": lambda: create_model(length=LENGTH, targets=3, **toy_sizes(kind="lstm")),
    "gru": Gated,
}
COMPUTATIONS = {
    **{name: lambda *given, name=name: attribute([name], *given) for name in METHODS},
    "first layer": lambda network, _layer, given, target: strongest_filter(
        network, first_layer(network), given, target
    ),
    "resolution": lambda network, layer, given, _target: layer_resolution(network, layer, given),
}


@pytest.fixture
def cudnn(monkeypatch):
    """Recurrent layers without a backward pass in evaluation mode, like those of cuDNN."""

    def refuse(_gradient):
        raise RuntimeError("cudnn RNN backward can only be called in training mode")

    for kind in ("lstm", "gru"):
        native = getattr(torch._VF, kind)

        def run(*arguments, native=native):
            outputs = native(*arguments)
            training = arguments[6]
            if torch.backends.cudnn.enabled and not training and outputs[0].requires_grad:
                outputs[0].register_hook(refuse)
            return outputs

        monkeypatch.setattr(torch._VF, kind, run)


@pytest.mark.parametrize("computation", COMPUTATIONS)
@pytest.mark.parametrize("kind", RECURRENT)
def test_recurrent_layers_are_explained_without_cudnn(cudnn, kind, computation):
    torch.manual_seed(0)
    network = RECURRENT[kind]().eval()
    layer = named_layer(network, network.gradcam_layer)
    assert torch.backends.cudnn.enabled
    COMPUTATIONS[computation](network, layer, sequences(2, LENGTH), 1)
    assert torch.backends.cudnn.enabled


@pytest.mark.parametrize("method", METHODS)
def test_convolutions_are_in_single_precision(method):
    """Not in TensorFloat-32, their default on a GPU."""
    network = Gated().eval()
    seen = []
    network.convolution.register_forward_pre_hook(
        lambda *_: seen.append((torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark))
    )
    assert torch.backends.cudnn.allow_tf32
    with torch.backends.cudnn.flags(benchmark=True):
        attribute([method], network, network.convolution, sequences(1, LENGTH), 1)
    assert set(seen) == {(False, True)}
    assert torch.backends.cudnn.allow_tf32


def test_the_simulated_cudnn_refuses_a_backward_pass(cudnn):
    given = torch.rand(1, 4, LENGTH, requires_grad=True)
    logits = RECURRENT["danq"]().eval()(given)
    with pytest.raises(RuntimeError, match="training mode"):
        logits.sum().backward()


class WithoutFloat64(TorchFunctionMode):
    """An Apple GPU: tensors are converted to float64 only after a copy to the CPU."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        given = [tensor for tensor in args if isinstance(tensor, torch.Tensor)]
        result = function(*args, **(kwargs or {}))
        if not isinstance(result, torch.Tensor) or not given:
            return result
        if function is torch.Tensor.cpu:
            result = result.clone()
            result.copied = True
        elif any(hasattr(tensor, "copied") for tensor in given):
            result.copied = True
        elif result.dtype == torch.float64:
            raise TypeError("the MPS framework doesn't support float64")
        return result


@pytest.mark.parametrize("computation", COMPUTATIONS)
def test_no_tensor_is_float64_on_the_device(computation):
    torch.manual_seed(0)
    network = create_model(length=LENGTH, targets=3, **toy_sizes()).eval()
    layer = named_layer(network, network.gradcam_layer)
    with WithoutFloat64():
        COMPUTATIONS[computation](network, layer, sequences(2, LENGTH), 1)


def test_the_simulated_device_refuses_float64():
    with WithoutFloat64():
        assert np.all(torch.zeros(2).cpu().double().numpy() == 0)
        with pytest.raises(TypeError, match="float64"):
            torch.zeros(2).double()
