"""All trainings of a sweep, as one figure."""

import os

import numpy as np
import pandas as pd

from noncoding.common.plot_style import COLOURS, saved_figure, set_title

_LABELS = {"auprc": "mean AUPR", "auroc": "median AUROC"}
_KEY = "point: one training, with a seed of its own; bar: mean ± standard deviation over seeds"


def sweep_finding(means: pd.DataFrame) -> str:
    """Which model is the best of each data set, and how sure that is."""
    sentences = []
    for dataset, part in means.groupby("dataset", sort=False):
        ranked = part.sort_values("auprc", ascending=False, kind="stable")
        best = ranked.iloc[0]
        spread = "" if np.isnan(best["auprc_sd"]) else f" ± {best['auprc_sd']:.3f}"
        told = f"{best['model']} has the highest mean AUPR on {dataset}"
        if len(ranked) == 1:
            told = f"mean AUPR of {best['model']} on {dataset}"
        sentences.append(f"{told}: {best['auprc']:.3f}{spread}")
    return "; ".join(sentences)


def draw_sweep(table: pd.DataFrame, means: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """One point a training; bars: mean and standard deviation over seeds.

    Parameters
    ----------
    table, means : pandas.DataFrame
        As `noncoding.sweep.SweepOutputs` has them.
    *paths : path
        One file a format.
    """
    datasets = list(dict.fromkeys(means["dataset"]))
    models = list(dict.fromkeys(means["model"]))
    size = (8, 1.4 + len(datasets) * (0.7 + 0.3 * len(models)))
    with saved_figure(*paths, size=size) as figure:
        set_title(figure, sweep_finding(means))
        figure.supxlabel(_KEY, fontsize=9)
        panels = figure.subplots(len(datasets), len(_LABELS), squeeze=False)
        for row, dataset in zip(panels, datasets, strict=True):
            for axes, (metric, label) in zip(row, _LABELS.items(), strict=True):
                for place, model in enumerate(models):
                    colour = COLOURS[place % len(COLOURS)]
                    of = (table["dataset"] == dataset) & (table["model"] == model)
                    values = table.loc[of, metric]
                    axes.plot(values, [place] * len(values), "o", ms=4, color=colour, alpha=0.6)
                    own = means[(means["dataset"] == dataset) & (means["model"] == model)]
                    if len(own):
                        sd = np.nan_to_num(own[f"{metric}_sd"].iloc[0])
                        mean = own[metric].iloc[0]
                        axes.errorbar(mean, place + 0.25, xerr=sd, fmt="|", color=colour, capsize=3)
                axes.set(ylim=(len(models) - 0.5, -0.5), xlabel=label, title=dataset)
                shown = models if axes is row[0] else []
                axes.set_yticks(range(len(shown)), shown)
