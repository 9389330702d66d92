"""Which targets are explained, and which of their loci."""

import difflib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.errors import InputError


def chosen_targets(
    metrics: pd.DataFrame, wanted: Sequence[str | int], best: int, best_per_group: int
) -> tuple[list[int], list[str]]:
    """Indices of the targets to explain.

    Parameters
    ----------
    metrics : pandas.DataFrame
        The evaluation's table: index, name, group, auprc.
    wanted : sequence of str or int
        Names or indices. A name that several targets share means all of them.
    best, best_per_group : int
        Beside them, so many with the highest AUPR, of all and of each group.

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
    for entry in wanted:
        column = "index" if isinstance(entry, int) else "name"
        matches = metrics.loc[metrics[column] == entry, "index"]
        if matches.empty:
            problems.append(_unknown(entry, metrics))
        chosen |= dict.fromkeys(int(index) for index in matches)
    ranked = metrics.dropna(subset="auprc").sort_values("auprc", ascending=False, kind="stable")
    chosen |= dict.fromkeys(int(index) for index in ranked["index"][:best])
    for _, group in ranked.groupby("group", sort=True):
        chosen |= dict.fromkeys(int(index) for index in group["index"][:best_per_group])
    if not chosen:
        raise InputError(
            "configuration, key explain",
            " ".join(problems) or "no target",
            "at least one target that is in the target table",
            "Name targets under 'targets', or set 'best' or 'best_per_group'.",
        )
    return list(chosen), problems


def _unknown(entry: str | int, metrics: pd.DataFrame) -> str:
    close = difflib.get_close_matches(str(entry), list(metrics["name"]), n=3, cutoff=0.4)
    return (
        f"explain.targets: found {entry!r}; expected a name or an index (0 … {len(metrics) - 1}) "
        "in the target table. "
        + (f"Did you mean {' or '.join(close)}?" if close else "See evaluation/targets.tsv.")
    )


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
