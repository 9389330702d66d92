"""Where a training is logged: CSV, TensorBoard, and Weights & Biases if wanted."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger
from torch.utils.tensorboard.summary import hparams

from noncoding.common.errors import InputError


def loggers(unfinished: Path, tensorboard: Path, wandb: str | None) -> list[Logger]:
    """The loggers of a training.

    Parameters
    ----------
    unfinished : Path
        Folder for the CSV log.
    tensorboard : Path
        Folder for TensorBoard's logs.
    wandb : str or None
        Project of Weights & Biases, which writes beside `tensorboard`; None:
        it is not used.

    Raises
    ------
    InputError
        A project is given, but the package wandb is not installed.
    """
    made: list[Logger] = [
        CSVLogger(unfinished, name="csv"),
        TensorBoardLogger(tensorboard, name="", default_hp_metric=False),
    ]
    if wandb is not None:
        # Lightning imports the package when the logger is made.
        try:
            made.append(WandbLogger(project=wandb, save_dir=tensorboard.parent))
        except ModuleNotFoundError as error:
            raise InputError(
                "train.wandb",
                f"the project {wandb}, but no package wandb",
                "the package, which the pipeline's environment does not hold",
                "Install it with `pip install wandb` and sign in with `wandb login`, or set "
                "train.wandb: null.",
            ) from error
    return made


def log_hyperparameters(loggers: Iterable[Logger], record: Mapping[str, Any]) -> None:
    """Tell all loggers what is trained, on what and how.

    Parameters
    ----------
    loggers : iterable of Logger
    record : mapping
        May be nested; see `flat`.
    """
    parameters = dict(flat(record))
    for logger in loggers:
        logger.log_hyperparams(parameters)
        if isinstance(logger, TensorBoardLogger):
            # Its page of hyperparameters shows these figures, as they are logged in training.
            figures = {"valid_auprc": 0.0, "valid_auroc": 0.0}
            for summary in hparams(parameters, figures):
                logger.experiment.file_writer.add_summary(summary)


def flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Items of a nested mapping, without the nesting.

    Parameters
    ----------
    record : mapping
    prefix : str
        What the names begin with.

    Yields
    ------
    (str, bool or int or float or str)
        Keys, outermost first, joined by a slash; anything but a number or a
        text as text.

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
