"""Which targets are explained, and which of their loci."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.errors import InputError
from noncoding.targets import named_target


@dataclass(frozen=True)
class Choice:
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


def chosen_targets(metrics: pd.DataFrame, choice: Choice) -> tuple[list[int], list[str]]:
    """Indices of the targets to explain.

    Parameters
    ----------
    metrics : pandas.DataFrame
        The evaluation's table: index, name, group, auprc.
    choice : Choice

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
    loci: pd.DataFrame | None = None,
) -> npt.NDArray[np.int64]:
    """Loci with the label, best-predicted first.

    Parameters
    ----------
    labels, probabilities : numpy.ndarray, shape=(loci,)
        Of one target.
    count : int
        At most.
    loci : pandas.DataFrame, optional
        Window of each locus (chromosome, start, end). A window that overlaps a
        better one is passed over: it would show the same bases again.

    Returns
    -------
    numpy.ndarray, shape=(n,), dtype=int64
    """
    positives = np.flatnonzero(labels)
    ranked = positives[np.argsort(-probabilities[positives], kind="stable")]
    if loci is None:
        return ranked[:count]
    taken: list[int] = []
    windows: dict[str, list[tuple[int, int]]] = {}
    for row in ranked:
        chromosome, start, end = loci.loc[row, ["chromosome", "start", "end"]]
        others = windows.setdefault(chromosome, [])
        if len(taken) == count:
            break
        if all(end <= low or high <= start for low, high in others):
            others.append((start, end))
            taken.append(row)
    return np.array(taken, dtype=np.int64)
