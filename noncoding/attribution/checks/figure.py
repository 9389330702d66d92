"""The checks of all methods beside each other, as one figure."""

import os

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from noncoding.attribution.checks.deletion_insertion import MATCHED, RANDOM
from noncoding.attribution.checks.faithfulness import RANDOMISED
from noncoding.attribution.methods import titles
from noncoding.common.plot_style import COLOURS, saved_figure, set_title

_BARS = {
    "planted AUROC": "Planted motifs:\nper-base AUROC",
    "planted AUPR": "Planted motifs:\nper-base AUPR",
    "known motif, enrichment": "Known motif in\n40 bp: enrichment",
    "rank correlation with mutagenesis": "Rank correlation with\nin-silico mutagenesis",
    "deletion, beyond random": "Deletion: lost\nbeyond random",
    "insertion, beyond random": "Insertion: won\nbeyond random",
}
_MARKERS = "osD^vP"


def faithfulness_finding(table: pd.DataFrame) -> str:
    """Which method takes most of the prediction away with its strongest bases."""
    means = table[table["index"].isna()].set_index(["check", "method"])["value"]
    deletion = means.get("deletion, beyond random")
    if deletion is None or deletion.dropna().empty:
        return "No check could be made"
    best = deletion.idxmax()
    text = (
        f"The strongest bases of {titles()[best]} matter most: shuffling up to a fifth of the "
        f"sequence in its order takes {deletion.max():.0%} more of the logit than at random"
    )
    worst = deletion.idxmin()
    if worst != best:
        text += f"; least for {titles()[worst]} ({deletion.min():.0%})"
    return text


def draw_faithfulness(
    table: pd.DataFrame, curves: pd.DataFrame, *paths: str | os.PathLike[str]
) -> None:
    """Checks, curves of deletion and insertion, and randomisation.

    Parameters
    ----------
    table : pandas.DataFrame
        Made by `noncoding.attribution.checks.faithfulness.faithfulness_table`.
    curves : pandas.DataFrame
        ``order``, ``kind``, ``share``, ``worth``: a row a target and step.
    *paths : path
        One file a format.
    """
    means = table[table["index"].isna()]
    methods = list(dict.fromkeys(table["method"]))
    colours = dict(zip(methods, COLOURS, strict=False)) | {RANDOM: "0.5"}
    bars = [check for check in _BARS if check in set(means["check"])]
    with saved_figure(*paths, size=(10, 6.6)) as figure:
        set_title(figure, faithfulness_finding(table))
        upper, lower = figure.subfigures(2, 1, squeeze=False, height_ratios=[1, 1.05])[:, 0]
        panels = upper.subplots(1, max(len(bars), 1), squeeze=False).ravel()
        for axes, check in zip(panels, bars, strict=False):
            _draw_check(axes, means[means["check"] == check], methods, colours)
            matched = means[means["check"] == f"{check}{MATCHED}"]
            places = [methods.index(method) for method in matched["method"]]
            axes.plot(matched["value"], places, "x", color="0.5", ms=5, zorder=1)
            axes.set_title(_BARS[check], fontsize=8)
            if axes.get_subplotspec().is_first_col():
                axes.set_yticks(range(len(methods)), [titles()[name] for name in methods])
        one, two, three = lower.subplots(1, 3, width_ratios=[1, 1, 1.25])
        for axes, kind in ((one, "deletion"), (two, "insertion")):
            _draw_curves(axes, curves[curves["kind"] == kind], kind, colours)
        _draw_randomisation(three, means, methods, colours)
        handles, labels = one.get_legend_handles_labels()
        lower.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=8)


def _draw_check(
    axes: Axes, rows: pd.DataFrame, methods: list[str], colours: dict[str, str]
) -> None:
    for row in rows.to_dict("records"):
        place = methods.index(row["method"])
        axes.plot([row["low"], row["high"]], [place, place], color=colours[row["method"]], lw=2)
        axes.plot(row["value"], place, "o", color=colours[row["method"]])
    axes.set(ylim=(len(methods) - 0.5, -0.5), yticks=[])
    axes.axvline(
        {"planted AUROC": 0.5, "known motif, enrichment": 1.0}.get(rows["check"].iloc[0], 0.0),
        color="0.7",
        ls=":",
        lw=1,
    )
    axes.tick_params(labelsize=7)


def _draw_curves(axes: Axes, rows: pd.DataFrame, kind: str, colours: dict[str, str]) -> None:
    means = rows.groupby(["order", "share"], sort=False)["worth"].mean()
    # Orders of position-matched controls stand in the table alone.
    for order in dict.fromkeys(order for order in rows["order"] if order in colours):
        curve = means[order]
        label = "Random order" if order == RANDOM else titles()[order]
        style = "--" if order == RANDOM else "-"
        axes.plot(100 * curve.index, 100 * curve, style, color=colours[order], label=label, lw=1.3)
    exchanged = "shuffled" if kind == "deletion" else "brought back"
    axes.set(xlabel=f"strongest bases {exchanged} (%)", ylabel="of the logit (%)")
    axes.set_title(kind.capitalize(), fontsize=9)


def _draw_randomisation(
    axes: Axes, means: pd.DataFrame, methods: list[str], colours: dict[str, str]
) -> None:
    rows = means[means["check"].str.startswith(RANDOMISED)]
    parts = list(dict.fromkeys(rows["check"].str.removeprefix(RANDOMISED)))
    for number, method in enumerate(methods):
        own = rows[rows["method"] == method].set_index("check")["value"]
        heights = np.array([1, *(own.get(f"{RANDOMISED}{part}", np.nan) for part in parts)])
        known = np.flatnonzero(np.isfinite(heights))
        axes.plot(
            known,
            heights[known],
            marker=_MARKERS[number % len(_MARKERS)],
            ms=4,
            color=colours[method],
            lw=1.3,
        )
    axes.set_xticks(range(len(parts) + 1), ["as trained", *parts], rotation=35, ha="right")
    axes.tick_params(axis="x", labelsize=7)
    axes.axhline(0, color="0.7", ls=":", lw=1)
    axes.set_ylabel("rank correlation\nwith the map as trained")
    axes.set_title("Weights randomised, from the logits downwards", fontsize=9)
