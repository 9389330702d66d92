"""Loggers of a training: CSV, TensorBoard, and optionally Weights & Biases."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger
from torch.utils.tensorboard.summary import hparams

from noncoding.common.errors import InputError


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


def log_hyperparameters(loggers: Iterable[Logger], record: Mapping[str, Any]) -> None:
    """Log the record of a training, flattened by `flat`, as hyperparameters."""
    parameters = dict(flat(record))
    for logger in loggers:
        logger.log_hyperparams(parameters)
        if isinstance(logger, TensorBoardLogger):
            # Metrics that the page of hyperparameters shows, logged during training.
            figures = {"valid_auprc": 0.0, "valid_auroc": 0.0}
            for summary in hparams(parameters, figures):
                logger.experiment.file_writer.add_summary(summary)


def flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Items of a nested mapping, with keys joined by slashes; other types become strings.

    Examples
    --------
    >>> dict(flat({"seed": 1, "sizes": {"channels": [8, 16]}}))
    {'seed': 1, 'sizes/channels': '[8, 16]'}
    """
    for key, value in record.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}/")
        else:
            yield f"{prefix}{key}", value if isinstance(value, bool | int | float) else str(value)
