"""ROC and precision–recall curves of chosen targets."""

import os
from collections.abc import Sequence
from itertools import cycle

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from noncoding.common.errors import InputError
from noncoding.common.plot_style import COLOURS, saved_figure, set_title, shortened
from noncoding.data.targets import named_target
from noncoding.evaluation.metrics import Ranking, rank
from noncoding.evaluation.tables import scored

LINE_STYLES = ("-", "--", "-.")
_NAME_CHARACTERS = 36
"""Of a target's name in the legend."""
POINTS = 300
"""A curve has at most twice as many: evenly spaced along both of its axes."""


def representative_targets(metrics: pd.DataFrame, min_positives: int) -> pd.DataFrame:
    """The best, the median and the worst target by AUPR.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Made by `noncoding.evaluation.tables.target_metrics`.
    min_positives : int
        Only targets with at least so many positive test loci; where there are
        none, all targets that have metrics.

    Returns
    -------
    pandas.DataFrame
        Rows of ``metrics`` by falling AUPR, at most three, with a column
        ``role``: "best", "median" or "worst".
    """
    candidates = scored(metrics)
    enough = candidates[candidates["test_positives"] >= min_positives]
    ranked = (enough if len(enough) else candidates).sort_values("auprc", kind="stable")
    roles = {"best": len(ranked) - 1, "worst": 0, "median": (len(ranked) - 1) // 2}
    chosen = ranked.iloc[list(roles.values())].assign(role=list(roles))
    chosen = chosen[~chosen["index"].duplicated()]
    return chosen.sort_values("auprc", ascending=False, kind="stable")


def named_targets(metrics: pd.DataFrame, targets: Sequence[str | int]) -> pd.DataFrame:
    """The targets that a person asked for.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Made by `noncoding.evaluation.tables.target_metrics`.
    targets : sequence of str or int
        Names or indices. A name that several targets share means all of them
        that have metrics.

    Returns
    -------
    pandas.DataFrame
        Rows of ``metrics``, each once, in the order asked for, with an empty
        column ``role``.

    Raises
    ------
    InputError
        There is no target of a name or index, or it has no positives or no
        negatives.
    """
    chosen = pd.concat([_named(metrics, target) for target in targets]).assign(role="")
    return chosen[~chosen["index"].duplicated()]


def curves_finding(chosen: pd.DataFrame) -> str:
    """What the figure of `draw_curves` shows, as its title."""
    best, worst = chosen.loc[chosen["auprc"].idxmax()], chosen.loc[chosen["auprc"].idxmin()]
    if len(chosen) == 1:
        return (
            f"{best['name']} has an AUPR of {best['auprc']:.3f}, "
            f"{best['auprc_over_prevalence']:.3g} times its prevalence"
        )
    return (
        f"AUPR between {worst['auprc']:.3f} ({worst['name']}) and "
        f"{best['auprc']:.3f} ({best['name']})"
    )


def draw_curves(
    chosen: pd.DataFrame,
    labels: npt.NDArray[np.uint8],
    scores: npt.NDArray[np.floating],
    *paths: str | os.PathLike[str],
) -> None:
    """Draw the ROC and the precision–recall curve of chosen targets.

    Parameters
    ----------
    chosen : pandas.DataFrame
        Made by `representative_targets` or `named_targets`.
    labels : numpy.ndarray, shape=(loci, targets), dtype=uint8
    scores : numpy.ndarray, shape=(loci, targets), dtype=float32 or float64
    *paths : path
        One file a format.
    """
    with saved_figure(*paths, size=(8, 4.0 + 0.2 * len(chosen))) as figure:
        set_title(figure, curves_finding(chosen))
        roc, precision_recall = figure.subplots(1, 2)
        styles = zip(cycle(COLOURS), cycle(LINE_STYLES), strict=False)
        for (_, target), (colour, style) in zip(chosen.iterrows(), styles, strict=False):
            column = target["index"]
            curve = thinned(rank(labels[:, column], scores[:, column]), POINTS)
            _draw_roc(roc, curve, colour, style, _legend(target))
            _draw_precision_recall(precision_recall, curve, colour, style)
        roc.plot([0, 1], [0, 1], color="0.6", linestyle=":", zorder=0)
        roc.set(xlabel="false-positive rate", ylabel="recall (true-positive rate)")
        precision_recall.set(xlabel="recall", ylabel="precision")
        roc.set_title("dotted: random classifier", fontsize=9)
        precision_recall.set_title("dotted: prevalence, a random classifier", fontsize=9)
        for axes in (roc, precision_recall):
            axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        figure.legend(loc="outside lower left")


def thinned(ranking: Ranking, points: int) -> Ranking:
    """Fewer thresholds, evenly spaced in recall and in the false-positive rate.

    Parameters
    ----------
    ranking : Ranking
    points : int
        Thresholds along each of the two axes.

    Returns
    -------
    Ranking
        At most ``2 * points`` of the thresholds, the first and the last among
        them.
    """
    kept = [
        np.searchsorted(counts, np.linspace(counts[0], counts[-1], points))
        for counts in (ranking.true_positives, ranking.false_positives)
    ]
    kept[0][-1] = len(ranking.true_positives) - 1
    return Ranking(*(counts[np.unique(kept)] for counts in ranking))


def _named(metrics: pd.DataFrame, target: str | int) -> pd.DataFrame:
    found = named_target(metrics, target, "evaluate.curves")
    drawable = scored(found)
    if drawable.empty:
        raise InputError(
            f"target {target!r}",
            f"{found['test_positives'].sum():,} positive and "
            f"{found['test_negatives'].sum():,} negative test loci",
            "at least one of each",
            "Ask for another target.",
        )
    return drawable


def _legend(target: pd.Series) -> str:
    role = f"{target['role']}: " if target["role"] else ""
    name = shortened(target["name"], _NAME_CHARACTERS)
    return (
        f"{role}{name} — AUROC {target['auroc']:.3f}, AUPR {target['auprc']:.3f}, "
        f"{target['test_positives']:,} positives (prevalence {100 * target['prevalence']:.2g} %)"
    )


def _draw_roc(axes: Axes, curve: Ranking, colour: str, style: str, label: str) -> None:
    axes.plot(
        np.append(0, curve.false_positives / curve.negatives),
        np.append(0, curve.true_positives / curve.positives),
        color=colour,
        linestyle=style,
        label=label,
    )


def _draw_precision_recall(axes: Axes, curve: Ranking, colour: str, style: str) -> None:
    recall = curve.true_positives / curve.positives
    # Steps, since average precision is the area under steps, not under slopes.
    axes.plot(
        np.append(0, recall),
        np.append(curve.precision[0], curve.precision),
        color=colour,
        linestyle=style,
        drawstyle="steps-pre",
    )
    prevalence = curve.positives / (curve.positives + curve.negatives)
    axes.axhline(prevalence, color=colour, linestyle=":", linewidth=1, zorder=0)
