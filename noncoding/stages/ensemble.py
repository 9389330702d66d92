"""The stage `ensemble`: average the predictions of trained models."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

import torch
import transformers

from noncoding.common.errors import InputError
from noncoding.common.progress import progress
from noncoding.common.stage_logging import RESULT
from noncoding.common.wording import counted
from noncoding.data.store import Store
from noncoding.data.targets import check_same_targets
from noncoding.evaluation.metrics import mean_metrics
from noncoding.layout import TARGETS
from noncoding.models.ensemble import Ensemble
from noncoding.models.export import ExportedModel, export_model, load_model
from noncoding.prediction.inference import device, predict_loci
from noncoding.prediction.predictions import check_probabilities

log = logging.getLogger(__name__)
_OF_DATA = ("data", "data_sha256", "regions")
"""Keys of the record of a training that all members share if they had the same data."""
_OF_MEMBER = (
    "model",
    "seed",
    "parameters",
    "weights_sha256",
    "validation",
    "sizes",
    "start_from",
    "teacher",
)
"""Keys of the record of a training that are kept for each member."""


def ensemble(
    members: Mapping[str, str | os.PathLike[str]],
    valid: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    average: str,
    batch_size: int,
    dataset: str,
    model: str,
) -> None:
    """Export several trained models as one, and validate it.

    Parameters
    ----------
    members : mapping of path
        Name → folder of an exported model.
    valid : path
        Store of the validation split.
    folder : path
        Output folder; the model is written to its folder ``model``.
    average : str
        ``probabilities`` or ``logits``.
    batch_size : int
        Loci per step of the validation.
    dataset, model : str
        Names of the data set and of the ensemble, for the record.

    Raises
    ------
    InputError
        A model cannot be loaded or is an ensemble itself, or windows, labelled bins or targets of
        the models and of the validation split differ, or predictions are not finite.
    """
    loaded = {name: load_model(path) for name, path in members.items()}
    first, *others = loaded.values()
    for each in (first, *others):
        _check_member(each, first)
    joined = Ensemble.of([each.network for each in loaded.values()], average)
    where = device()
    with Store(valid) as store:
        first.check_fits(store)
        torch.nn.Module.to(joined, where)
        with progress(store.loci_count, "locus") as update:
            loci = slice(0, store.loci_count)
            probabilities = predict_loci(joined, store, loci, batch_size, where, update)
            check_probabilities(probabilities, folder, loci.start)
        auroc, auprc = mean_metrics(store.labels(loci), probabilities)
    shared = {
        key: first.training[key]
        for key in _OF_DATA
        if all(key in each.training for each in loaded.values())
        and all(each.training[key] == first.training[key] for each in others)
    }
    record = {
        "dataset": dataset,
        "model": model,
        "bin": first.bin,
        "average": average,
        "members": [
            {key: each.training.get(key) for key in _OF_MEMBER}
            | ({} if "regions" in shared else {"regions": each.training.get("regions")})
            | {"name": name}
            for name, each in loaded.items()
        ],
        **shared,
        "validation": {"AUPR, mean over targets": auprc, "AUROC, mean over targets": auroc},
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    }
    export_model(joined.cpu(), Path(folder, "model"), first.targets, record)
    log.log(
        RESULT,
        "%s of %s: validation AUPR %.3f, AUROC %.3f",
        f"mean {average}",
        counted(len(loaded), "model"),
        auprc,
        auroc,
    )


def _check_member(member: ExportedModel, first: ExportedModel) -> None:
    """Refuse a model that cannot be averaged with the first one."""
    remedy = "Use models that were trained on the same data set."
    if isinstance(member.network, Ensemble):
        raise InputError(
            member.folder, "an ensemble", "a single network", "Name its members instead."
        )
    for what in ("length", "bin"):
        own, expected = getattr(member, what), getattr(first, what)
        if own != expected:
            name = {"length": "windows", "bin": "labelled bins"}[what]
            raise InputError(
                member.folder,
                f"{name} of {own} bp",
                f"{expected} bp, as in {first.folder}",
                remedy,
            )
    check_same_targets(
        member.folder / TARGETS, member.targets, first.targets, os.fspath(first.folder), remedy
    )
