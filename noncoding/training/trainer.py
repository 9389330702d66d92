"""Lightning's trainer, set up for a training of this project."""

import logging
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import (
    Callback,
    LearningRateMonitor,
    TQDMProgressBar,
)
from pytorch_lightning.plugins.environments import LightningEnvironment, SLURMEnvironment
from pytorch_lightning.strategies import DDPStrategy

from noncoding.training.callbacks import EpochLog, WarmedUpAverage
from noncoding.training.checkpoints import BestEpoch, Patience, ResumePoint, WholeCheckpoints
from noncoding.training.layers import LayerLog
from noncoding.training.loggers import loggers
from noncoding.training.slurm import in_task
from noncoding.training.throughput import ThroughputLog
from noncoding.training.unfinished import Unfinished

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingOutputs:
    """What a training leaves behind.

    Attributes
    ----------
    best, last : Path
        Lightning checkpoints; the weights in them are the averaged ones.
    metrics : Path
        CSV log.
    curve : list of Path
        The learning curve, one file a format.
    layers : Path
        CSV table of each layer's norms.
    layers_figure : list of Path
        Heat maps of them, one file a format.
    model : Path
        Folder of the exported model.
    tensorboard : Path
        Folder of TensorBoard logs.
    unfinished : Path
        Folder that holds the state until the results have been accepted.
    """

    best: Path
    last: Path
    metrics: Path
    curve: list[Path]
    layers: Path
    layers_figure: list[Path]
    model: Path
    tensorboard: Path
    unfinished: Path


# Lightning's warnings that are no news here: batches come ready from memory, the folder
# holds our own settings, the hook stands where it is meant to.
_NOISE = (
    ".*does not have many workers.*",
    ".*Checkpoint directory .* exists and is not empty.*",
    ".*You have overridden `on_after_batch_transfer`.*",
    ".*LeafSpec.*",
    ".*is smaller than the logging interval.*",
    # Each process logs what it has gathered from all.
    ".*sync_dist=True.*",
    ".*`broadcast_buffers` is deprecated.*",
    # Where SLURM is to be used, its profile says so.
    ".*`srun` command is available.*",
)


def new_trainer(
    training: dict[str, Any], outputs: TrainingOutputs, best: BestEpoch, parts: int
) -> pl.Trainer:
    """A trainer for the section ``train:`` of the configuration.

    Parameters
    ----------
    training : dict
    outputs : TrainingOutputs
    best : BestEpoch
        That keeps the best weights.
    parts : int
        Into which each batch was cut, since it did not fit into the memory.
    """
    for message in _NOISE:
        warnings.filterwarnings("ignore", message=message)
    interactive = sys.stderr.isatty()
    callbacks: list[Callback] = [
        best,
        ResumePoint(Unfinished(outputs.unfinished).resume_point, training["checkpoint_minutes"]),
        WarmedUpAverage(training["ema_decay"]),
        Patience(training["patience"]),
        LearningRateMonitor("step"),
        EpochLog(),
        LayerLog(Unfinished(outputs.unfinished).layers),
    ]
    if interactive:
        callbacks.append(TQDMProgressBar(refresh_rate=10))
    callbacks.append(ThroughputLog())
    gpu = torch.cuda.is_available()
    deterministic = is_deterministic(training["deterministic"])
    devices, nodes = training["devices"], training["num_nodes"]
    if devices == "auto":
        devices = torch.cuda.device_count() if gpu else 1
    several = devices * nodes > 1
    plugins: list[Any] = [WholeCheckpoints()]
    if in_task():
        # Snakemake sends a job again, not Lightning.
        plugins.append(SLURMEnvironment(auto_requeue=False))
    elif nodes == 1:
        # Lightning starts the processes, also in a job of SLURM, which it would otherwise
        # expect to have started them.
        plugins.append(LightningEnvironment())
    return pl.Trainer(
        accelerator="auto",
        devices=devices,
        num_nodes=nodes,
        # Not at each step, in validation too, where processes have other numbers of batches
        # and would wait for each other for ever; see `TrainingModule`.
        strategy=DDPStrategy(broadcast_buffers=False) if several else "auto",
        # It does not run on a CPU.
        sync_batchnorm=several and gpu,
        plugins=plugins,
        precision=precision_for(training["precision"]),
        max_epochs=training["epochs"],
        accumulate_grad_batches=training["accumulate"] * parts,
        gradient_clip_val=training["gradient_clip"],
        callbacks=callbacks,
        logger=loggers(outputs.unfinished, outputs.tensorboard, training["wandb"]),
        log_every_n_steps=20,
        enable_progress_bar=interactive,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        deterministic="warn" if deterministic else False,
        # Of the convolutions' algorithms, cuDNN takes the one that is fastest here.
        benchmark=gpu and not deterministic,
    )


def precision_for(wanted: str) -> Any:
    """Lightning's name of a precision; ``auto`` is what the device is good at."""
    if wanted != "auto":
        return wanted
    if not torch.cuda.is_available():
        return "32-true"
    return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"


def is_deterministic(wanted: str | bool) -> bool:
    """Whether only deterministic algorithms are used; ``auto``: on a CPU.

    Parameters
    ----------
    wanted : str or bool
        ``auto``, ``on`` or ``off``; in YAML these are true and false.
    """
    return not torch.cuda.is_available() if wanted == "auto" else wanted in (True, "on")
