"""AUROC and average precision of each target: this project, scikit-learn and torchmetrics.

    python benchmarks/evaluate.py --json evaluate.json
    python benchmarks/evaluate.py --rows 20000 --targets 50

Simulates labels and scores of the size of the official test split (455,024 rows,
919 targets; prevalences from 0.1 to 20 %; float32 scores with ties), and runs, each
in a separate process on the same cores:

ours
    `noncoding.evaluation.metrics`, one thread per core.
sklearn
    `roc_auc_score` and `average_precision_score` for each target.
torchmetrics
    `binary_auroc` and `binary_average_precision` without binning for each target,
    one torch thread per core.

Reading the data is not timed. `max_abs_difference` is the maximum difference from
scikit-learn over all targets and both metrics.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import common
import numpy as np

CORES = len(os.sched_getaffinity(0))
SIDES = ("ours", "sklearn", "torchmetrics")


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--rows", type=int, default=455_024)
    parser.add_argument("--targets", type=int, default=919)
    common.add_sides(parser, [*SIDES, "make"])
    arguments = parser.parse_args()
    if arguments.side == "make":
        make(arguments.work, arguments.rows, arguments.targets)
        print("{}")
    elif arguments.side:
        print(json.dumps({"seconds": run(arguments.work, arguments.side)}))
    else:
        with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
            compare(arguments, Path(folder))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    options = ("--work", folder, "--rows", arguments.rows, "--targets", arguments.targets)
    common.run_side(__file__, "--side", "make", *options)
    figures: dict[str, object] = {
        "benchmark": "evaluate",
        "rows": arguments.rows,
        "targets": arguments.targets,
        "hardware": common.hardware(),
    }
    seconds = {}
    for name in SIDES:
        side = common.run_side(__file__, "--side", name, *options)
        seconds[name] = side.figures["seconds"]
        figures[f"{name}_seconds"] = round(seconds[name], 2)
        figures[f"{name}_peak_mib"] = round(side.peak_mib)
    for name in SIDES[1:]:
        figures[f"{name}_over_ours"] = round(seconds[name] / seconds["ours"], 1)
    ours, sklearn, _ = (np.load(folder / f"{name}.npy") for name in SIDES)
    figures["max_abs_difference"] = float(np.abs(ours - sklearn).max())
    common.write_json(arguments.json, figures)


def make(folder: Path, rows: int, targets: int) -> None:
    """Write labels.npy, uint8, and scores.npy, float32, both (rows, targets)."""
    generator = np.random.default_rng(1)
    prevalence = np.geomspace(0.001, 0.2, targets)
    labels = np.lib.format.open_memmap(folder / "labels.npy", "w+", np.uint8, (rows, targets))
    scores = np.lib.format.open_memmap(folder / "scores.npy", "w+", np.float32, (rows, targets))
    for start in range(0, rows, 8192):
        part = slice(start, min(start + 8192, rows))
        positive = generator.random((part.stop - start, targets)) < prevalence
        logit = generator.normal(size=positive.shape) + 2 * positive + np.log(prevalence)
        labels[part] = positive
        # Rounding ties many of the lowest scores.
        scores[part] = np.round(1 / (1 + np.exp(-logit)), 6)
    # All targets have both classes for any number of rows.
    labels[0], labels[-1] = 1, 0


def run(folder: Path, side: str) -> float:
    """Compute both metrics, save them, and return the seconds."""
    labels, scores = np.load(folder / "labels.npy"), np.load(folder / "scores.npy")
    compute = COMPUTE[side]()
    start = time.perf_counter()
    both = compute(labels, scores)
    seconds = time.perf_counter() - start
    np.save(folder / f"{side}.npy", both)
    return seconds


Compute = Callable[[np.ndarray, np.ndarray], np.ndarray]


def ours() -> Compute:
    from noncoding.evaluation.metrics import auroc_and_average_precision

    return lambda labels, scores: np.array(auroc_and_average_precision(labels, scores, CORES))


def sklearn() -> Compute:
    from sklearn.metrics import average_precision_score, roc_auc_score

    def compute(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
        pairs = zip(labels.T, scores.T, strict=True)
        return np.array([(roc_auc_score(*p), average_precision_score(*p)) for p in pairs]).T

    return compute


def torchmetrics() -> Compute:
    import torch
    from torchmetrics.functional.classification import binary_auroc, binary_average_precision

    torch.set_num_threads(CORES)

    def compute(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
        both = []
        for label, score in zip(labels.T, scores.T, strict=True):
            truth, score = torch.from_numpy(label.astype(np.int64)), torch.from_numpy(score.copy())
            both.append(
                (float(binary_auroc(score, truth)), float(binary_average_precision(score, truth)))
            )
        return np.array(both).T

    return compute


COMPUTE = {"ours": ours, "sklearn": sklearn, "torchmetrics": torchmetrics}


if __name__ == "__main__":
    main()
