"""Figure of the checks of all methods."""

import os

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from noncoding.attribution.checks.deletion_insertion import RANDOM
from noncoding.attribution.checks.table import MATCHED, RANDOMISED
from noncoding.attribution.methods import METHODS
from noncoding.common.plot_style import COLOURS, SMALL, saved_figure, set_title

_TITLES = {
    "planted AUROC": "Planted motifs: per-base AUROC",
    "planted AUPR": "Planted motifs: per-base AUPR",
    "known motif, enrichment": "Known motif in 40 bp: enrichment",
    "rank correlation with mutagenesis": "Rank correlation with mutagenesis",
    "deletion, beyond random": "Deletion: loss beyond random",
    "insertion, beyond random": "Insertion: gain beyond random",
}
_BY_CHANCE = {"planted AUROC": 0.5, "known motif, enrichment": 1.0}


def faithfulness_finding(table: pd.DataFrame) -> tuple[str, str]:
    """Title and details: the methods with the largest and the smallest effect of deletion."""
    means = table[table["index"].isna()].set_index(["check", "method"])["value"]
    deletion = means.get("deletion, beyond random")
    if deletion is None or deletion.dropna().empty:
        return "Deletion could not be evaluated", ""
    best, worst = METHODS[deletion.idxmax()].title, METHODS[deletion.idxmin()].title
    details = (
        f"by {deletion.max():.0%} more than in random order, averaged over up to a fifth of the "
        "sequence"
    )
    if deletion.max() <= 0:
        return "No method ranks the bases better than a random order", ""
    if best == worst:
        finding = f"Shuffling the top-ranked bases of {best} reduces the logit beyond random"
        return finding, details
    return (
        f"Shuffling the top-ranked bases of {best} reduces the logit most",
        f"{details}; smallest effect: {worst} ({deletion.min():.0%})",
    )


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
    markers = dict(zip(methods, "osD^vP", strict=False))
    # An enrichment is infinite if no position-matched window has a motif.
    defined = set(means.loc[np.isfinite(means["value"]), "check"])
    checks = [check for check in _TITLES if check in defined]
    columns = 2 if len(checks) in (2, 4) else 3
    rows = -(-len(checks) // columns)
    height = rows * (0.6 + 0.22 * len(methods))
    with saved_figure(*paths, height=height + 3.2) as figure:
        set_title(figure, *faithfulness_finding(table))
        ratios = [max(height, 0.01), 3.2]
        upper, lower = figure.subfigures(2, 1, squeeze=False, height_ratios=ratios)[:, 0]
        for number, check in enumerate(checks):
            axes = upper.add_subplot(rows, columns, number + 1)
            _draw_check(axes, means, check, methods, colours)
            titles = [METHODS[name].title for name in methods]
            axes.set_yticks(range(len(methods)), titles if number % columns == 0 else [])
        one, two, three = lower.subplots(1, 3, width_ratios=[1, 1, 1.25])
        for axes, kind in ((one, "deletion"), (two, "insertion")):
            _draw_curves(axes, curves[curves["kind"] == kind], kind, colours, markers)
        _draw_randomisation(three, means, methods, colours, markers)
        handles, labels = one.get_legend_handles_labels()
        lower.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)


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
    axes.set_ylim(len(methods) - 0.5, -0.5)
    axes.tick_params(labelsize=SMALL)
    axes.set_title(_TITLES[check], fontsize=8)


def _draw_curves(
    axes: Axes, rows: pd.DataFrame, kind: str, colours: dict[str, str], markers: dict[str, str]
) -> None:
    means = rows.groupby(["order", "share"], sort=False)["worth"].mean()
    # Position-matched controls are in the table only.
    for order in dict.fromkeys(order for order in rows["order"] if order in colours):
        curve = means[order]
        [line] = axes.plot(100 * curve.index, 100 * curve, color=colours[order], lw=1.3, ms=4)
        if order == RANDOM:
            line.set(label="Random order", linestyle="--")
        else:
            line.set(label=METHODS[order].title, marker=markers[order])
    exchanged = "shuffled" if kind == "deletion" else "restored"
    axes.set(xlabel=f"strongest bases {exchanged} (%)", ylabel="share of the logit (%)")
    axes.set_title(kind.capitalize(), fontsize=9)


def _draw_randomisation(
    axes: Axes,
    means: pd.DataFrame,
    methods: list[str],
    colours: dict[str, str],
    markers: dict[str, str],
) -> None:
    rows = means[means["check"].str.startswith(RANDOMISED)]
    parts = list(dict.fromkeys(rows["check"].str.removeprefix(RANDOMISED)))
    for method in methods:
        own = rows[rows["method"] == method].set_index("check")["value"]
        heights = np.array([1, *(own.get(f"{RANDOMISED}{part}", np.nan) for part in parts)])
        known = np.flatnonzero(np.isfinite(heights))
        axes.plot(
            known,
            heights[known],
            marker=markers[method],
            ms=4,
            color=colours[method],
            lw=1.3,
        )
    axes.set_xticks(range(len(parts) + 1), ["trained", *parts], rotation=35, ha="right")
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.axhline(0, color="0.7", ls=":", lw=1)
    axes.set_ylabel("rank correlation\nwith the trained network")
    axes.set_title("Model randomisation", fontsize=9)
