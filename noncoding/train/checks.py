"""What must be true of the splits before a training begins."""

import os

from noncoding.errors import InputError
from noncoding.loader import SplitsDataModule
from noncoding.store import Store


def check_same_task(train: Store, valid: Store) -> None:
    """Refuse splits of different windows, bins or targets.

    Raises
    ------
    InputError
        They differ.
    """
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


def check_validation(data: SplitsDataModule, path: str | os.PathLike[str]) -> None:
    """Refuse a validation split without a target that has both labels: it has no AUPR.

    Raises
    ------
    InputError
        There is none.
    """
    rows = data.valid_rows
    positives = rows.positives()
    if not ((positives > 0) & (positives < len(rows))).any():
        raise InputError(
            path,
            f"{len(rows)} loci in which no target has both positives and negatives",
            "at least one target with both",
            "Give the validation split more loci, or the data set more targets.",
        )
