"""Figures of a comparison: the ranking, and the best model target by target."""

import os

import numpy as np
import pandas as pd

from noncoding.common.plot_groups import group_colours
from noncoding.common.plot_style import COLOURS, saved_figure, set_title, shortened

KINDS = {"model": COLOURS[0], "published": COLOURS[1], "baseline": COLOURS[3]}
"""Colour of what was trained here, what a paper reports, and what needs no network."""
_NAME_CHARACTERS = 24
"""Of a classifier's name beside a panel."""
_PANELS = (("mean_auprc", "mean AUPR"), ("median_auroc", "median AUROC"))


def ranking_finding(ranks: pd.DataFrame) -> str:
    """What the figure of `draw_ranking` shows, as its title."""
    best = ranks.iloc[0]
    finding = (
        f"{best['classifier']} has the highest mean AUPR, {best['mean_auprc']:.3f}, "
        f"over {best['targets']:,} targets"
    )
    if len(ranks) > 1:
        second = ranks.iloc[1]
        finding += f"; next is {second['classifier']}, {second['mean_auprc']:.3f}"
    return finding


def draw_ranking(ranks: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Draw mean AUPR and median AUROC of all classifiers, the best first.

    Parameters
    ----------
    ranks : pandas.DataFrame
        Made by `noncoding.evaluation.ranking.ranking`.
    *paths : path
        One file a format.
    """
    with saved_figure(*paths, size=(8, 1.6 + 0.35 * len(ranks))) as figure:
        set_title(figure, ranking_finding(ranks))
        panels = figure.subplots(1, 2, sharey=True)
        places = np.arange(len(ranks))
        for axes, (average, label) in zip(panels, _PANELS, strict=True):
            for kind, colour in KINDS.items():
                own = (ranks["kind"] == kind).to_numpy()
                if not own.any():
                    continue
                values = ranks.loc[own, average]
                limits = ranks.loc[own, [f"{average}_low", f"{average}_high"]]
                axes.hlines(places[own], *limits.to_numpy().T, color=colour, linewidth=2)
                axes.plot(values, places[own], "o", color=colour, label=kind)
                for place, value in zip(places[own], values, strict=True):
                    axes.annotate(
                        f"{value:.3f}",
                        (value, place),
                        xytext=(0, 5),
                        textcoords="offset points",
                        ha="center",
                        fontsize=8,
                    )
            axes.set_xlabel(f"{label} (bar: 95 % interval)")
            axes.margins(x=0.12)
        panels[0].set_yticks(places, ranks["classifier"])
        panels[0].set_ylim(len(ranks) - 0.5, -0.7)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)


def versus_finding(best: str, pairs: pd.DataFrame) -> str:
    """What the figure of `draw_versus` shows, as its title."""
    closest = pairs.loc[(pairs["wins"] / pairs["targets"]).idxmin()]
    wins, targets = closest["wins"], closest["targets"]
    if wins == targets:
        return f"{best} has a higher AUPR than each other classifier on every target"
    return (
        f"{best} has a higher AUPR than each other classifier on at least {wins / targets:.0%} of "
        f"the targets ({wins:,} of {targets:,}, against {closest['other']})"
    )


def draw_versus(
    best: str,
    pairs: pd.DataFrame,
    metrics: pd.DataFrame,
    targets: pd.DataFrame,
    *paths: str | os.PathLike[str],
) -> None:
    """Draw the AUPR of one model against that of each other classifier, target by target.

    Parameters
    ----------
    best : str
        The model.
    pairs : pandas.DataFrame
        One row a panel: other, targets, wins (of ``best``).
    metrics : pandas.DataFrame
        One row a target and classifier: index, classifier, auprc.
    targets : pandas.DataFrame
        The targets that are compared: index, group.
    *paths : path
        One file a format.
    """
    wide = metrics.pivot(index="index", columns="classifier", values="auprc").astype(float)
    wide = wide.loc[targets["index"]]
    colours = group_colours(targets)
    columns = min(3, len(pairs))
    rows = -(-len(pairs) // columns)
    with saved_figure(*paths, size=(max(5.0, 2.9 * columns), 1.0 + 2.9 * rows)) as figure:
        set_title(figure, versus_finding(best, pairs))
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, (_, pair) in zip(panels, pairs.iterrows(), strict=False):
            for group, part in targets.groupby("group", sort=False):
                axes.plot(
                    wide.loc[part["index"], pair["other"]],
                    wide.loc[part["index"], best],
                    "o",
                    color=colours[group],
                    markersize=3.5,
                    alpha=0.6,
                    markeredgewidth=0,
                    label=str(group),
                )
            axes.axline((0, 0), slope=1, color="0.4", linestyle=":", zorder=0)
            axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
            axes.set_title(f"higher on {pair['wins']:,} of {pair['targets']:,}", fontsize=9)
            other, own = (shortened(name, _NAME_CHARACTERS) for name in (pair["other"], best))
            axes.set(xlabel=f"AUPR, {other}", ylabel=f"AUPR, {own}")
        for axes in panels[len(pairs) :]:
            axes.remove()
        if len(colours) > 1:
            figure.legend(
                *panels[0].get_legend_handles_labels(),
                loc="outside lower center",
                ncols=columns,
            )
