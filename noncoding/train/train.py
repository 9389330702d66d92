"""The driver of a training: resumes, stops early, exports the best weights."""

import json
import logging
import os
import shutil
import sys
import time
import warnings
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import (
    Callback,
    EarlyStopping,
    LearningRateMonitor,
    ModelCheckpoint,
    TQDMProgressBar,
)
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger

from noncoding.errors import InputError
from noncoding.estimate import has_gpu, sequences_per_second, slow_warning
from noncoding.files import written_whole
from noncoding.loader import SplitsDataModule
from noncoding.models import Network, create_model, export_model, start_from_motifs
from noncoding.store import Store
from noncoding.train.callbacks import EpochLog, WarmedUpAverage
from noncoding.train.curves import draw_learning_curve, learning_curve
from noncoding.train.module import Schedule, TrainingModule

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
    model : Path
        Folder of the exported model.
    tensorboard : Path
        Folder of TensorBoard logs.
    unfinished : Path
        Folder that holds checkpoints until the training has ended.
    """

    best: Path
    last: Path
    metrics: Path
    curve: list[Path]
    model: Path
    tensorboard: Path
    unfinished: Path


def train(
    stores: dict[str, str | os.PathLike[str]],
    *,
    dataset: str,
    model: str,
    sizes: dict[str, Any],
    training: dict[str, Any],
    load: dict[str, Any],
    seed: int,
    outputs: TrainingOutputs,
    motifs: str | os.PathLike[str] | None = None,
) -> None:
    """Train a model on a data set and export it.

    Parameters
    ----------
    stores : dict of path
        ``train`` and ``valid``.
    dataset, model : str
        Names in the configuration.
    sizes : dict
        The entry of ``models:``; ``architecture`` and its sizes.
    training : dict
        The section ``train:``.
    load : dict
        The section ``load:``, which changes no result.
    seed : int
        Of weights, order and augmentation.
    outputs : TrainingOutputs
    motifs : path, optional
        MEME file that a model with ``motifs`` starts from.

    Raises
    ------
    InputError
        The stores do not fit together, the loss is not finite, or an
        unfinished training of another configuration is in the way.
    """
    with Store(stores["train"]) as store, Store(stores["valid"]) as valid:
        _check_same_task(store, valid)
        targets, length = store.targets, store.length
        sources = {"train": store.source, "valid": valid.source}
    record = {
        "dataset": dataset,
        "model": model,
        "sizes": sizes,
        "training": training,
        "seed": seed,
        "data": sources,
    }
    resumed = _unfinished_checkpoint(outputs.unfinished, record)

    pl.seed_everything(seed, workers=True, verbose=False)
    torch.set_float32_matmul_precision("high")
    data = SplitsDataModule(
        stores["train"],
        stores["valid"],
        batch_size=training["batch_size"],
        shuffle_buffer=training["shuffle_buffer"],
        seed=seed,
        **load,
    )
    _check_validation(data, stores["valid"])
    network = _new_network(sizes, length, targets, motifs)
    network.set_prevalence(data.train_rows.prevalence())
    _announce(network, data, training)

    scheduled = {field.name for field in fields(Schedule)} - {"seed"}
    schedule = Schedule(**{key: training[key] for key in scheduled}, seed=seed)
    module = TrainingModule(network, length=length, targets=len(targets), schedule=schedule)
    checkpoints = ModelCheckpoint(
        outputs.unfinished,
        filename="best",
        monitor="valid_auprc",
        mode="max",
        save_last=True,
        enable_version_counter=False,
    )
    trainer = _trainer(training, outputs, checkpoints)
    started = time.perf_counter()
    trainer.fit(module, data, ckpt_path=resumed)

    # The best checkpoint is judged by, and holds, the averaged weights.
    best = torch.load(checkpoints.best_model_path, map_location="cpu", weights_only=False)
    module.load_state_dict(best["state_dict"])
    metrics = _collected_metrics(outputs.unfinished)
    curve = learning_curve(metrics)
    chosen = curve.loc[curve["valid_auprc"].idxmax()]
    record["validation"] = {
        "AUPR, mean over targets": float(chosen["valid_auprc"]),
        "AUROC, mean over targets": float(chosen["valid_auroc"]),
        "best epoch": int(chosen.name),
    }
    record["seconds"] = time.perf_counter() - started
    export_model(network, outputs.model, targets, record)
    draw_learning_curve(curve, *outputs.curve)
    with written_whole(outputs.metrics, outputs.best, outputs.last) as [table, best_path, last]:
        metrics.to_csv(table, index=False)
        shutil.copyfile(checkpoints.best_model_path, best_path)
        shutil.copyfile(checkpoints.last_model_path, last)
    shutil.rmtree(outputs.unfinished)


# Lightning's warnings that are no news here: batches come ready from memory, the folder
# holds our own settings, the hook stands where it is meant to.
_NOISE = (
    ".*does not have many workers.*",
    ".*Checkpoint directory .* exists and is not empty.*",
    ".*You have overridden `on_after_batch_transfer`.*",
    ".*LeafSpec.*",
    ".*is smaller than the logging interval.*",
)


def _new_network(
    sizes: dict[str, Any], length: int, targets: pd.DataFrame, motifs: str | os.PathLike[str] | None
) -> Network:
    network = create_model(length=length, targets=len(targets), **sizes)
    if motifs is not None:
        started = start_from_motifs(network, motifs, list(targets["name"]))
        log.info("%d first kernels start as motifs: %s", len(started), ", ".join(started))
    return network


def _check_same_task(train: Store, valid: Store) -> None:
    for what in ("length", "bin"):
        if getattr(train, what) != getattr(valid, what):
            raise InputError(
                f"{valid.path}, attribute {what}",
                f"{getattr(valid, what)} bp",
                f"{getattr(train, what)} bp, as in {train.path}",
                "Delete both files and make them again from the same source.",
            )
    if list(train.targets["name"]) != list(valid.targets["name"]):
        raise InputError(
            f"{valid.path}, target table",
            f"{len(valid.targets)} targets",
            f"the {len(train.targets)} of {train.path}, by name",
            "Delete both files and make them again from the same source.",
        )


def _check_validation(data: SplitsDataModule, path: str | os.PathLike[str]) -> None:
    """Without a target that has both labels there is no AUPR to stop by."""
    rows = data.valid_rows
    positives = rows.positives()
    if not ((positives > 0) & (positives < len(rows))).any():
        raise InputError(
            path,
            f"{len(rows)} loci in which no target has both positives and negatives",
            "at least one target with both",
            "Give the validation split more loci, or the data set more targets.",
        )


def _unfinished_checkpoint(folder: Path, record: dict[str, Any]) -> Path | None:
    """The checkpoint to go on from, if a training of the same record was cut off."""
    settings, last = folder / "settings.json", folder / "last.ckpt"
    if last.exists() and settings.exists():
        before = json.loads(settings.read_text())
        different = [key for key in record if before.get(key) != record[key]]
        if different:
            raise InputError(
                last,
                f"a checkpoint of another configuration (different: {', '.join(different)})",
                "one of the configuration that is run now",
                f"Delete {folder} to train from the start, or restore the configuration "
                f"that stands in {settings}.",
            )
        log.info("going on from %s", last)
        return last
    folder.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(record, indent=2))
    return None


def _announce(network: Network, data: SplitsDataModule, training: dict[str, Any]) -> None:
    rows, epochs = len(data.train_rows), training["epochs"]
    log.info(
        "%s parameters; %s rows, at most %d epochs",
        f"{sum(p.numel() for p in network.parameters()):,}",
        f"{rows:,}",
        epochs,
    )
    if has_gpu():
        return
    speed = sequences_per_second(
        network,
        length=data.train_rows.length,
        targets=data.train_rows.targets,
        batch_size=training["batch_size"],
    )
    log.warning("%s", slow_warning(speed, rows, epochs))


def _trainer(
    training: dict[str, Any], outputs: TrainingOutputs, checkpoints: ModelCheckpoint
) -> pl.Trainer:
    for message in _NOISE:
        warnings.filterwarnings("ignore", message=message)
    interactive = sys.stderr.isatty()
    callbacks: list[Callback] = [
        checkpoints,
        WarmedUpAverage(training["ema_decay"]),
        EarlyStopping("valid_auprc", mode="max", patience=training["patience"]),
        LearningRateMonitor("step"),
        EpochLog(),
    ]
    if interactive:
        callbacks.append(TQDMProgressBar(refresh_rate=10))
    return pl.Trainer(
        accelerator="auto",
        # One device: the rule asks for one GPU, and metrics are gathered on one.
        devices=1,
        precision=_precision(training["precision"]),
        max_epochs=training["epochs"],
        gradient_clip_val=training["gradient_clip"],
        callbacks=callbacks,
        logger=[
            CSVLogger(outputs.unfinished, name="csv"),
            TensorBoardLogger(outputs.tensorboard, name=""),
        ],
        log_every_n_steps=20,
        enable_progress_bar=interactive,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        deterministic="warn",
    )


def _precision(wanted: str) -> Any:
    if wanted != "auto":
        return wanted
    if not torch.cuda.is_available():
        return "32-true"
    return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"


def _collected_metrics(folder: Path) -> pd.DataFrame:
    """The CSV logs of all attempts, as one."""
    attempts = sorted(
        folder.glob("csv/version_*/metrics.csv"), key=lambda path: int(path.parent.name[8:])
    )
    return pd.concat([pd.read_csv(path) for path in attempts], ignore_index=True)
