"""Share of the training time that the logs of layers take.

    python benchmarks/layer_logs.py --json layer_logs.json
    python benchmarks/layer_logs.py --rows 3840

Trains the network `compact` of config.yaml for one epoch on random sequences,
with the module, weight averaging and loggers of the stage `train`, and measures the
time in `LayerLog` (norms and histograms of weights and gradients) and in
`ThroughputLog`. `--rows` is the number of training rows; histograms are written a
fixed number of times per epoch. The default is that of configs/yeast_compact.yaml.
"""

import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import common
import numpy as np
import pandas as pd
import pytorch_lightning as pl
import yaml

from noncoding.data.loader.data_module import SplitsDataModule
from noncoding.data.store import FORWARD, StoreHeader, new_store
from noncoding.models.architectures import create_model
from noncoding.settings.train import TrainSettings
from noncoding.training.callbacks import ExponentialMovingAverage, ThroughputLog
from noncoding.training.layer_statistics import LayerLog
from noncoding.training.lightning_module import TrainingModule
from noncoding.training.trainer import loggers

LENGTH, TARGETS, BATCH = 1000, 256, 64
ROOT = Path(__file__).parents[1]
CONFIGURATION = ROOT / "config.yaml"
WATCHED = {
    LayerLog: ("on_train_start", "on_train_batch_end"),
    ThroughputLog: ("on_train_epoch_start", "on_train_batch_start", "on_train_batch_end"),
}


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--rows", type=int, default=16_868)
    arguments = parser.parse_args()
    spent: Counter[str] = Counter()
    for kind, hooks in WATCHED.items():
        for hook in hooks:
            watch(kind, hook, spent)
    with tempfile.TemporaryDirectory() as folder:
        steps, seconds = train(Path(folder), arguments.rows)
    common.write_json(
        arguments.json,
        {
            "benchmark": "layer_logs",
            "hardware": common.hardware(),
            "steps": steps,
            "seconds": round(seconds, 1),
            **{f"{kind}_seconds": round(taken, 3) for kind, taken in spent.items()},
            "share": round(spent.total() / seconds, 4),
        },
    )


def watch(kind: type[pl.Callback], hook: str, spent: Counter[str]) -> None:
    """Measure the time in a hook, and add it to that of its class."""
    original = getattr(kind, hook)

    def timed(*arguments: Any) -> None:
        start = time.perf_counter()
        original(*arguments)
        spent[kind.__name__] += time.perf_counter() - start

    setattr(kind, hook, timed)


class Clock(pl.Callback):
    """Seconds from the first to the last hook of a training."""

    def on_train_start(self, *_: Any) -> None:
        self._start = time.perf_counter()

    def on_train_end(self, *_: Any) -> None:
        self.seconds = time.perf_counter() - self._start


def train(folder: Path, rows: int) -> tuple[int, float]:
    """Train for one epoch; return its steps and seconds."""
    make_store(folder / "train.h5", rows)
    make_store(folder / "valid.h5", BATCH)
    configuration = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))
    network = create_model(length=LENGTH, targets=TARGETS, **configuration["models"]["compact"])
    defaults = configuration["train"]
    settings = TrainSettings(**{key: defaults[key] for key in TrainSettings.model_fields})
    clock = Clock()
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        gradient_clip_val=1.0,
        callbacks=[
            clock,
            ExponentialMovingAverage(0.999),
            LayerLog(folder / "layers.csv"),
            ThroughputLog(),
        ],
        logger=loggers(folder, folder / "tensorboard", None),
        log_every_n_steps=20,
        limit_val_batches=0,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    trainer.fit(
        TrainingModule(network, settings, seed=1),
        SplitsDataModule(
            folder / "train.h5", folder / "valid.h5", batch_size=BATCH, shuffle_buffer=rows, seed=1
        ),
    )
    return trainer.global_step, clock.seconds


def make_store(path: Path, rows: int) -> None:
    """Write a store of random sequences and labels."""
    generator = np.random.default_rng(rows)
    names = [f"target {target}" for target in range(TARGETS)]
    targets = pd.DataFrame({"index": range(TARGETS), "name": names, "group": "TF"})
    bases = generator.integers(0, 4, (rows, 1, LENGTH))
    with new_store(path, StoreHeader(LENGTH, 200, FORWARD, targets, {})) as writer:
        writer.append(
            (bases == np.arange(4)[:, None]).astype(np.uint8),
            (generator.random((rows, TARGETS)) < 0.05).astype(np.uint8),
        )


if __name__ == "__main__":
    main()
