"""The stage `train`: initialise or resume a network, train it and export the best weights."""

import logging
import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pytorch_lightning as pl
import torch
import transformers

from noncoding.common.files import atomic_write, sha256
from noncoding.common.locks import exclusive
from noncoding.common.stage_logging import RESULT, is_first_process
from noncoding.data.loader.data_module import SplitsDataModule, check_same_task, check_validation
from noncoding.data.regions import MOST_REGIONS, covered_regions
from noncoding.data.store import Store
from noncoding.layout import CHECKPOINTS, UNFINISHED, files
from noncoding.models.architectures import create_model
from noncoding.models.earlier_model import check_window
from noncoding.models.export import export_model
from noncoding.models.fine_tuning import (
    Start,
    read_start,
    set_prevalence_of,
    sizes_of,
    start_from_model,
)
from noncoding.models.lineage import CHECKED, lineage, log_overlaps, overlaps
from noncoding.models.motif_initialisation import start_from_motifs
from noncoding.settings.config import TrainingJob
from noncoding.settings.models import FROZEN_PARTS, FineTunedModel
from noncoding.training.checkpoints import load_checkpoint
from noncoding.training.estimate import (
    busy_warning,
    has_gpu,
    sequences_per_second,
    slow_warning,
)
from noncoding.training.failures import fitting_batch, free_memory, is_out_of_memory, out_of_memory
from noncoding.training.lightning_module import TrainingModule
from noncoding.training.tables import dead_units
from noncoding.training.teacher import Teacher
from noncoding.training.trainer import log_hyperparameters, new_trainer, switched_on
from noncoding.training.unfinished import Unfinished

log = logging.getLogger(__name__)


def train(
    stores: dict[str, str | os.PathLike[str]],
    folder: str | os.PathLike[str],
    job: TrainingJob,
    *,
    dataset: str,
    model: str,
    motifs: str | os.PathLike[str] | None = None,
    earlier: str | os.PathLike[str] | None = None,
    teacher: str | os.PathLike[str] | None = None,
) -> None:
    """Train a network on a data set and export it.

    Parameters
    ----------
    stores : dict of path
        ``train`` and ``valid``; of a model with an earlier model or a teacher also ``test``, of
        which only the coordinates are read.
    folder : path
        Output folder.
    job : TrainingJob
        Its seed is that of initial weights, order of rows, augmentation and dropout.
    dataset, model : str
        Names in the configuration, for the record of the training.
    motifs : path, optional
        MEME file with motifs that the first kernels are initialised with.
    earlier : path, optional
        Folder of the trained model that a fine-tuned one starts from.
    teacher : path, optional
        Folder of the trained model or ensemble whose predictions are the labels in training.

    Raises
    ------
    InputError
        The stores are not compatible, the earlier model or the teacher is damaged or does not fit
        them, the loss is not finite, a batch does not fit into memory, the folder contains an
        unfinished training of another configuration or of other data, another process trains in
        the folder, or a signal requests to stop.
    """
    settings, seed = job.settings, job.seed
    unfinished = Unfinished(Path(folder, "training", UNFINISHED))
    start: Start | None = None
    if isinstance(job.network, FineTunedModel):
        start = read_start(earlier or job.network.start_from, job.network)
    with Store(stores["train"]) as store, Store(stores["valid"]) as valid:
        check_same_task(store, valid)
        targets = store.targets
        sizes = job.network.model_dump(
            mode="json", exclude_unset=True, exclude={"train", "teacher"}
        )
        if start:
            check_window(start.model.folder, start.model.length, dataset, store.length)
            sizes = sizes_of(start.model)
        record: dict[str, Any] = {
            "dataset": dataset,
            "model": model,
            "bin": store.bin,
            "sizes": sizes,
            "training": settings.dump(),
            "seed": seed,
            "data": {"train": store.source, "valid": valid.source},
            "data_sha256": {"train": store.digest, "valid": valid.digest},
            "motifs_sha256": sha256(motifs) if motifs else None,
        }
        taught_by = Teacher.read(teacher, store) if teacher else None
        loci = {"train": store.loci(), "valid": valid.loci()}
        # Not part of what decides the weights.
        origin: dict[str, Any] = {"motif_start": None}
        if start:
            record["start_from"] = start.record()
        if taught_by:
            record["teacher"] = {"weights_sha256": taught_by.weights_sha256}
        for key, used in (("start_from", start), ("teacher", taught_by)):
            if not used:
                continue
            with Store(stores["test"]) as test:
                loci["test"] = test.loci()
            checked = {
                split: None if loci[split] is None else covered_regions(loci[split])
                for split in CHECKED
            }
            models = lineage(used.model.training)
            found = overlaps(models, checked, store.source.get("fasta_sha256"))
            origin[key] = {**record[key], "models": models, "overlap": found}
            if is_first_process():
                log_overlaps(found)
        origin["regions"] = {split: _regions(loci, split) for split in ("train", "valid")}
        del loci
    with ExitStack() as stack:
        if is_first_process():
            stack.enter_context(exclusive(unfinished.folder))
        resumed = unfinished.start(record, writes=is_first_process())
        pl.seed_everything(seed, workers=True, verbose=False)
        torch.set_float32_matmul_precision("high")
        data = SplitsDataModule(
            stores["train"],
            stores["valid"],
            batch_size=settings.batch_size,
            seed=seed,
            shuffle_buffer=settings.shuffle_buffer,
            rows=job.load.rows,
            workers=job.load.workers,
        )
        prevalence = data.train_rows.prevalence()
        if start:
            untrained, initialised = start_from_model(start.model, targets)
            set_prevalence_of(untrained, prevalence, initialised)
            untrained.freeze(*FROZEN_PARTS[start.freeze])
            origin["start_from"]["initialised_targets"] = len(initialised)
        else:
            untrained = create_model(
                length=data.train_rows.length, targets=data.train_rows.targets, **sizes
            )
            if motifs:
                choice = getattr(job.network, "motifs", True)
                origin["motif_start"] = start_from_motifs(untrained, motifs, targets, choice)
            untrained.set_prevalence(prevalence)
        trainer = new_trainer(
            settings, job.runtime, unfinished, Path(folder, "training/tensorboard")
        )
        device = trainer.strategy.root_device
        module = TrainingModule(
            untrained,
            settings,
            seed,
            compiled=switched_on(settings.compile, auto=device.type == "cuda"),
            checkpoint=unfinished.resume_point,
            rates=start.rates if start else None,
            teacher=taught_by,
        )
        check_validation(data.valid_rows, trainer.world_size)
        try:
            if trainer.is_global_zero:
                log_hyperparameters(trainer.loggers, record)
                size = sum(p.numel() for p in untrained.parameters())
                rows, epochs = len(data.train_rows), settings.epochs
                text = f"{size:,} parameters; {rows:,} rows, at most {epochs} epochs"
                log.info("%s", text)
                if not has_gpu():
                    if busy := busy_warning(torch.get_num_threads()):
                        log.warning("%s", busy)
                    speed = sequences_per_second(
                        untrained, settings.batch_size, settings.precision, teacher=taught_by
                    )
                    log.warning("%s", slow_warning(speed, rows, epochs))
            trainer.fit(module, data, ckpt_path=resumed, weights_only=True)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            context = trainer.precision_plugin.forward_context
            batches = trainer.train_dataloader  # which may be in the memory of the device
            del trainer, module, data  # with the averaged weights and the optimiser's state
            free_memory(error)
            fits = fitting_batch(untrained, device, settings.batch_size, context)
            del batches
            raise out_of_memory(model, settings.batch_size, fits) from error
        if trainer.is_global_zero:
            _write_results(unfinished, folder, module, targets, record | origin)


def _regions(
    loci: Mapping[str, pd.DataFrame | None], split: str
) -> dict[str, list[list[int]]] | None:
    """The recorded regions of a split, if its store has coordinates."""
    own = loci[split]
    if own is None:
        return None
    others = [each for name, each in loci.items() if name != split and each is not None]
    return covered_regions(own, pd.concat(others) if others else None, MOST_REGIONS)


def _write_results(
    unfinished: Unfinished,
    folder: str | os.PathLike[str],
    module: TrainingModule,
    targets: pd.DataFrame,
    record: dict[str, Any],
) -> None:
    """Export the best weights, and write tables and checkpoints.

    The state of the training remains until its results are accepted.
    """
    checkpoint = load_checkpoint(unfinished.best)  # with the averaged weights
    module.load_state_dict(checkpoint["state_dict"])
    epoch, figures = checkpoint["epoch"], checkpoint["figures"]
    record |= {
        "validation": {
            "AUPR, mean over targets": figures["valid_auprc"],
            "AUROC, mean over targets": figures["valid_auroc"],
            "best epoch": epoch + 1,
        },
        "seconds": module.seconds,
        "versions": {
            "torch": torch.__version__,
            "pytorch-lightning": pl.__version__,
            "transformers": transformers.__version__,
        },
    }
    export_model(module.network, Path(folder, "model"), targets, record)
    for layer, row in dead_units(pd.read_csv(unfinished.layers)).iterrows():
        log.warning("%s: %d of %d units are dead", layer, row["dead_units"], row["units"])
    checkpoints = [Path(folder, "training", name) for name in CHECKPOINTS]
    tables = files("train", folder)[:2]
    with atomic_write(*checkpoints, *tables) as [best, last, metrics, layers]:
        unfinished.metrics(epoch, figures).to_csv(metrics, index=False)
        shutil.copyfile(unfinished.layers, layers)
        for source, copy in ((unfinished.best, best), (unfinished.resume_point, last)):
            try:
                copy.hardlink_to(source)
            except OSError:  # the file system has no links
                shutil.copyfile(source, copy)
    unfinished.finish()
    log.log(
        RESULT,
        "validation AUPR %.3f, AUROC %.3f, best epoch %d",
        figures["valid_auprc"],
        figures["valid_auroc"],
        epoch + 1,
    )
