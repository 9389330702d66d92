"""A training that can be killed, or distributed over processes.

python running.py FOLDER, with FOLDER/settings.json: the arguments of `run`.
"""

import itertools
import json
import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

torch.set_num_threads(1)

from toy_store import RUNTIME, TRAINING

from noncoding.layout import UNFINISHED
from noncoding.settings.config import TrainingJob
from noncoding.stages.train import train
from noncoding.training import checkpoints
from noncoding.training.lightning_module import TrainingModule


class Made:
    """Paths of the outputs of a training."""

    def __init__(self, folder):
        self.model = folder / "model"
        tables = folder / "training"
        self.best, self.last = tables / "best.ckpt", tables / "last.ckpt"
        self.metrics, self.layers = tables / "metrics.csv", tables / "layers.csv"
        self.tensorboard, self.unfinished = tables / "tensorboard", tables / UNFINISHED


def run(
    folder,
    stores,
    sizes,
    training,
    killed_at=None,
    number=signal.SIGKILL,
    every=None,
    motifs=None,
    rows="auto",
    earlier=None,
    teacher=None,
):
    """Train; a signal before a batch of an epoch, and a checkpoint every few batches."""
    folder = Path(folder)
    settings = TRAINING | RUNTIME | training
    if every:
        ticks = itertools.count()
        checkpoints.time = SimpleNamespace(monotonic=lambda: float(next(ticks)))
        settings["checkpoint_minutes"] = every / 60
    if killed_at:

        def kill(self, batch, batch_index):
            if [self.current_epoch, batch_index] == killed_at:
                os.kill(os.getpid(), number)

        TrainingModule.on_train_batch_start = kill
    train(
        stores,
        folder,
        TrainingJob(
            network=sizes,
            settings={key: settings[key] for key in TRAINING},
            runtime={key: settings[key] for key in RUNTIME},
            load={"rows": rows, "workers": 0},
            seed=3,
        ),
        dataset="toy",
        model="tiny",
        motifs=motifs,
        earlier=earlier,
        teacher=teacher,
    )
    return Made(folder)


@contextmanager
def interrupted_after_an_epoch():
    """A training in the body, of which Ctrl-C ends the second epoch before it begins."""
    original = TrainingModule.on_train_epoch_start

    def interrupt(self):
        if self.current_epoch == 1:
            raise KeyboardInterrupt
        original(self)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TrainingModule, "on_train_epoch_start", interrupt)
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            yield


if __name__ == "__main__":
    place = Path(sys.argv[1])
    run(place, **json.loads((place / "settings.json").read_text()))
