"""Figures of metrics on all bins of the test chromosomes, beside those on labelled bins.

Every ``*_finding`` gives the title and the details of the figure of the same name; every
``draw_*`` writes one file per path, in the format of its suffix.
"""

import os

import pandas as pd

from noncoding.common.plot_groups import group_colours, log_scatter
from noncoding.common.plot_style import saved_figure, set_title
from noncoding.common.wording import counted
from noncoding.evaluation.genome_wide import LABELLED, compared

_NONE = "No target has both positives and negatives among the labelled bins"


def auprc_finding(metrics: pd.DataFrame) -> tuple[str, str]:
    """Median AUPR on labelled bins and on all bins; the median prevalence of both."""
    plotted = compared(metrics)
    if plotted.empty:
        return _NONE, ""
    labelled, whole = (plotted[f"{prefix}auprc"].median() for prefix in (LABELLED, ""))
    of_labelled, of_whole = (plotted[f"{prefix}prevalence"].median() for prefix in (LABELLED, ""))
    return (
        f"Median AUPR: {labelled:.3f} on labelled bins, {whole:.3f} on all bins",
        f"{counted(len(plotted), 'target')}; median prevalence {100 * of_labelled:.2g} % of "
        f"labelled bins, {100 * of_whole:.2g} % of all bins{_omitted(metrics, plotted)}",
    )


def draw_auprc(metrics: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Plot AUPR on all bins against that on labelled bins (a table of `genome_wide_table`)."""
    with saved_figure(*paths, height=4.2) as figure:
        set_title(figure, *auprc_finding(metrics))
        axes = log_scatter(figure, _points(metrics, "auprc"), group_colours(metrics), "equal AUPR")
        if not compared(metrics).empty:
            axes.set_ylim(top=1.1)
        axes.set(
            xlabel="AUPR on labelled bins of the test split",
            ylabel="AUPR on all bins of the test chromosomes",
        )


def gain_finding(metrics: pd.DataFrame) -> tuple[str, str]:
    """Median ratio of AUPR to prevalence on both sets of bins; targets with a higher ratio."""
    plotted = compared(metrics)
    if plotted.empty:
        return _NONE, ""
    labelled, whole = (plotted[f"{each}auprc_over_prevalence"] for each in (LABELLED, ""))
    return (
        f"Median ratio of AUPR to prevalence: {labelled.median():.3g} on labelled bins, "
        f"{whole.median():.3g} on all bins",
        f"higher on all bins for {(whole > labelled).sum():,} of "
        f"{counted(len(plotted), 'target')}{_omitted(metrics, plotted)}",
    )


def draw_gain(metrics: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Plot AUPR over prevalence on all bins against that on labelled bins."""
    points = _points(metrics, "auprc_over_prevalence")
    with saved_figure(*paths, height=4.2) as figure:
        set_title(figure, *gain_finding(metrics))
        axes = log_scatter(figure, points, group_colours(metrics), "equal ratio")
        axes.set(
            xlabel="AUPR / prevalence, labelled bins of the test split",
            ylabel="AUPR / prevalence, all bins",
        )


def _points(metrics: pd.DataFrame, metric: str) -> pd.DataFrame:
    plotted = compared(metrics)
    return plotted[["group"]].assign(x=plotted[f"{LABELLED}{metric}"], y=plotted[metric])


def _omitted(metrics: pd.DataFrame, plotted: pd.DataFrame) -> str:
    omitted = len(metrics) - len(plotted)
    without = "without positives or without negatives not shown"
    return f"; {counted(omitted, 'target')} {without}" if omitted else ""
