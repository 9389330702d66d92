"""Compilers that fail at different graphs: training ends with the weights of an eager one."""

import pytest
import torch
from architectures import ARCHITECTURES
from functorch.compile import make_boxed_func
from running import run
from safetensors.torch import load_file
from torch._dynamo.backends.common import aot_autograd
from toy_store import LENGTH, write_toy_stores

from noncoding.common.errors import InputError
from noncoding.models.architectures import create_model
from noncoding.training.compiling import CompiledNetwork

SIZES = ARCHITECTURES["deepsea"]


def rows(inputs):
    """Number of rows of the only three-dimensional input with four channels."""
    [found] = {len(x) for x in inputs if x.ndim == 3 and x.shape[1:] == (4, LENGTH)}
    return found


def never(graph, inputs):
    return graph.forward


def always(graph, inputs):
    raise RuntimeError("no compiler\nat all")


def in_low_precision(graph, inputs):
    return always(graph, inputs) if torch.is_autocast_enabled("cpu") else graph.forward


def for_a_smaller_batch(graph, inputs):
    return always(graph, inputs) if rows(inputs) != 16 else graph.forward


def when_it_is_run(graph, inputs):
    return lambda *_: always(graph, inputs)


when_it_runs_backward = aot_autograd(
    fw_compiler=lambda graph, inputs: make_boxed_func(graph.forward),
    bw_compiler=lambda graph, inputs: make_boxed_func(when_it_is_run(graph, inputs)),
)


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Batches of 16 and 15 rows; validation in batches of 16 and 8."""
    return write_toy_stores(tmp_path_factory.mktemp("stores"), train=47, valid=24)


@pytest.fixture(scope="module")
def expected(stores, tmp_path_factory):
    settings = {"precision": "bf16-mixed", "compile": "off"}
    made = run(tmp_path_factory.mktemp("eager"), stores, SIZES, settings)
    return load_file(made.model / "model.safetensors")


@pytest.mark.parametrize(
    "fails", [always, in_low_precision, for_a_smaller_batch, when_it_is_run, when_it_runs_backward]
)
def test_training_continues_without_a_compiler_that_fails(
    fails, compiler, stores, expected, tmp_path, caplog
):
    compiler(fails)
    made = run(tmp_path, stores, SIZES, {"precision": "bf16-mixed", "compile": "on"})
    [warning] = [m for m in caplog.messages if m.startswith("torch.compile failed")]
    assert "no compiler" in warning
    weights = load_file(made.model / "model.safetensors")
    for name, value in expected.items():
        torch.testing.assert_close(weights[name], value, rtol=1e-3, atol=1e-4)


def test_a_training_compiles_a_graph_for_each_size(compiler, stores, tmp_path):
    made = []

    def counting(graph, inputs):
        lower = torch.is_autocast_enabled("cpu")
        made.append((rows(inputs), torch.is_grad_enabled(), lower))
        return graph.forward

    compiler(counting)
    run(tmp_path, stores, SIZES, {"precision": "bf16-mixed", "compile": "on"})
    assert made == [(15, True, True), (16, True, True)]


def test_the_compiled_graph_is_used(compiler):
    ran = []

    def counting(graph, inputs):
        def call(*arguments):
            ran.append(rows(arguments))
            return graph(*arguments)

        return call

    compiler(counting)
    network = create_model(length=LENGTH, targets=3, **SIZES)
    compiled, sequences = CompiledNetwork(network), torch.rand(16, 4, LENGTH)
    for count in (16, 16, 15):
        torch.testing.assert_close(compiled(sequences[:count]), network(sequences[:count]))
    assert ran == [16, 16, 15]


def test_compiling_does_not_change_statistics_and_gradients(compiler):
    compiler(never)
    network = create_model(length=LENGTH, targets=3, **ARCHITECTURES["compact"])
    before = {name: value.clone() for name, value in network.state_dict().items()}
    context = torch.autocast("cpu", torch.bfloat16)
    CompiledNetwork(network).try_training(torch.zeros(4, 4, LENGTH), context)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_exhausted_memory_is_not_a_failure_of_the_compiler(compiler, stores, tmp_path, caplog):
    def greedy(graph, inputs):
        def call(*arguments):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

        return call

    compiler(greedy)
    with pytest.raises(InputError, match="the memory is too small"):
        run(tmp_path, stores, SIZES, {"compile": "on"})
    assert "torch.compile failed" not in caplog.text


def test_an_error_of_the_network_itself_is_raised(compiler):
    compiler(never)
    network = create_model(length=LENGTH, targets=3, **SIZES)
    with pytest.raises(RuntimeError, match=r"size|shape|channels"):
        CompiledNetwork(network)(torch.zeros(4, 5, LENGTH))
