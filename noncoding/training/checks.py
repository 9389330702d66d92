"""Check before training that the splits have the same targets and can be validated."""

from noncoding.common.errors import InputError
from noncoding.data.loader.data import SplitsDataModule
from noncoding.data.store import Store
from noncoding.data.targets import ADD_NEGATIVES

_REMEDY = "Delete both files and make them again from the same source."


def check_same_task(train: Store, valid: Store) -> None:
    """Raise an `InputError` if windows, bins or targets of the splits differ."""
    for what in ("length", "bin"):
        if getattr(train, what) != getattr(valid, what):
            raise InputError(
                f"{valid.path}, attribute {what}",
                f"{getattr(valid, what)} bp",
                f"{getattr(train, what)} bp, as in {train.path}",
                _REMEDY,
            )
    if list(train.targets["name"]) != list(valid.targets["name"]):
        raise InputError(
            f"{valid.path}, target table",
            f"{len(valid.targets)} targets",
            f"the {len(train.targets)} of {train.path}, by name",
            _REMEDY,
        )


def check_validation(data: SplitsDataModule, processes: int) -> None:
    """Raise an `InputError` if validation metrics are undefined.

    That is, if no target has both labels, or there are fewer loci than processes.
    """
    rows = data.valid_rows
    if len(rows) < processes:
        raise InputError(
            rows.path,
            f"{len(rows)} loci for {processes} processes",
            "at least one for each",
            "Add loci to the validation split, or train on fewer devices.",
        )
    positives = rows.positives()
    if not ((positives > 0) & (positives < len(rows))).any():
        all_positive = (positives == len(rows)).sum()
        raise InputError(
            rows.path,
            f"{len(rows)} loci in which no target has both positives and negatives "
            f"({all_positive} of {len(positives)} targets are positive in all of them)",
            "at least one target with both",
            ADD_NEGATIVES
            if all_positive
            else "Add loci at which targets are positive to the validation split.",
        )
