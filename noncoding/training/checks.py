"""What must be true of the splits before a training begins."""

import os

from noncoding.common.errors import InputError
from noncoding.data.loader import SplitsDataModule
from noncoding.data.store import Store
from noncoding.data.targets import ADD_NEGATIVES


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


def check_validation(
    data: SplitsDataModule, path: str | os.PathLike[str], processes: int = 1
) -> None:
    """Refuse a validation split that nothing can be judged by.

    Raises
    ------
    InputError
        No target has both labels, so that there is no AUPR; or there are fewer
        loci than processes that share them.
    """
    rows = data.valid_rows
    if len(rows) < processes:
        raise InputError(
            path,
            f"{len(rows)} loci for {processes} processes",
            "at least one for each",
            "Give the validation split more loci, or train on fewer devices.",
        )
    positives = rows.positives()
    if not ((positives > 0) & (positives < len(rows))).any():
        all_positive = (positives == len(rows)).sum()
        raise InputError(
            path,
            f"{len(rows)} loci in which no target has both positives and negatives "
            f"({all_positive} of {len(positives)} targets are positive in all of them)",
            "at least one target with both",
            ADD_NEGATIVES
            if all_positive
            else "Give the validation split loci at which targets are positive.",
        )
