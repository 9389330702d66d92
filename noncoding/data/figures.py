"""Figures of a data set: positives, labels per locus, bases, GC content, prevalence.

Each ``draw_…`` writes one file for each path; ``…_finding`` gives its title and details.
"""

import os
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from noncoding.common.plot_groups import (
    group_colours,
    legend_label,
    log_scatter,
    log_ticks,
)
from noncoding.common.plot_style import (
    BASE_COLOURS,
    COLOURS,
    SMALL,
    saved_figure,
    set_title,
    shortened_apart,
)
from noncoding.common.wording import counted
from noncoding.data.counts import BASES, SplitCounts
from noncoding.data.histograms import SHARE_BINS
from noncoding.data.targets import distinct_names

_NAME_CHARACTERS = 24
"""Longest name of a target on an axis."""
MOST_NAMED = 30
"""Most targets that are named on an axis; more names would not be legible."""


def positives_finding(train: SplitCounts) -> tuple[str, str]:
    """Range of the positive loci; their median, and targets without any."""
    positives = train.positives
    low, high = int(positives.min()), int(positives.max())
    count = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    details = f"median {np.median(positives):,.0f} of {train.loci:,} training loci"
    if without := int((positives == 0).sum()):
        details += f"; {without:,} of {counted(len(positives), 'target')} without any"
    return f"A target has {count} positive training loci", details


def draw_positives(
    targets: pd.DataFrame, train: SplitCounts, *paths: str | os.PathLike[str]
) -> None:
    """Draw the positive training loci of every target, by group, in descending order."""
    numbers = targets[["group"]].assign(name=distinct_names(targets), positives=train.positives)
    colours = group_colours(targets)
    names: list[str] = []
    with saved_figure(*paths, height=3.6) as figure:
        set_title(figure, *positives_finding(train))
        axes = figure.subplots()
        for group, own in numbers.groupby("group", sort=False):
            ordered = own.sort_values("positives", ascending=False, kind="stable")
            places = np.arange(len(names), len(names) + len(own))
            label = legend_label(group, len(own))
            axes.plot(
                places, ordered["positives"], "o", color=colours[group], markersize=4, label=label
            )
            names += list(ordered["name"])
        if train.positives.min() > 0:
            axes.set_yscale("log")
            log_ticks(axes.yaxis, "{x:,.0f}")
        else:
            # Linear below 1, so that targets without positives are shown.
            axes.set_yscale("symlog", linthresh=1)
            axes.set_ylim(-0.1, max(1.2, axes.get_ylim()[1]))
            axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.set(xlabel="target, sorted within its group", ylabel="positive training loci")
        if len(names) <= MOST_NAMED:
            shown = shortened_apart(names, _NAME_CHARACTERS)
            axes.set_xticks(range(len(names)), shown, rotation=45, ha="right", fontsize=SMALL)
        figure.legend(loc="outside right center")


def labels_finding(train: SplitCounts) -> tuple[str, str]:
    """Mean number of labels per locus; shares of loci without and with one."""
    loci = train.loci_by_labels
    none, one = (100 * loci[:2] / max(train.loci, 1)).tolist()
    targets = counted(len(loci) - 1, "target")
    return (
        f"A training locus is positive for {train.mean_labels:.3g} of {targets} on average",
        f"{none:.3g} % of training loci are positive for no target, {one:.3g} % for exactly one",
    )


def draw_labels(counts: Mapping[str, SplitCounts], *paths: str | os.PathLike[str]) -> None:
    """Draw the distribution of labels per locus, by split."""
    most = max(
        int(np.flatnonzero(split.loci_by_labels).max(initial=0)) for split in counts.values()
    )
    width = -(-(most + 1) // 80)
    edges = np.arange(0, most + width + 1, width)
    with saved_figure(*paths, height=3.6) as figure:
        set_title(figure, *labels_finding(counts["train"]))
        axes = figure.subplots()
        for (name, split), style, colour in zip(
            counts.items(), ("-", "--", ":"), COLOURS, strict=False
        ):
            loci, _ = np.histogram(
                np.arange(len(split.loci_by_labels)), bins=edges - 0.5, weights=split.loci_by_labels
            )
            share = 100 * loci / max(split.loci, 1)
            axes.stairs(
                share, edges - 0.5, color=colour, linestyle=style, linewidth=1.6, label=name
            )
        axes.set_yscale("log")
        axes.set_ylim(top=min(axes.get_ylim()[1], 120))  # a share is at most 100 %
        axes.set(
            xlabel=f"positive targets of a locus{f', {width} to a bin' if width > 1 else ''}",
            ylabel="share of loci (%)",
        )
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        log_ticks(axes.yaxis, "{x:g}")
        axes.legend()


def bases_finding(counts: Mapping[str, SplitCounts]) -> tuple[str, str]:
    """Range of the GC content; that of each split, and the share of N."""
    contents = {
        name: f"{100 * split.bases[1:3].sum() / max(split.bases[:4].sum(), 1):.1f}"
        for name, split in counts.items()
    }
    low, high = min(contents.values(), key=float), max(contents.values(), key=float)
    range_ = f"{low} %" if low == high else f"between {low} and {high} %"
    unknown = max(100 * split.base_shares["N"] for split in counts.values())
    share = f"at most {unknown:.2g} % of bases are N" if unknown else "no base is N"
    each = ", ".join(f"{name} {content} %" for name, content in contents.items())
    return f"GC content is {range_} in all splits", f"of known bases: {each}; {share}"


def draw_bases(counts: Mapping[str, SplitCounts], *paths: str | os.PathLike[str]) -> None:
    """Draw the share of each base, by split."""
    width = 0.8 / len(BASES)
    with saved_figure(*paths, height=3.6) as figure:
        set_title(figure, *bases_finding(counts))
        axes = figure.subplots()
        for position, base in enumerate(BASES):
            shares = [100 * split.base_shares[base] for split in counts.values()]
            places = np.arange(len(counts)) + (position - (len(BASES) - 1) / 2) * width
            bars = axes.bar(places, shares, 0.9 * width, color=BASE_COLOURS[base], label=base)
            axes.bar_label(
                bars, [f"{base}\n{share:.3g}" for share in shares], fontsize=8, padding=1
            )
        axes.margins(y=0.15)
        axes.set_xticks(range(len(counts)), list(counts))
        axes.set(xlabel="split", ylabel="share of bases (%)")


def gc_finding(counts: Mapping[str, SplitCounts]) -> tuple[str, str]:
    """How the GC content differs between windows with and without a label, or its range."""
    differences = {
        name: difference
        for name, split in counts.items()
        if (difference := split.gc_difference) is not None
    }
    if not differences:
        total = np.sum([own.gc_labelled + own.gc_unlabelled for own in counts.values()], axis=0)
        if not total.any():
            return "No window has a known base", ""
        middle = np.searchsorted(np.cumsum(total), np.array([0.05, 0.95]) * total.sum())
        low, high = 100 // SHARE_BINS * np.array([middle[0], middle[1] + 1])
        return (
            f"The GC content of at least 90 % of the windows is between {low} and {high} %",
            f"windows of {counted(int(total.sum()), 'locus')} of all splits",
        )
    each = ", ".join(f"{name} {difference:.4f}" for name, difference in differences.items())
    return (
        "GC content of windows with and without a label differs by "
        f"{max(differences.values()):.3f} at most",
        f"mean absolute difference of the shares, over bins of 2 %: {each}",
    )


def draw_gc_content(counts: Mapping[str, SplitCounts], *paths: str | os.PathLike[str]) -> None:
    """Draw the distribution of the GC content of windows with and without a label, by split."""
    used = np.flatnonzero(
        np.sum([split.gc_labelled + split.gc_unlabelled for split in counts.values()], axis=0)
    )
    width = 100 // SHARE_BINS
    first, last = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, SHARE_BINS)
    edges = width * np.arange(first, last + 1)
    with saved_figure(*paths, height=3.2) as figure:
        set_title(figure, *gc_finding(counts))
        panels = figure.subplots(1, len(counts), sharex=True, sharey=True, squeeze=False)[0]
        for axes, (name, split) in zip(panels, counts.items(), strict=True):
            for kind, histogram, style, colour in (
                ("with a label", split.gc_labelled, "-", COLOURS[0]),
                ("without a label", split.gc_unlabelled, "--", COLOURS[1]),
            ):
                if total := histogram.sum():
                    share = 100 * histogram[first:last] / total
                    label = f"{kind} ({total:,})"
                    axes.stairs(
                        share, edges, color=colour, linestyle=style, linewidth=1.6, label=label
                    )
            axes.set_title(name)
            axes.set(xlabel="GC content of the window (%)")
            # Room for the legend.
            axes.margins(y=0.35)
            if axes.patches:
                axes.legend(loc="upper left", fontsize=SMALL)
        panels[0].set_ylabel("share of windows (%)")


def prevalence_finding(train: SplitCounts, test: SplitCounts) -> tuple[str, str]:
    """Targets whose prevalence changes from training to test; the median change."""
    both = (train.positives > 0) & (test.positives > 0)
    left_out = int((~both).sum())
    shown = int(both.sum())
    if not shown:
        return "No target has positives in both training and test", ""
    change = np.abs(np.log2(test.prevalence[both] / train.prevalence[both]))
    details = f"median change {2 ** np.median(change):.3g}-fold"
    if left_out:
        details += f"; {left_out:,} without positives in training or test not shown"
    return (
        f"From training to test, prevalence changes more than twofold for "
        f"{(change > 1).sum():,} of {counted(shown, 'target')}",
        details,
    )


def draw_prevalence(
    targets: pd.DataFrame, train: SplitCounts, test: SplitCounts, *paths: str | os.PathLike[str]
) -> None:
    """Draw the prevalence of every target in training against that in test."""
    points = targets[["group"]].assign(x=train.prevalence, y=test.prevalence)
    shown = points[(train.positives > 0) & (test.positives > 0)]
    with saved_figure(*paths, height=4.6) as figure:
        set_title(figure, *prevalence_finding(train, test))
        axes = log_scatter(figure, shown, group_colours(targets), "equal")
        axes.set(
            xlabel="prevalence in training: share of loci that are positive",
            ylabel="prevalence in test: share of loci",
        )
