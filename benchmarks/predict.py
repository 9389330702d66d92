"""Prediction at the official input size: loci per second, averaged over both strands.

    python benchmarks/predict.py --json predict.json
    python benchmarks/predict.py --models compact --loci 256

Creates a store of random sequences (1000 bp, 919 targets) with both strands, and predicts its
loci as the stage `predict` does, after a warm-up batch.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import common
from load import make
from train import configuration, device_name, new_network

from noncoding.data.store import Store
from noncoding.prediction.inference import device, predict_loci


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--models", nargs="*", default=["hybrid"])
    parser.add_argument("--loci", type=int, default=16_384)
    parser.add_argument("--batch", type=int, default=configuration()["predict"]["batch_size"])
    arguments = parser.parse_args()
    figures: dict[str, Any] = {
        "benchmark": "predict",
        "batch": arguments.batch,
        "hardware": common.hardware(),
        "device": device_name(),
    }
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), arguments.loci)
        with Store(Path(folder, "store.h5")) as store:
            for name in arguments.models:
                network = new_network(name).eval().to(device())

                def predict(loci: slice, network: Any = network) -> None:
                    predict_loci(network, store, loci, arguments.batch, device(), lambda _: None)

                predict(slice(0, arguments.batch))
                start = time.perf_counter()
                predict(slice(0, store.loci_count))
                per_second = store.loci_count / (time.perf_counter() - start)
                figures[f"{name}_loci_per_second"] = round(per_second, 1)
                common.write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
