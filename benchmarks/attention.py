"""Attention layers: time of a forward and backward pass per step.

    python benchmarks/attention.py --json attention.json
    python benchmarks/attention.py --positions 125 --batch 64 --channels 256 --layers 2

Compares layers of the same sizes in one process, on the GPU if there is one:

- ``rotary``: `RotaryTransformer`, with fused attention;
- ``transformer_xl``: the layers of XLNet with fused attention and relative positions as a bias;
- ``xlnet``: the same with the attention of transformers;
- ``plain``: `RotaryTransformer` with scores, softmax and weighted mean as separate operations.

Each round runs all of them in turn. The times are medians over rounds, and the ratios are those
to ``rotary``, medians of the ratios in each round. Precision is that of a training
(``precision: auto``); layers are not compiled.
"""

import contextlib
import math
import statistics
import time
from collections.abc import Iterator
from typing import Any
from unittest import mock

import common
import torch
import torch.nn.functional as F
from torch import nn
from train import best_device, device_name, synchronise
from transformers.models.xlnet.modeling_xlnet import XLNetRelativeAttention

from noncoding.models.attention import RotaryTransformer
from noncoding.models.sequence import RelativeAttention, Transformer
from noncoding.training.trainer import precision_for

KINDS = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}


def main() -> None:
    parser = common.argument_parser(__doc__)
    for name, default in (
        ("positions", 125),
        ("batch", 64),
        ("channels", 256),
        ("heads", 4),
        ("inner", 512),
        ("layers", 2),
        ("rounds", 20),
        ("warmup", 3),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    sizes = {name: getattr(arguments, name) for name in ("channels", "layers", "heads", "inner")}
    device, precision = best_device(), precision_for("auto")
    torch.set_float32_matmul_precision("high")
    torch.manual_seed(1)
    rotary = RotaryTransformer(arguments.channels, **sizes, dropout=0.0)
    xlnet = Transformer(
        arguments.channels, arguments.positions, kind="transformer_xl", **sizes, dropout=0.0
    )
    sides = {
        "rotary": (rotary, contextlib.nullcontext),
        "transformer_xl": (xlnet, contextlib.nullcontext),
        "xlnet": (xlnet, original_attention),
        "plain": (rotary, separate_operations),
    }
    shape = arguments.batch, arguments.positions, arguments.channels
    features = torch.randn(shape, device=device, requires_grad=True)
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(arguments.warmup + arguments.rounds):
        for name, (layers, context) in sides.items():
            with context():
                seconds = step(layers.to(device).train(), features, KINDS.get(precision))
            if number >= arguments.warmup:
                times[name].append(seconds)
    figures: dict[str, Any] = {
        "benchmark": "attention",
        "hardware": common.hardware(),
        "device": device_name(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "precision": precision,
        "positions": arguments.positions,
        "batch": arguments.batch,
        **sizes,
        "rounds": arguments.rounds,
    }
    for name, seconds_of_rounds in times.items():
        figures[f"{name}_ms"] = round(1000 * statistics.median(seconds_of_rounds), 3)
    for name in ("transformer_xl", "xlnet", "plain"):
        ratios = [other / own for other, own in zip(times[name], times["rotary"], strict=True)]
        figures[f"{name}_to_rotary"] = round(statistics.median(ratios), 3)
    common.write_json(arguments.json, figures)


def step(layers: nn.Module, features: torch.Tensor, kind: torch.dtype | None) -> float:
    """Seconds of a forward and backward pass."""
    layers.zero_grad()
    features.grad = None
    synchronise()
    start = time.perf_counter()
    with torch.autocast(features.device.type, kind or torch.bfloat16, enabled=kind is not None):
        out = layers(features)
    out.backward(torch.ones_like(out))
    synchronise()
    return time.perf_counter() - start


def original_attention() -> contextlib.AbstractContextManager[Any]:
    """Replace the attention of our layers of XLNet by that of transformers."""
    return mock.patch.object(
        RelativeAttention, "rel_attn_core", XLNetRelativeAttention.rel_attn_core
    )


@contextlib.contextmanager
def separate_operations() -> Iterator[None]:
    """Replace fused attention by its separate operations."""

    def attention(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        scores = queries @ keys.transpose(-2, -1) / math.sqrt(queries.shape[-1])
        return scores.softmax(dim=-1) @ values

    with mock.patch.object(F, "scaled_dot_product_attention", attention):
        yield


if __name__ == "__main__":
    main()
