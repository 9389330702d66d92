"""The driver of a training: resumes, stops early, exports the best weights."""

import logging
import os
import shutil
import time
import traceback
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd
import pytorch_lightning as pl
import torch
import transformers

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write, sha256
from noncoding.common.locks import exclusive
from noncoding.common.stage_logging import is_first_process
from noncoding.data.loader import SplitsDataModule
from noncoding.data.store import Store
from noncoding.models import Network, create_model, export_model
from noncoding.models.motif_initialisation import start_from_motifs
from noncoding.training.checkpoints import BestEpoch, load_checkpoint
from noncoding.training.checks import check_same_task, check_validation
from noncoding.training.compiling import pays
from noncoding.training.estimate import has_gpu, sequences_per_second, slow_warning
from noncoding.training.failures import fitting_batch, free_memory, is_out_of_memory, out_of_memory
from noncoding.training.layers import dead_units, draw_layers
from noncoding.training.learning_curve import draw_learning_curve, learning_curve
from noncoding.training.loggers import log_hyperparameters
from noncoding.training.module import Schedule, TrainingModule
from noncoding.training.trainer import TrainingOutputs, new_trainer
from noncoding.training.unfinished import Unfinished

log = logging.getLogger(__name__)


def train(
    stores: dict[str, str | os.PathLike[str]],
    *,
    dataset: str,
    model: str,
    sizes: dict[str, Any],
    training: dict[str, Any],
    conduct: dict[str, Any],
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
        What decides the weights of the section ``train:``.
    conduct : dict
        The rest of it, which may be changed in the middle of a training.
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
        unfinished training of another configuration or of other data is in the way,
        or another process trains here.
    """
    with Store(stores["train"]) as store, Store(stores["valid"]) as valid:
        check_same_task(store, valid)
        targets = store.targets
        sources = {"train": store.source, "valid": valid.source}
        digests = {"train": store.digest, "valid": valid.digest}
    record = {
        "dataset": dataset,
        "model": model,
        "sizes": sizes,
        "training": training,
        "seed": seed,
        "data": sources,
        "data_sha256": digests,
        "motifs_sha256": sha256(motifs) if motifs else None,
    }
    unfinished = Unfinished(outputs.unfinished)
    with ExitStack() as stack:
        if is_first_process():
            stack.enter_context(exclusive(outputs.unfinished))
        resumed, parts = unfinished.begin(record, writes=is_first_process())
        started = time.perf_counter()
        while True:
            run = _Run(stores, sizes, training | conduct, load, seed, outputs, motifs, parts)
            error = run.fit(resumed, record)
            if error is None:
                break
            # A checkpoint is of an order of rows that smaller batches would change.
            again = conduct["on_out_of_memory"] == "halve" and run.batch_size >= 6
            if not again or unfinished.resume_point.exists() or run.trainer.world_size > 1:
                raise run.out_of_memory() from error
            log.warning(
                "the memory is too small for %d rows a step; again with %d and twice as many steps "
                "an update",
                run.batch_size,
                run.batch_size // 2,
            )
            unfinished.cut_batches(parts := 2 * parts)
            # Before the next attempt takes its own memory.
            del run, error
            free_memory()
        if run.trainer.is_global_zero:
            _finish(run, unfinished, record, targets, time.perf_counter() - started)


class _Run:
    """A network, its data and its trainer, ready to fit."""

    def __init__(
        self,
        stores: dict[str, str | os.PathLike[str]],
        sizes: dict[str, Any],
        training: dict[str, Any],
        load: dict[str, Any],
        seed: int,
        outputs: TrainingOutputs,
        motifs: str | os.PathLike[str] | None,
        parts: int,
    ) -> None:
        pl.seed_everything(seed, workers=True, verbose=False)
        torch.set_float32_matmul_precision("high")
        self.training = training
        self.outputs = outputs
        self.batch_size = max(3, training["batch_size"] // parts)
        self.data = SplitsDataModule(
            stores["train"],
            stores["valid"],
            batch_size=self.batch_size,
            shuffle_buffer=training["shuffle_buffer"],
            seed=seed,
            **load,
        )
        rows = self.data.train_rows
        with Store(stores["train"]) as store:
            targets = store.targets
        self.network = create_model(length=rows.length, targets=rows.targets, **sizes)
        self.motif_start: dict[str, Any] | None = None
        if motifs is not None:
            started = start_from_motifs(self.network, motifs, targets)
            self.motif_start = started.record(targets)
            log.info(
                "%d first kernels start as motifs of %d targets: %s",
                len(started.kernels),
                sum(map(bool, started.of_targets)),
                ", ".join(started.kernels),
            )
        self.network.set_prevalence(rows.prevalence())
        best = BestEpoch(Unfinished(outputs.unfinished).best)
        self.trainer = new_trainer(training, outputs, best, parts)
        scheduled = {field.name for field in fields(Schedule)} - {"seed"}
        self.module = TrainingModule(
            self.network,
            length=rows.length,
            targets=rows.targets,
            schedule=Schedule(**{key: training[key] for key in scheduled}, seed=seed),
            compiled=pays(training["compile"], self.trainer.strategy.root_device),
        )
        self.module.resume_point = Unfinished(outputs.unfinished).resume_point
        check_validation(self.data, stores["valid"], self.trainer.world_size)

    def fit(self, resumed: Path | None, record: dict[str, Any]) -> Exception | None:
        """Train to the end; the record is logged as hyperparameters.

        Returns
        -------
        Exception or None
            What said that the memory was too small, if it was.
        """
        try:
            if self.trainer.is_global_zero:
                log_hyperparameters(self.trainer.loggers, record)
                _announce(self.network, self.data, self.training, self.batch_size)
            self.trainer.fit(self.module, self.data, ckpt_path=resumed, weights_only=True)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            # Else its frames would keep what is on the device.
            failure: BaseException | None = error
            while failure:
                traceback.clear_frames(failure.__traceback__)
                failure = failure.__context__
            return error
        return None

    def out_of_memory(self) -> InputError:
        """The error of a batch that did not fit, with one that does.

        The network is tried alone: optimiser and averaged weights are given up.
        """
        rows, device = self.data.train_rows, self.trainer.strategy.root_device
        context = self.trainer.precision_plugin.forward_context
        on_device = self.trainer.train_dataloader  # the rows may take their share of it
        del self.trainer, self.module
        self.network.zero_grad(set_to_none=True)
        free_memory()
        fits = fitting_batch(
            self.network,
            device,
            length=rows.length,
            targets=rows.targets,
            below=self.batch_size,
            context=context,
        )
        del on_device
        return out_of_memory(self.batch_size, fits)


def _finish(
    run: _Run,
    unfinished: Unfinished,
    record: dict[str, Any],
    targets: pd.DataFrame,
    seconds: float,
) -> None:
    """Export the best weights, and write what is kept where it belongs.

    The state stays until whoever asked for the training has accepted the results.
    """
    outputs = run.outputs
    # The best checkpoint is judged by, and holds, the averaged weights.
    checkpoint = load_checkpoint(unfinished.best)
    run.module.load_state_dict(checkpoint["state_dict"])
    metrics = unfinished.metrics()
    epoch, figures = checkpoint["epoch"] + 1, checkpoint["figures"]
    curve = learning_curve(metrics, {epoch: figures})
    record["validation"] = {
        "AUPR, mean over targets": figures["valid_auprc"],
        "AUROC, mean over targets": figures["valid_auroc"],
        "best epoch": epoch,
    }
    record["motif_start"] = run.motif_start
    record["seconds"] = seconds
    record["versions"] = {
        "torch": torch.__version__,
        "pytorch-lightning": pl.__version__,
        "transformers": transformers.__version__,
    }
    export_model(run.network, outputs.model, targets, record)
    draw_learning_curve(curve, *outputs.curve)
    table = pd.read_csv(unfinished.layers)
    for layer, row in dead_units(table).iterrows():
        log.warning("%s: %d of %d units are dead", layer, row["dead_units"], row["units"])
    draw_layers(table, *outputs.layers_figure)
    finals = (outputs.metrics, outputs.layers, outputs.best, outputs.last)
    with atomic_write(*finals) as [table, layers, best, last]:
        metrics.to_csv(table, index=False)
        shutil.copyfile(unfinished.layers, layers)
        _same_file(unfinished.best, best)
        _same_file(unfinished.resume_point, last)
    unfinished.finish()


def _same_file(source: Path, name: Path) -> None:
    """Give a file another name, which takes no room; a copy where that cannot be."""
    try:
        name.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, name)


def _announce(
    network: Network, data: SplitsDataModule, training: dict[str, Any], batch_size: int
) -> None:
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
        batch_size=batch_size,
    )
    log.warning("%s", slow_warning(speed, rows, epochs))
