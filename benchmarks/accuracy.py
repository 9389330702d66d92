"""Models trained on given stores by the stage `train`: validation and test metrics.

    python benchmarks/accuracy.py results/yeast/data --models compact hybrid deepsea danq \\
        --motifs results/yeast/raw/JASPAR2022_CORE_non-redundant_pfms_meme.txt --json accuracy.json

The folder has train.h5, valid.h5 and test.h5. `compact` and `convnext` are trained with the
settings of configs/yeast.yaml, the others with those of config.yaml, in batches of 64. Several
trainings run at the same time, and each of them is written when it ends.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

import common
import numpy as np
from train import configuration, device_name

SPLITS = ("train", "valid", "test")
MINIMUM = 5
"""Positive test loci of the targets that are averaged."""


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("stores", type=Path, help="folder with the stores")
    parser.add_argument("--models", nargs="*", default=["compact"])
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--motifs", type=Path, help="MEME file for models that start from motifs")
    parser.add_argument("--epochs", type=int, help="maximum; default: that of the configuration")
    parser.add_argument("--processes", type=int, default=1, help="trainings at the same time")
    parser.add_argument("--seconds", type=float, help="stop all trainings after this time")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        model, seed = arguments.one.split(":")
        print(json.dumps(trained(arguments, model, int(seed))))
        return
    figures: dict[str, Any] = {
        "benchmark": "accuracy",
        "hardware": common.hardware(),
        "device": device_name(),
        "runs": [],
    }
    ends = time.monotonic() + (arguments.seconds or float("inf"))
    given = sys.argv[1:]

    def run(model: str, seed: int) -> dict[str, Any]:
        command = [sys.executable, __file__, *given, "--one", f"{model}:{seed}"]
        left = None if arguments.seconds is None else max(1.0, ends - time.monotonic())
        done = subprocess.run(command, capture_output=True, text=True, timeout=left, check=False)
        if done.returncode:
            return {"model": model, "seed": seed, "error": done.stderr[-2000:]}
        return json.loads(done.stdout.splitlines()[-1])

    with common.cancelling_pool(arguments.processes) as pool:
        jobs = [pool.submit(run, m, s) for s in arguments.seeds for m in arguments.models]
        for job in as_completed(jobs):
            try:
                figures["runs"].append(job.result())
            except subprocess.TimeoutExpired:
                continue  # its figures are missing
            common.write_json(arguments.json, figures)
    if any("error" in run for run in figures["runs"]):
        raise SystemExit("A training failed.")


def trained(arguments: argparse.Namespace, model: str, seed: int) -> dict[str, Any]:
    """Train a model, and evaluate it on the validation and test splits."""
    import torch

    from noncoding.data.store import Store
    from noncoding.evaluation.metrics import auroc_and_average_precision
    from noncoding.models.export import load_model
    from noncoding.prediction.inference import device, predict_loci
    from noncoding.settings.config import TrainingJob
    from noncoding.settings.train import RuntimeOptions, TrainSettings
    from noncoding.stages.train import train

    config = configuration("configs/yeast.yaml", "configs/yeast_networks.yaml")
    network = {key: size for key, size in config["models"][model].items() if key != "train"}
    small = model in ("compact", "convnext")
    section = config["train"] if small else configuration()["train"] | {"batch_size": 64}
    if arguments.epochs:
        section["epochs"] = arguments.epochs
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        train(
            {split: arguments.stores / f"{split}.h5" for split in SPLITS},
            folder,
            TrainingJob(
                network=network,
                settings={key: section[key] for key in TrainSettings.model_fields},
                runtime={key: section[key] for key in RuntimeOptions.model_fields},
                load=config["load"],
                seed=seed,
            ),
            dataset="yeast",
            model=model,
            motifs=arguments.motifs if network.get("motifs") else None,
        )
        seconds = time.perf_counter() - start
        exported = load_model(Path(folder, "model"))
        moved = exported.moved_to(device())
        record = exported.training
    found = {"model": model, "seed": seed, "seconds": round(seconds, 1), **record["validation"]}
    for split in ("valid", "test"):
        with Store(arguments.stores / f"{split}.h5") as store:
            loci = slice(0, store.loci_count)
            scores = predict_loci(moved, store, loci, 512, device(), lambda _: None)
            labels = store.labels(loci)
        auroc, aupr = auroc_and_average_precision(labels, scores, torch.get_num_threads())
        counted = labels.sum(axis=0) >= MINIMUM
        found |= {
            f"{split} median AUROC": round(float(np.nanmedian(auroc[counted])), 4),
            f"{split} mean AUPR": round(float(np.nanmean(aupr[counted])), 4),
            f"{split} targets": int(counted.sum()),
        }
    return found


if __name__ == "__main__":
    main()
