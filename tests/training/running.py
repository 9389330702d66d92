"""A training that can be killed, or share its work with others.

python running.py FOLDER, with FOLDER/settings.json: the arguments of `run`.
"""

import itertools
import json
import os
import signal
import sys
from functools import partial
from pathlib import Path

import torch

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
torch.set_num_threads(1)

from toy_store import CONDUCT, TRAINING

from noncoding.stages.train import TrainingOutputs, train
from noncoding.training import trainer
from noncoding.training.checkpoints import ResumePoint
from noncoding.training.module import TrainingModule


def outputs(folder):
    return TrainingOutputs(
        best=folder / "best.ckpt",
        last=folder / "last.ckpt",
        metrics=folder / "metrics.csv",
        curve=[folder / "curve.svg", folder / "curve.png"],
        layers=folder / "layers.csv",
        layers_figure=[folder / "layers.svg", folder / "layers.png"],
        model=folder / "model",
        tensorboard=folder / "tensorboard",
        unfinished=folder / "unfinished",
    )


def run(
    folder, stores, sizes, training, killed_at=None, number=signal.SIGKILL, every=None, motifs=None
):
    """Train; a signal before a batch of an epoch, and a resume point every few batches."""
    folder = Path(folder)
    settings = TRAINING | CONDUCT | training
    if every:
        ticks = itertools.count()
        trainer.ResumePoint = partial(ResumePoint, clock=lambda: float(next(ticks)))
        settings["checkpoint_minutes"] = every / 60
    if killed_at:

        def kill(self, batch, batch_index):
            if [self.current_epoch, batch_index] == killed_at:
                os.kill(os.getpid(), number)

        TrainingModule.on_train_batch_start = kill
    train(
        stores,
        dataset="toy",
        model="tiny",
        sizes=sizes,
        training={key: settings[key] for key in TRAINING},
        conduct={key: settings[key] for key in CONDUCT},
        load={"rows": "auto", "workers": 0},
        seed=3,
        outputs=outputs(folder),
        motifs=motifs,
    )
    return outputs(folder)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    run(place, **json.loads((place / "settings.json").read_text()))
