"""Numbers of positive test rows against those of the published test set."""

import logging
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError, some_of
from noncoding.common.wording import counted
from noncoding.data.targets import PUBLISHED_POSITIVES

log = logging.getLogger(__name__)

REBUILT = "rebuilt"
"""Key of a store's ``source``: the `Difference` of a test set that was rebuilt, as a dictionary."""
TOLERANCE = 0.005
"""Relative difference of each target up to which a rebuilt test set stands for the published one.
"""
Counts = npt.NDArray[np.int64]


class Difference(NamedTuple):
    """How far the positive test rows of all targets are from the published numbers.

    Attributes
    ----------
    targets : int
    beyond : int
        Number of targets whose relative difference is larger than `TOLERANCE`.
    largest, mean : float
        Relative difference (see `relative_differences`), over all targets.
    """

    targets: int
    beyond: int
    largest: float
    mean: float

    def __str__(self) -> str:
        largest, mean = (f"{100 * share:.3g} %" for share in (self.largest, self.mean))
        return f"largest relative difference {largest}, mean {mean}"


def published_positives(targets: pd.DataFrame, where: object = "target table") -> Counts:
    """The column `PUBLISHED_POSITIVES` of a target table, shape=(targets,), dtype=int64.

    `where` is the table, for the `InputError` that is raised if it has no such column, or if a
    value is not a whole number, at least 0.
    """
    if PUBLISHED_POSITIVES not in targets:
        raise InputError(
            where,
            f"no column {PUBLISHED_POSITIVES}",
            "the positive rows of each target in the published test set in this column, for "
            "'verify: rebuilt'",
            "Add the column, or set 'verify' of this data set to off.",
        )
    given = targets[PUBLISHED_POSITIVES].reset_index(drop=True)
    numbers = pd.to_numeric(given, errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(~((numbers >= 0) & (numbers % 1 == 0)))
    if len(wrong):
        raise InputError(
            f"{where}, row {wrong[0] + 1}, column {PUBLISHED_POSITIVES}",
            "no value" if pd.isna(given[wrong[0]]) else repr(str(given[wrong[0]])),
            "a whole number, at least 0",
            "Correct the number, or take the column out.",
        )
    return numbers.astype(np.int64)


def relative_differences(found: Counts, published: Counts) -> npt.NDArray[np.float64]:
    """Absolute difference divided by the published number, or by 1 where that is 0.

    A target without positives in the published test set differs by 0 if it has none, and by at
    least 1 otherwise. All arrays have shape=(targets,).

    Examples
    --------
    >>> relative_differences(np.array([199, 0, 3]), np.array([200, 0, 0])).tolist()
    [0.005, 0.0, 3.0]
    """
    return np.abs(found - published) / np.maximum(published, 1)


def beyond_tolerance(found: Counts, published: Counts) -> npt.NDArray[np.bool_]:
    """Targets whose relative difference is larger than `TOLERANCE`, shape=(targets,)."""
    # In whole numbers: exactly 0.5 % is not beyond.
    return np.abs(found - published) * round(1 / TOLERANCE) > np.maximum(published, 1)


def difference_from_published(found: Counts, published: Counts) -> Difference:
    """Compare the positive test rows of targets, shape=(targets,), with the published numbers.

    Both strands count in both.
    """
    relative = relative_differences(found, published)
    return Difference(
        targets=len(published),
        beyond=int(beyond_tolerance(found, published).sum()),
        largest=float(relative.max(initial=0)),
        mean=float(relative.mean()) if len(relative) else 0.0,
    )


def report_difference(
    found: Counts, targets: pd.DataFrame, where: object = "target table"
) -> Difference:
    """Compare as `difference_from_published`, and log the result.

    Parameters
    ----------
    found : numpy.ndarray, shape=(targets,), dtype=int64
        Positive rows of the test split.
    targets : pandas.DataFrame
        The target table, with the columns ``name`` and `PUBLISHED_POSITIVES`.
    where : object
        The table, for errors; see `published_positives`.
    """
    published = published_positives(targets, where)
    difference = difference_from_published(found, published)
    log.info("positive test rows of %s: %s", counted(len(targets), "target"), difference)
    if difference.beyond:
        beyond = np.flatnonzero(beyond_tolerance(found, published))
        log.warning(
            "%d of %d targets have numbers of positive test rows that differ from the published "
            "ones by more than %s %%: %s. Published results will not be shown",
            difference.beyond,
            difference.targets,
            f"{100 * TOLERANCE:g}",
            some_of(
                f"{targets['name'].iloc[i]} (index {i}: {found[i]:,} instead of {published[i]:,})"
                for i in beyond
            ),
        )
    return difference


def recorded_difference(source: dict[str, Any]) -> Difference | None:
    """The difference in the ``source`` of a store; None if the data set was not rebuilt."""
    return Difference(**source[REBUILT]) if REBUILT in source else None
