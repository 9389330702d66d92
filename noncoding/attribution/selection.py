"""Which targets are explained, and which of their loci."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.attribution.overlap import Windows
from noncoding.common.errors import InputError
from noncoding.data.store import Store
from noncoding.data.targets import named_target

_READ = 64
"""Windows that are read at once."""


@dataclass(frozen=True)
class TargetSelection:
    """Which targets are explained, as the section ``explain`` of the configuration says.

    Attributes
    ----------
    targets : list of str or int
        Names or indices. A name that several targets share means all of them.
    best, best_per_group : int
        Beside them, so many with the highest AUPR, of all and of each group.
    """

    targets: list[str | int]
    best: int
    best_per_group: int


def chosen_targets(metrics: pd.DataFrame, choice: TargetSelection) -> tuple[list[int], list[str]]:
    """Indices of the targets to explain.

    Parameters
    ----------
    metrics : pandas.DataFrame
        The evaluation's table: index, name, group, auprc.
    choice : TargetSelection

    Returns
    -------
    targets : list of int
        In this order, each once.
    problems : list of str
        What is no target, in a sentence each.

    Raises
    ------
    InputError
        Nothing is left to explain.
    """
    chosen: dict[int, None] = {}
    problems = []
    for entry in choice.targets:
        try:
            found = named_target(metrics, entry, "explain.targets")
            chosen |= dict.fromkeys(int(index) for index in found["index"])
        except InputError as error:
            problems.append(str(error))
    ranked = metrics.dropna(subset="auprc").sort_values("auprc", ascending=False, kind="stable")
    chosen |= dict.fromkeys(int(index) for index in ranked["index"][: choice.best])
    for _, group in ranked.groupby("group", sort=True):
        chosen |= dict.fromkeys(int(index) for index in group["index"][: choice.best_per_group])
    if not chosen:
        raise InputError(
            "configuration, key explain",
            " ".join(problems) or "no target",
            "at least one target that is in the target table",
            "Name targets under 'targets', or set 'best' or 'best_per_group'.",
        )
    return list(chosen), problems


def best_true_positives(
    labels: npt.NDArray[np.uint8],
    probabilities: npt.NDArray[np.float32],
    count: int,
    store: Store,
) -> npt.NDArray[np.int64]:
    """Loci with the label, best-predicted first, none of which overlap.

    A window that overlaps a better one is passed over, since it would show the same bases
    again. Where the store has no coordinates, overlap is recognised by shared sequence.

    Parameters
    ----------
    labels, probabilities : numpy.ndarray, shape=(loci,)
        Of one target.
    count : int
        At most.
    store : Store
        With these loci.

    Returns
    -------
    numpy.ndarray, shape=(n,), dtype=int64
    """
    positives = np.flatnonzero(labels)
    ranked = positives[np.argsort(-probabilities[positives], kind="stable")]
    loci = store.loci()
    fits = _apart_by_sequence(store, ranked) if loci is None else _apart(loci, ranked)
    return np.array(list(islice(fits, count)), dtype=np.int64)


def _apart(loci: pd.DataFrame, ranked: npt.NDArray[np.int64]) -> Iterator[int]:
    """Rows whose window overlaps none of the rows before, by coordinates."""
    windows: dict[str, list[tuple[int, int]]] = {}
    for row in ranked:
        chromosome, start, end = loci.loc[row, ["chromosome", "start", "end"]]
        others = windows.setdefault(chromosome, [])
        if all(end <= low or high <= start for low, high in others):
            others.append((start, end))
            yield row


def _apart_by_sequence(store: Store, ranked: npt.NDArray[np.int64]) -> Iterator[int]:
    """Likewise, by sequence."""
    windows = Windows()
    for first in range(0, len(ranked), _READ):
        rows = ranked[first : first + _READ]
        order = np.argsort(rows)
        # The store gives rows in rising order only.
        one_hot = store.sequences(rows[order])[np.argsort(order)]
        yield from (row for row, one in zip(rows, one_hot, strict=True) if windows.add(one))
