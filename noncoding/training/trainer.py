"""The Lightning trainer, with its callbacks, loggers and plugins."""

import logging
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, LearningRateMonitor
from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger
from pytorch_lightning.plugins.environments import LightningEnvironment, SLURMEnvironment
from pytorch_lightning.strategies import DDPStrategy
from torch.utils.tensorboard.summary import hparams

from noncoding.common.devices import number_of_gpus
from noncoding.common.errors import InputError
from noncoding.settings.train import RuntimeOptions, TrainSettings
from noncoding.training.callbacks import EpochLog, ExponentialMovingAverage, ThroughputLog
from noncoding.training.checkpoints import AtomicCheckpoints, BestEpoch, Patience, ResumePoint
from noncoding.training.layer_statistics import LayerLog
from noncoding.training.slurm import in_task
from noncoding.training.unfinished import Unfinished

# Warnings of Lightning that do not apply: batches need no workers, the folder contains our own
# settings, the hook is overridden on purpose.
_IGNORED_WARNINGS = (
    ".*does not have many workers.*",
    ".*Checkpoint directory .* exists and is not empty.*",
    ".*You have overridden `on_after_batch_transfer`.*",
    ".*LeafSpec.*",
    # Frozen parts of a fine-tuned network.
    ".*module\\(s\\) in eval mode at the start of training.*",
    ".*is smaller than the logging interval.*",
    # Each process logs values that are gathered from all.
    ".*sync_dist=True.*",
    ".*`broadcast_buffers` is deprecated.*",
    # SLURM is used by its profile only.
    ".*`srun` command is available.*",
)

_STEPS_BETWEEN_LOGS = 50
"""A GPU is waited for when values are logged or shown."""


def new_trainer(
    settings: TrainSettings, runtime: RuntimeOptions, unfinished: Unfinished, tensorboard: Path
) -> pl.Trainer:
    """A trainer that writes its state to `unfinished`, and TensorBoard's logs to a folder."""
    for message in _IGNORED_WARNINGS:
        warnings.filterwarnings("ignore", message=message)
    _log_with_the_stage()
    callbacks: list[Callback] = [
        BestEpoch(unfinished.best),
        ResumePoint(unfinished.resume_point, runtime.checkpoint_minutes),
        ExponentialMovingAverage(settings.ema_decay),
        Patience(settings.patience),
        LearningRateMonitor("step"),
        EpochLog(),
        LayerLog(unfinished.layers),
        ThroughputLog(),
    ]
    gpu = torch.cuda.is_available()
    deterministic = switched_on(settings.deterministic, auto=not gpu)
    # In deterministic mode, torch would fill all memory that it is about to overwrite.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    devices, nodes = number_of_devices(settings.devices), settings.num_nodes
    several = devices * nodes > 1
    plugins: list[Any] = [AtomicCheckpoints()]
    if in_task():
        # Jobs are resubmitted by Snakemake.
        plugins.append(SLURMEnvironment(auto_requeue=False))
    elif nodes == 1:
        # Otherwise Lightning expects a SLURM job to start the processes.
        plugins.append(LightningEnvironment())
    return pl.Trainer(
        accelerator="auto",
        devices=devices,
        num_nodes=nodes,
        # Buffers are not broadcast at each step, since in validation the numbers of batches may
        # differ between processes, which would wait forever; see `TrainingModule`.
        strategy=DDPStrategy(broadcast_buffers=False) if several else "auto",
        # Not available on a CPU.
        sync_batchnorm=several and gpu,
        plugins=plugins,
        precision=precision_for(settings.precision),
        max_epochs=settings.epochs,
        accumulate_grad_batches=settings.accumulate,
        gradient_clip_val=settings.gradient_clip,
        callbacks=callbacks,
        logger=loggers(unfinished.folder, tensorboard, runtime.wandb),
        log_every_n_steps=_STEPS_BETWEEN_LOGS,
        # `EpochLog` writes the progress to the log.
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        deterministic="warn" if deterministic else False,
        # cuDNN selects the fastest algorithm for convolutions.
        benchmark=gpu and not deterministic,
    )


def _log_with_the_stage() -> None:
    """Write Lightning's messages to the log of the stage, without its hints."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)


def number_of_devices(wanted: int | str) -> int:
    """Devices of this machine that train, ``auto`` for all GPUs; on a CPU, processes.

    Raises
    ------
    InputError
        There are GPUs, but fewer. NCCL does not let processes share a GPU.
    """
    if torch.cuda.is_available():
        there = torch.cuda.device_count()
    elif torch.backends.mps.is_available():
        there = 1
    else:
        return 1 if wanted == "auto" else int(wanted)
    return number_of_gpus(wanted, there, "train.devices")


def precision_for(wanted: str) -> Any:
    """Lightning's name of a precision; ``auto``: the fastest one that the device supports.

    On a CPU, bf16 is faster only with instructions for products of such matrices.
    """
    if wanted != "auto":
        return wanted
    if not torch.cuda.is_available():
        found = torch.cpu.get_capabilities()
        return "bf16-mixed" if found.get("avx512_bf16") or found.get("amx_bf16") else "32-true"
    return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"


def switched_on(switch: str | bool, *, auto: bool) -> bool:
    """The value of a setting with ``auto``, ``on`` and ``off``, which YAML reads as booleans."""
    return auto if switch == "auto" else switch in (True, "on")


def loggers(csv: Path, tensorboard: Path, wandb: str | None) -> list[Logger]:
    """Loggers in two folders, and of a project of Weights & Biases, if one is given.

    Raises
    ------
    InputError
        A project is given, but the package wandb is not installed.
    """
    made: list[Logger] = [
        CSVLogger(csv, name="csv"),
        TensorBoardLogger(tensorboard, name="", default_hp_metric=False),
    ]
    if wandb is not None:
        # The constructor imports the package.
        try:
            made.append(WandbLogger(project=wandb, save_dir=tensorboard.parent))
        except ModuleNotFoundError as error:
            raise InputError(
                "train.wandb",
                f"the project {wandb}, but no package wandb",
                "the package, which is not part of the pipeline's environment",
                "Install it with `pip install wandb` and sign in with `wandb login`, or set "
                "train.wandb: null.",
            ) from error
    return made


def log_hyperparameters(loggers: Iterable[Logger], record: dict[str, Any]) -> None:
    """Log the record of a training as hyperparameters.

    Keys of nested mappings are joined by slashes, and other values than numbers become strings.
    """
    [flat] = pd.json_normalize(record, sep="/").to_dict("records")
    parameters = {
        str(key): value if isinstance(value, bool | int | float) else str(value)
        for key, value in flat.items()
    }
    for logger in loggers:
        logger.log_hyperparams(parameters)
        if isinstance(logger, TensorBoardLogger):
            # Metrics that the page of hyperparameters shows, logged during training.
            figures = {"valid_auprc": 0.0, "valid_auroc": 0.0}
            for summary in hparams(parameters, figures):
                logger.experiment.file_writer.add_summary(summary)
