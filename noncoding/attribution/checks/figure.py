"""Figure of the checks of all methods."""

import os

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from noncoding.attribution.checks.deletion_insertion import RANDOM
from noncoding.attribution.checks.table import MATCHED, RANDOMISED
from noncoding.attribution.methods import METHODS
from noncoding.common.plot_style import COLOURS, saved_figure, set_title

_TITLES = {
    "planted AUROC": "Planted motifs:\nper-base AUROC",
    "planted AUPR": "Planted motifs:\nper-base AUPR",
    "known motif, enrichment": "Known motif in\n40 bp: enrichment",
    "rank correlation with mutagenesis": "Rank correlation with\nin-silico mutagenesis",
    "deletion, beyond random": "Deletion: loss\nbeyond random",
    "insertion, beyond random": "Insertion: gain\nbeyond random",
}
_BY_CHANCE = {"planted AUROC": 0.5, "known motif, enrichment": 1.0}
_MARKERS = "osD^vP"


def faithfulness_finding(table: pd.DataFrame) -> str:
    """The methods with the largest and smallest effect of deletion, for the title."""
    means = table[table["index"].isna()].set_index(["check", "method"])["value"]
    deletion = means.get("deletion, beyond random")
    if deletion is None or deletion.dropna().empty:
        return "No check was possible"
    best, worst = deletion.idxmax(), deletion.idxmin()
    text = (
        f"{METHODS[best].title} identifies the most important bases: shuffling up to a fifth of "
        f"the sequence in its order reduces the logit by {deletion.max():.0%} more than in random "
        "order"
    )
    if worst != best:
        text += f"; smallest effect: {METHODS[worst].title} ({deletion.min():.0%})"
    return text


def draw_faithfulness(
    table: pd.DataFrame, curves: pd.DataFrame, *paths: str | os.PathLike[str]
) -> None:
    """Draw the checks, the curves of deletion and insertion, and the model randomisation.

    `table` is made by `faithfulness_table`, and `curves` are those of `curve_table` for all
    targets; one file per format.
    """
    means = table[table["index"].isna()]
    methods = list(dict.fromkeys(table["method"]))
    colours = dict(zip(methods, COLOURS, strict=False)) | {RANDOM: "0.5"}
    checks = [check for check in _TITLES if check in set(means["check"])]
    with saved_figure(*paths, size=(10, 6.6)) as figure:
        set_title(figure, faithfulness_finding(table))
        upper, lower = figure.subfigures(2, 1, squeeze=False, height_ratios=[1, 1.05])[:, 0]
        panels = upper.subplots(1, max(len(checks), 1), squeeze=False).ravel()
        for axes, check in zip(panels, checks, strict=False):
            _draw_check(axes, means, check, methods, colours)
        if checks:
            panels[0].set_yticks(range(len(methods)), [METHODS[name].title for name in methods])
        one, two, three = lower.subplots(1, 3, width_ratios=[1, 1, 1.25])
        for axes, kind in ((one, "deletion"), (two, "insertion")):
            _draw_curves(axes, curves[curves["kind"] == kind], kind, colours)
        _draw_randomisation(three, means, methods, colours)
        handles, labels = one.get_legend_handles_labels()
        lower.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=8)


def _draw_check(
    axes: Axes, means: pd.DataFrame, check: str, methods: list[str], colours: dict[str, str]
) -> None:
    for row in means[means["check"] == check].to_dict("records"):
        place = methods.index(row["method"])
        axes.plot([row["low"], row["high"]], [place, place], color=colours[row["method"]], lw=2)
        axes.plot(row["value"], place, "o", color=colours[row["method"]])
    controls = means[means["check"] == f"{check}{MATCHED}"]
    places = [methods.index(method) for method in controls["method"]]
    axes.plot(controls["value"], places, "x", color="0.5", ms=5, zorder=1)
    axes.axvline(_BY_CHANCE.get(check, 0.0), color="0.7", ls=":", lw=1)
    axes.set(ylim=(len(methods) - 0.5, -0.5), yticks=[])
    axes.tick_params(labelsize=7)
    axes.set_title(_TITLES[check], fontsize=8)


def _draw_curves(axes: Axes, rows: pd.DataFrame, kind: str, colours: dict[str, str]) -> None:
    means = rows.groupby(["order", "share"], sort=False)["worth"].mean()
    # Position-matched controls are in the table only.
    for order in dict.fromkeys(order for order in rows["order"] if order in colours):
        curve = means[order]
        label = "Random order" if order == RANDOM else METHODS[order].title
        style = "--" if order == RANDOM else "-"
        axes.plot(100 * curve.index, 100 * curve, style, color=colours[order], label=label, lw=1.3)
    exchanged = "shuffled" if kind == "deletion" else "restored"
    axes.set(xlabel=f"strongest bases {exchanged} (%)", ylabel="share of the logit (%)")
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
    axes.set_xticks(range(len(parts) + 1), ["trained", *parts], rotation=35, ha="right")
    axes.tick_params(axis="x", labelsize=7)
    axes.axhline(0, color="0.7", ls=":", lw=1)
    axes.set_ylabel("rank correlation\nwith the trained network")
    axes.set_title("Weights randomised from the logits to the bases", fontsize=9)
