"""What models were trained on that others start or learn from, and its overlap with new splits."""

import logging
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from noncoding.data.regions import Regions, overlapping_chromosomes

log = logging.getLogger(__name__)
CHECKED = {"valid": "validation", "test": "test"}
"""Splits that no earlier model should have been trained on → their names in messages."""


def lineage(training: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A model and those that it descends from, the latest first.

    A model descends from the one that it starts from, and from its teacher. In place of an
    ensemble, its members are named.

    Parameters
    ----------
    training : mapping
        ``training.json`` of the model.

    Returns
    -------
    list of dict
        As JSON: ``dataset``, ``model``, ``weights_sha256``, ``fasta_sha256`` and ``regions``
        (those of the training rows, see `noncoding.data.regions`). What an earlier version did
        not record is None.
    """
    if members := training.get("members"):
        keys = ("dataset", "data", "regions")  # recorded once if the members share them
        shared = {key: training[key] for key in keys if key in training}
        return [each for member in members for each in lineage(shared | member)]
    source = training.get("data", {}).get("train", {})
    own = {
        "dataset": training.get("dataset"),
        "model": training.get("model"),
        "weights_sha256": training.get("weights_sha256"),
        "fasta_sha256": source.get("fasta_sha256"),
        "regions": (training.get("regions") or {}).get("train"),
    }
    before = [(training.get(key) or {}).get("models", []) for key in ("start_from", "teacher")]
    return [own, *chain.from_iterable(before)]


def overlaps(
    models: Iterable[Mapping[str, Any]],
    splits: Mapping[str, Regions | None],
    fasta_sha256: str | None,
) -> list[dict[str, Any]]:
    """Compare the training rows of earlier models with new splits.

    Parameters
    ----------
    models : iterable of mapping
        See `lineage`.
    splits : mapping
        ``valid`` and ``test`` → regions, or None where the store has no coordinates.
    fasta_sha256 : str, optional
        Digest of the new genome.

    Returns
    -------
    list of dict
        One per model, as JSON: ``dataset``, ``model``; ``valid`` and ``test``, the chromosomes
        on which its training rows overlap the split, or None if that is unknown;
        ``same_genome``, whether the FASTA file is the same; and ``message``, a sentence.
    """
    found = []
    for model in models:
        regions = model.get("regions")
        chromosomes = {
            split: None if regions is None or own is None else overlapping_chromosomes(own, regions)
            for split, own in splits.items()
        }
        row = {
            "dataset": model.get("dataset"),
            "model": model.get("model"),
            **chromosomes,
            "same_genome": fasta_sha256 is not None and model.get("fasta_sha256") == fasta_sha256,
        }
        recorded = regions is not None
        found.append(row | {"message": _message(row, recorded=recorded)})
    return found


def log_overlaps(found: Iterable[Mapping[str, Any]]) -> None:
    """Log the messages of `overlaps`, as warnings unless there is no overlap."""
    for row in found:
        clean = all(row[split] == [] for split in CHECKED)
        log.log(logging.INFO if clean else logging.WARNING, "%s", row["message"])


def _message(row: Mapping[str, Any], *, recorded: bool) -> str:
    name = f"the earlier model {row['model']} (data set {row['dataset']})"
    if any(row[split] is None for split in CHECKED):
        why = (
            "the data set has no coordinates"
            if recorded
            else "its training.json does not record the chromosomes of its training rows"
        )
        return (
            f"it cannot be checked whether {name} was trained on chromosomes of the validation or "
            f"test split: {why}"
        )
    names_only = (
        ""
        if row["same_genome"]
        else " (the FASTA files differ or are unknown; names and positions were compared)"
    )
    shared = [
        f"the {what} split ({', '.join(row[split])})"
        for split, what in CHECKED.items()
        if row[split]
    ]
    if not shared:
        return f"{name} has no training rows in the validation and test splits{names_only}"
    return (
        f"{name} was trained on chromosomes of {' and of '.join(shared)}: metrics on these "
        f"chromosomes are too optimistic{names_only}"
    )
