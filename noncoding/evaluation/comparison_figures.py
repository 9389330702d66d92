"""Figures of comparisons: classifiers of a dataset, and models over seeds.

Every ``*_finding`` gives the title and the details of the figure of the same name; every
``draw_*`` writes one file per path, in the format of its suffix.
"""

import os
from collections.abc import Iterable
from textwrap import fill

import numpy as np
import pandas as pd

from noncoding.common.plot_groups import group_colours
from noncoding.common.plot_style import COLOURS, saved_figure, set_title, shortened
from noncoding.common.wording import counted

_KINDS = {"model": COLOURS[0], "published": COLOURS[1], "baseline": COLOURS[3]}
"""Colours of models trained here, published results, and classifiers without a network."""
_NAME_CHARACTERS = 24
"""Maximum length of a line with the name of a classifier beside a panel."""
_AXIS_CHARACTERS = 20
"""Maximum length of a classifier's name in the label of an axis."""
_TITLE_CHARACTERS = 36
"""Maximum length of a classifier's name in a title."""
_AVERAGES = {"mean_auprc": "mean AUPR", "median_auroc": "median AUROC"}


def ranking_finding(ranks: pd.DataFrame) -> tuple[str, str]:
    """The classifiers with the highest mean AUPR; the number of targets, and the next."""
    ranks = ranks[ranks["subset"] == ""]
    best = ranks.iloc[0]
    *others, last = ranks.loc[~(ranks["mean_auprc"] < best["mean_auprc"]), "classifier"]
    have = f"{', '.join(others)} and {last} have" if others else f"{last} has"
    details = f"over {counted(best['targets'], 'target')}"
    if len(ranks) > len(others) + 1:
        following = ranks.iloc[len(others) + 1]
        details += f"; next is {following['classifier']}, {following['mean_auprc']:.3f}"
    return f"{have} the highest mean AUPR, {best['mean_auprc']:.3f}", details


def draw_ranking(ranks: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Plot mean AUPR and median AUROC of the classifiers of `ranking`, the best first.

    A subset of the targets follows below the others, after a line with its name.
    """
    names, row = _rows(ranks["classifier"])
    places = ranks.index + (ranks["subset"] != "")
    labels = dict(zip(places, names, strict=True))
    for subset, members in ranks[ranks["subset"] != ""].groupby("subset"):
        labels[members.index[0]] = f"{counted(members['targets'].iloc[0], 'target')} with {subset}:"
    ranks = ranks.set_index(places)
    with saved_figure(*paths, height=1.2 + row * len(labels)) as figure:
        set_title(figure, *ranking_finding(ranks))
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
            axes.locator_params(axis="x", nbins=5)
        panels[0].set_yticks(list(labels), list(labels.values()))
        panels[0].set_ylim(len(labels) - 0.5, -0.7)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)


def versus_finding(best: str, pairs: pd.DataFrame) -> tuple[str, str]:
    """Which of two has the higher AUPR on more targets: a model or its closest competitor.

    That is the classifier with the smallest margin: targets on which the model has the higher
    AUPR minus those on which it has the lower one, as a share of all.
    """
    pairs = pairs[pairs["targets"] > 0]
    if pairs.empty:
        return "No other classifier scores these targets", ""
    losses = pairs["targets"] - pairs["wins"] - pairs["ties"]
    closest = ((pairs["wins"] - losses) / pairs["targets"]).idxmin()
    wins, lost, targets = pairs.loc[closest, "wins"], losses[closest], pairs.loc[closest, "targets"]
    names = (best, pairs.loc[closest, "other"])
    model, other = (shortened(name, _TITLE_CHARACTERS) for name in names)
    if wins == targets:
        return f"{model} has a higher AUPR than each other classifier on every target", ""
    if lost > wins:
        return f"{other} has a higher AUPR than {model} on {lost:,} of {targets:,} targets", ""
    if lost == wins:
        tied = f"{model} and {other} each have the higher AUPR on {wins:,} of {targets:,} targets"
        return tied, ""
    return (
        f"{model} has the higher AUPR on more targets than each other classifier",
        f"closest: {other}, {wins:,} against {lost:,} of {targets:,} targets",
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
    # Square panels, with their labels.
    side = {1: 4.4, 2: 3.8}.get(columns, 2.6)
    with saved_figure(*paths, height=0.3 + side * rows) as figure:
        figure.set_layout_engine("compressed", h_pad=0.08)
        set_title(figure, *versus_finding(best, pairs))
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
            ticks = np.linspace(0, 1, 5)
            axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
            axes.set(xticks=ticks, yticks=ticks)
            axes.set_title(f"higher on {pair['wins']:,} of {pair['targets']:,}", fontsize=9)
            for set_label, name in ((axes.set_xlabel, pair["other"]), (axes.set_ylabel, best)):
                set_label(f"AUPR, {shortened(name, _AXIS_CHARACTERS)}", fontsize=9)
        for axes in panels[len(pairs) :]:
            axes.remove()
        if len(colours) > 1:
            figure.legend(
                *panels[0].get_legend_handles_labels(),
                loc="outside lower center",
                ncols=columns,
            )


def sweep_finding(means: pd.DataFrame) -> tuple[str, str]:
    """The models with the highest mean AUPR on the datasets; these, with standard deviations."""
    best = means.loc[means.groupby("dataset", sort=False)["auprc"].idxmax()]
    values = []
    for row in best.itertuples():
        spread = "" if np.isnan(row.auprc_sd) else f" ± {row.auprc_sd:.3f}"
        values.append(f"{row.dataset}: {row.model} {row.auprc:.3f}{spread}")
    models, datasets = best["model"].unique(), len(best)
    if means["model"].nunique() == 1:
        finding = f"Mean AUPR of {models[0]} is {best['auprc'].min():.3f}"
        if datasets > 1:
            finding += f" to {best['auprc'].max():.3f} on {datasets} datasets"
    elif len(models) == 1:
        finding = f"{models[0]} has the highest mean AUPR"
        if datasets > 1:
            finding += f" on {'both' if datasets == 2 else f'all {datasets}'} datasets"
    else:
        finding = "The model with the highest mean AUPR differs between datasets"
    return finding, f"highest mean AUPR over seeds, by dataset: {'; '.join(values)}"


def draw_sweep(runs: pd.DataFrame, means: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Plot each training, and mean and standard deviation over seeds (`means_over_seeds`)."""
    datasets = list(dict.fromkeys(means["dataset"]))
    models = list(dict.fromkeys(means["model"]))
    metrics = {"auprc": "mean AUPR", "auroc": "median AUROC"}
    names, row_height = _rows(models)
    height = 0.5 + len(datasets) * (0.9 + row_height * len(models))
    with saved_figure(*paths, height=height) as figure:
        set_title(figure, *sweep_finding(means))
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
                axes.locator_params(axis="x", nbins=5)
                axes.set_yticks(range(len(names)), names if axes is axes_of_dataset[0] else [])


def _rows(names: Iterable[str]) -> tuple[list[str], float]:
    """Wrapped names of the rows of a panel, and the height of a row in inches."""
    wrapped = [fill(name, _NAME_CHARACTERS) for name in names]
    lines = max(name.count("\n") + 1 for name in wrapped)
    return wrapped, max(0.35, 0.16 * lines)
