"""Attribution at the official input size: maps per second by method, and per forward pass.

    python benchmarks/explain.py --json explain.json
    python benchmarks/explain.py --model small --configuration configs/demo.yaml

Weights and sequences are random, which does not affect the run time. A map or forward
pass is that of one sequence and target, averaged over both strands. Each method explains
`--sequences` sequences, in the batches of the stage `explain`; methods with many passes
per sequence explain one.
"""

import time
from collections.abc import Callable

import common
import numpy as np
import torch
from train import configuration

from noncoding.attribution.gradcam import named_layer
from noncoding.attribution.methods import METHODS, attribute
from noncoding.attribution.strands import logits
from noncoding.data.one_hot import one_hot
from noncoding.models.architectures import create_model
from noncoding.prediction.inference import device

FORWARD = "forward pass"
COSTLY = 40
"""Methods with more forward passes per sequence explain one sequence once."""


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--configuration", nargs="*", default=[], help="overlays of config.yaml")
    parser.add_argument("--model", default="hybrid", help="a key of `models` in the configuration")
    parser.add_argument("--length", type=int, default=1000)
    parser.add_argument("--targets", type=int, default=919)
    parser.add_argument("--sequences", type=int, default=32)
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=list(METHODS))
    parser.add_argument(
        "--repeats", type=int, default=3, help="number of runs; the median is reported"
    )
    arguments = parser.parse_args()
    torch.manual_seed(0)
    sizes = configuration(*arguments.configuration)["models"][arguments.model]
    sizes.pop("motifs", None)
    network = create_model(length=arguments.length, targets=arguments.targets, **sizes)
    network = network.eval().to(device()).requires_grad_(False)
    layer = named_layer(network, network.gradcam_layer)
    bases = np.random.default_rng(0).integers(0, 4, (arguments.sequences, arguments.length))
    sequences = one_hot(bases.astype(np.uint8))

    figures: dict[str, object] = {
        "benchmark": "explain",
        "model": arguments.model,
        "device": str(device()),
        "hardware": common.hardware(),
    }
    forward = median(lambda: logits(network, sequences, 0), arguments.repeats) / len(sequences)
    figures[f"{FORWARD}, per second"] = float(f"{1 / forward:.3g}")
    common.write_json(arguments.json, figures)
    for method in arguments.methods:
        costly = METHODS[method].passes > COSTLY
        given = sequences[:1] if costly else sequences
        repeats = 1 if costly else arguments.repeats

        def work(method: str = method, given: np.ndarray = given) -> object:
            return attribute([method], network, layer, given, 0)

        taken = median(work, repeats) / len(given)
        figures[f"{method}, per second"] = float(f"{1 / taken:.3g}")
        figures[f"{method} over {FORWARD}"] = float(f"{taken / forward:.3g}")
        common.write_json(arguments.json, figures)


def median(work: Callable[[], object], repeats: int) -> float:
    """Median seconds of a function, after a warm-up run."""
    if repeats > 1:
        work()
    taken = []
    for _ in range(repeats):
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


if __name__ == "__main__":
    main()
