"""Figures of comparisons: classifiers of a dataset, and models over seeds.

Every ``*_finding`` is the title of the figure of the same name; every ``draw_*`` writes one
file per path, in the format of its suffix.
"""

import os

import numpy as np
import pandas as pd

from noncoding.common.plot_groups import group_colours
from noncoding.common.plot_style import COLOURS, saved_figure, set_title, shortened

_KINDS = {"model": COLOURS[0], "published": COLOURS[1], "baseline": COLOURS[3]}
"""Colours of models trained here, published results, and classifiers without a network."""
_NAME_CHARACTERS = 24
"""Maximum length of a classifier's name beside a panel."""
_AVERAGES = {"mean_auprc": "mean AUPR", "median_auroc": "median AUROC"}


def ranking_finding(ranks: pd.DataFrame) -> str:
    """The two classifiers with the highest mean AUPR over all compared targets."""
    ranks = ranks[ranks["subset"] == ""]
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
    """Plot mean AUPR and median AUROC of the classifiers of `ranking`, the best first.

    A subset of the targets follows below the others, after a line with its name.
    """
    rows = dict(zip(ranks.index + (ranks["subset"] != ""), ranks["classifier"], strict=True))
    for subset, members in ranks[ranks["subset"] != ""].groupby("subset"):
        rows[members.index[0]] = f"{members['targets'].iloc[0]:,} targets with {subset}:"
    ranks = ranks.set_index(ranks.index + (ranks["subset"] != ""))
    with saved_figure(*paths, size=(8, 1.6 + 0.35 * len(rows))) as figure:
        set_title(figure, ranking_finding(ranks))
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (average, label) in zip(panels, _AVERAGES.items(), strict=True):
            for kind, colour in _KINDS.items():
                members = ranks[ranks["kind"] == kind]
                if members.empty:
                    continue
                values = members[average]
                limits = members[[f"{average}_low", f"{average}_high"]]
                axes.hlines(members.index, *limits.to_numpy().T, color=colour, linewidth=2)
                axes.plot(values, members.index, "o", color=colour, label=kind)
                for row, value in values.items():
                    axes.annotate(
                        f"{value:.3f}",
                        (value, row),
                        xytext=(0, 5),
                        textcoords="offset points",
                        ha="center",
                        fontsize=8,
                    )
            axes.set_xlabel(f"{label} (bar: 95 % interval)")
            axes.margins(x=0.12)
        panels[0].set_yticks(list(rows), list(rows.values()))
        panels[0].set_ylim(len(rows) - 0.5, -0.7)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)


def versus_finding(best: str, pairs: pd.DataFrame) -> str:
    """On how many targets the best model has the higher AUPR, against its closest rival.

    That is the classifier with the smallest margin: targets on which the model has the higher
    AUPR minus those on which it has the lower one, as a share of all.
    """
    losses = pairs["targets"] - pairs["wins"] - pairs["ties"]
    closest = ((pairs["wins"] - losses) / pairs["targets"]).idxmin()
    wins, lost = pairs.loc[closest, "wins"], losses[closest]
    targets, other = pairs.loc[closest, ["targets", "other"]]
    if wins == targets:
        return f"{best} has a higher AUPR than each other classifier on every target"
    if lost > wins:
        return f"{other} has a higher AUPR than {best} on {lost:,} of {targets:,} targets"
    if lost == wins:
        return f"{best} and {other} each have the higher AUPR on {wins:,} of {targets:,} targets"
    return (
        f"{best} has the higher AUPR on more targets than each other classifier; closest is "
        f"{other} ({wins:,} against {lost:,} of {targets:,})"
    )


def draw_versus(
    best: str,
    pairs: pd.DataFrame,
    metrics: pd.DataFrame,
    targets: pd.DataFrame,
    *paths: str | os.PathLike[str],
) -> None:
    """Plot the AUPR of the best model against that of each other classifier.

    Parameters
    ----------
    best : str
    pairs : pandas.DataFrame
        One row per panel: other, targets, wins (of ``best``), ties; made by `versus`.
    metrics : pandas.DataFrame
        One row per target and classifier: index, classifier, auprc.
    targets : pandas.DataFrame
        The targets that are compared: index, group.
    *paths : path
    """
    wide = metrics.pivot(index="index", columns="classifier", values="auprc").astype(float)
    colours = group_colours(targets)
    columns = min(3, len(pairs))
    rows = -(-len(pairs) // columns)
    with saved_figure(*paths, size=(max(5.0, 2.9 * columns), 1.0 + 2.9 * rows)) as figure:
        set_title(figure, versus_finding(best, pairs))
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, (_, pair) in zip(panels, pairs.iterrows(), strict=False):
            for group, members in targets.groupby("group", sort=False):
                axes.plot(
                    wide.loc[members["index"], pair["other"]],
                    wide.loc[members["index"], best],
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
            axes.set_xlabel(f"AUPR, {shortened(pair['other'], _NAME_CHARACTERS)}")
            axes.set_ylabel(f"AUPR, {shortened(best, _NAME_CHARACTERS)}")
        for axes in panels[len(pairs) :]:
            axes.remove()
        if len(colours) > 1:
            figure.legend(
                *panels[0].get_legend_handles_labels(),
                loc="outside lower center",
                ncols=columns,
            )


def sweep_finding(means: pd.DataFrame) -> str:
    """The model with the highest mean AUPR on each dataset, with its standard deviation."""
    sentences = []
    for dataset, members in means.groupby("dataset", sort=False):
        best = members.sort_values("auprc", ascending=False, kind="stable").iloc[0]
        spread = "" if np.isnan(best["auprc_sd"]) else f" ± {best['auprc_sd']:.3f}"
        finding = f"{best['model']} has the highest mean AUPR on {dataset}"
        if len(members) == 1:
            finding = f"mean AUPR of {best['model']} on {dataset}"
        sentences.append(f"{finding}: {best['auprc']:.3f}{spread}")
    return "; ".join(sentences)


def draw_sweep(runs: pd.DataFrame, means: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Plot each training, and mean and standard deviation over seeds (`means_over_seeds`)."""
    datasets = list(dict.fromkeys(means["dataset"]))
    models = list(dict.fromkeys(means["model"]))
    metrics = {"auprc": "mean AUPR", "auroc": "median AUROC"}
    size = (8, 1.4 + len(datasets) * (0.7 + 0.3 * len(models)))
    with saved_figure(*paths, size=size) as figure:
        set_title(figure, sweep_finding(means))
        figure.supxlabel(
            "point: one training (seed); bar: mean ± standard deviation over seeds", fontsize=9
        )
        panels = figure.subplots(len(datasets), len(metrics), squeeze=False)
        for axes_of_dataset, dataset in zip(panels, datasets, strict=True):
            for axes, (metric, label) in zip(axes_of_dataset, metrics.items(), strict=True):
                for row, model in enumerate(models):
                    colour = COLOURS[row % len(COLOURS)]
                    own_runs, own_means = (
                        table[(table["dataset"] == dataset) & (table["model"] == model)]
                        for table in (runs, means)
                    )
                    values = own_runs[metric]
                    axes.plot(values, [row] * len(values), "o", ms=4, color=colour, alpha=0.6)
                    axes.errorbar(
                        own_means[metric],
                        [row + 0.25] * len(own_means),
                        xerr=np.nan_to_num(own_means[f"{metric}_sd"]),
                        fmt="|",
                        color=colour,
                        capsize=3,
                    )
                axes.set(ylim=(len(models) - 0.5, -0.5), xlabel=label, title=dataset)
                shown = models if axes is axes_of_dataset[0] else []
                axes.set_yticks(range(len(shown)), shown)
