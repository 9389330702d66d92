"""Figures of variants: in-silico mutagenesis of both alleles, and the motifs that they affect."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from noncoding.attribution.allele_alignment import NONE
from noncoding.attribution.output import file_stem
from noncoding.attribution.variant_attributions import (
    Affected,
    KnownMotifs,
    MotifMatch,
    VariantAttributions,
    variant_attributions,
)
from noncoding.common.plot_style import COLOURS, SMALL, saved_figure, set_title, shortened
from noncoding.data.genome.sequences import Sequences
from noncoding.data.variants.alleles import trimmed
from noncoding.data.variants.variant import PlacedVariant, Status
from noncoding.layout import FORMATS
from noncoding.models.export import ExportedModel
from noncoding.motifs.logo import draw_logo

_ALLELES = ("REF", "ALT")
_ALLELE_COLOURS = (COLOURS[0], COLOURS[5])
_VARIANT, _BEYOND, _GAP = "#FBF3B0", "0.88", "0.35"
_LONGEST_NAME, _LONGEST_ALLELE = 70, 12
_TICKS = 8
"""Minimum number of columns between two labels of positions."""


def draw_variants(
    model: ExportedModel,
    strongest: Sequence[Affected],
    sequences: Sequences,
    folder: str | os.PathLike[str],
    motifs: Mapping[str, npt.NDArray[np.float64]] | None = None,
) -> list[str]:
    """Draw one figure per variant, in all `noncoding.layout.FORMATS`.

    Parameters
    ----------
    model : ExportedModel
        Its network is on the device that computes.
    strongest : sequence of Affected
        Strongest first.
    sequences : Sequences
        Of the genome.
    folder : path
        It exists.
    motifs : mapping of numpy.ndarray, shape=(4, width), optional
        Known motifs, from `noncoding.motifs.meme.read_motifs`.

    Returns
    -------
    list of str
        Stems of the files, e.g. ``001-chrIV-1234-A-G``, in the given order.
    """
    known = None if motifs is None else KnownMotifs(model, motifs)
    stems = []
    for rank, affected in enumerate(strongest, start=1):
        variant = affected.placed.variant
        change = f"{variant.chromosome}-{variant.position}-{variant.ref}-{variant.alt}"
        stem = file_stem(rank, change)
        paths = [Path(folder, f"{stem}.{suffix}") for suffix in FORMATS]
        draw_variant(variant_attributions(model, affected, sequences, known), *paths)
        stems.append(stem)
    return stems


def variant_finding(shown: VariantAttributions) -> tuple[str, str]:
    """Title and details of the figure of a variant."""
    variant, status, *_ = shown.placed
    change = ">".join(_short(bases) for bases in (variant.ref, variant.alt))
    place = f"{variant.chromosome}:{variant.position:,} {change}"
    # The first target is that with the largest logit difference, as in the table of scores.
    first, *others = map(_effect, shown.names, *shown.probabilities.T)
    details = [
        *([] if variant.id in ("", ".") else [variant.id]),
        _kind(shown.placed),
        *others,
        *(["the genome has ALT"] if status == Status.swapped else []),
        *(["no known motif overlaps the variant"] if shown.motifs == [] else []),
    ]
    return f"{place} {first}", "; ".join(details)


def draw_variant(shown: VariantAttributions, *paths: str | os.PathLike[str]) -> None:
    """Draw in-silico mutagenesis of both alleles and matches of motifs; one file per format."""
    motifs = shown.motifs or []
    heights = [0.75] * (2 * len(shown.names)) + [0.1 + 0.3 * len(motifs)] * bool(motifs)
    with saved_figure(*paths, height=1.0 + 1.25 * sum(heights)) as figure:
        set_title(figure, *variant_finding(shown))
        panels = figure.subplots(
            len(heights), 1, height_ratios=heights, sharex=True, squeeze=False
        )[:, 0]
        beyond = _beyond(shown)
        for axes in panels:
            axes.axvspan(shown.alignment.start, shown.alignment.end, color=_VARIANT, zorder=0, lw=0)
            for start, end in _runs(beyond):
                axes.axvspan(start, end, color=_BEYOND, zorder=0, lw=0)
        for number, axes in enumerate(panels[: 2 * len(shown.names)]):
            _draw_allele(axes, shown, *divmod(number, 2))
        if motifs:
            _draw_motifs(panels[-1], motifs, shown)
        _label_positions(panels[-1], shown)
        handles: list[Artist] = [Patch(color=_VARIANT, label="variant")]
        if any(NONE in _within(shown, allele) for allele in (0, 1)):
            handles.append(Line2D([], [], color=_GAP, ls="--", lw=1, label="gap"))
        if beyond.any():
            handles.append(Patch(color=_BEYOND, label="beyond the end of the chromosome (N)"))
        handles += [
            Line2D([], [], color=colour, lw=4, label=f"motif match in {allele}")
            for number, (allele, colour) in enumerate(zip(_ALLELES, _ALLELE_COLOURS, strict=True))
            if any((match.ref, match.alt)[number] for match in motifs)
        ]
        handles.append(Line2D([], [], ls="none", label="letter height: in-silico mutagenesis"))
        figure.legend(handles=handles, loc="outside lower left", ncols=3, fontsize=8)


def _draw_allele(axes: Axes, shown: VariantAttributions, target: int, allele: int) -> None:
    """The logo of an allele; both alleles of a target have one scale."""
    of_target = shown.heights[target]
    draw_logo(axes, of_target[allele], (float(of_target.min()), float(of_target.max())))
    title = f"{shortened(shown.names[target], _LONGEST_NAME)}, {_ALLELES[allele]}: probability "
    title += _pair(*shown.probabilities[target])[allele]
    if allele:
        title += f", logit difference {shown.logit_differences[target]:+.2f}".replace("-", "−")
    axes.set_title(title, fontsize=8, pad=2, color="0.2")
    axes.set_ylabel("logit", fontsize=8)
    axes.tick_params(labelsize=SMALL)
    axes.tick_params(axis="x", labelbottom=False, length=0)
    columns, first = _within(shown, allele), shown.alignment.start
    for start, end in _runs(columns == NONE):
        axes.plot([first + start, first + end], [0, 0], color=_GAP, ls="--", lw=1)
    for start, end in _runs(columns < NONE):
        axes.text(
            first + (start + end) / 2,
            0.5,
            f"… {NONE - columns[start]:,} bp …",
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="center",
            fontsize=SMALL,
            bbox={"facecolor": _VARIANT, "edgecolor": "none", "pad": 1},
        )


def _draw_motifs(axes: Axes, motifs: list[MotifMatch], shown: VariantAttributions) -> None:
    """Two bars per motif, one for each allele, below its name and p-values."""
    alignment = shown.alignment
    for line, (motif, *hits) in enumerate(motifs):
        text = [shortened(motif, _LONGEST_NAME)]
        for number, (allele, hit) in enumerate(zip(_ALLELES, hits, strict=True)):
            if hit is None:
                text.append(f"{allele} no match")
                continue
            text.append(f"{allele} p = {hit.p_value:.1g} ({'−' if hit.reverse else '+'})")
            axes.plot(
                _covered((alignment.ref, alignment.alt)[number], hit.start, hit.end),
                [-line - 0.6 - 0.2 * number] * 2,
                color=_ALLELE_COLOURS[number],
                lw=3,
                solid_capstyle="butt",
            )
        axes.text(0, -line - 0.25, ", ".join(text), fontsize=SMALL, va="center")
    axes.set(ylim=(-len(motifs), 0.1), yticks=[])
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(labelsize=SMALL)


def _label_positions(axes: Axes, shown: VariantAttributions) -> None:
    """1-based positions on the chromosome, below the centres of their letters."""
    genome = shown.alignment.genome
    with np.errstate(invalid="ignore"):
        labelled = ((genome + 1) % 10 == 0) & ~_beyond(shown)
    ticks: list[int] = []
    for column in np.flatnonzero(labelled):
        if not ticks or column - ticks[-1] >= _TICKS:
            ticks.append(int(column))
    axes.set_xticks([tick + 0.5 for tick in ticks], [f"{genome[tick] + 1:,.0f}" for tick in ticks])
    axes.tick_params(axis="x", labelbottom=True, length=2)
    ref = shown.placed.ref
    assert ref is not None
    name = shortened(ref.chromosome, _LONGEST_NAME)
    axes.set_xlabel(f"position on {name} (bp)", fontsize=8, labelpad=1)


def _within(shown: VariantAttributions, allele: int) -> npt.NDArray[np.int64]:
    """Columns of the variant itself in an allele."""
    columns = (shown.alignment.ref, shown.alignment.alt)[allele]
    return columns[shown.alignment.start : shown.alignment.end]


def _beyond(shown: VariantAttributions) -> npt.NDArray[np.bool_]:
    """Whether columns are beyond the ends of the chromosome."""
    genome = shown.alignment.genome
    with np.errstate(invalid="ignore"):
        return (genome < 0) | (genome >= shown.chromosome_length)


def _runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open intervals of consecutive true values."""
    edges = np.flatnonzero(np.diff(mask.astype(int), prepend=0, append=0))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _covered(columns: npt.NDArray[np.int64], start: int, end: int) -> list[int]:
    """Shown columns of an interval of a window; those of a break, if it is in there."""
    shown = np.flatnonzero(columns >= 0)
    first = shown[min(int(np.searchsorted(columns[shown], start)), len(shown) - 1)]
    last = shown[max(int(np.searchsorted(columns[shown], end)) - 1, 0)]
    return sorted([int(first), int(last) + 1])


def _kind(placed: PlacedVariant) -> str:
    """The type of a variant, without the bases that its alleles share."""
    _, ref_bases, alt_bases = trimmed(
        0, placed.variant.ref.upper().encode(), placed.variant.alt.upper().encode()
    )
    ref, alt = len(ref_bases), len(alt_bases)
    if ref and alt:
        if ref != alt:
            return f"replacement of {ref:,} by {alt:,} bp"
        return "substitution of 1 base" if ref == 1 else f"substitution of {ref:,} bases"
    kind = f"{'deletion' if ref else 'insertion'} of {ref or alt:,} bp"
    assert placed.ref is not None
    repeat = len(placed.ref.bases)
    return f"{kind} in a repeat of {repeat:,} bp" if repeat > ref else kind


def _effect(name: str, before: float, after: float) -> str:
    first, second = _pair(before, after)
    if first == second:
        return f"hardly changes {name} ({first})"
    return f"{'raises' if after > before else 'lowers'} {name} from {first} to {second}"


def _pair(before: float, after: float) -> tuple[str, str]:
    """Two probabilities with 2 digits; with 3, e.g. <0.001, if these are equal or one is 0 or 1."""
    pair = f"{before:.2f}", f"{after:.2f}"
    if pair[0] != pair[1] and not {"0.00", "1.00"}.intersection(pair):
        return pair
    ends = {"0.000": "<0.001", "1.000": ">0.999"}
    first, second = (f"{value:.3f}" for value in (before, after))
    return ends.get(first, first), ends.get(second, second)


def _short(allele: str) -> str:
    """An allele of a file; of a long one, its first bases and its length."""
    if len(allele) <= _LONGEST_ALLELE:
        return allele
    return f"{allele[: _LONGEST_ALLELE - 4]}…({len(allele):,} bp)"
