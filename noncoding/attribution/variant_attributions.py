"""In-silico mutagenesis of both alleles of a variant, and the known motifs that it affects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from noncoding.attribution.allele_alignment import FLANK, FOCUS, AlleleAlignment, aligned
from noncoding.attribution.checks.table import P_VALUE
from noncoding.attribution.in_silico_mutagenesis import base_effects_of_targets
from noncoding.attribution.strands import device_of
from noncoding.attribution.target_attributions import Interval, strongest_window
from noncoding.data.genome.sequences import Sequences
from noncoding.data.one_hot import codes, one_hot, reverse_complement
from noncoding.data.targets import distinct_names
from noncoding.data.variants.alleles import Allele, windows
from noncoding.data.variants.variant import PlacedVariant
from noncoding.models.export import ExportedModel
from noncoding.models.forward_pass import exact_convolutions, forward_pass
from noncoding.motifs.fimo import Hit, significant_hits
from noncoding.motifs.known_motifs import match_motifs

MOST_MOTIFS = 4
"""Maximum number of motifs of a figure."""
OTHER_P_VALUE = 1e-4
"""Threshold for motifs that are not of the drawn targets, of which there are many."""


class Affected(NamedTuple):
    """A scored variant with the targets that it affects most.

    Attributes
    ----------
    placed : PlacedVariant
        With both alleles.
    targets : sequence of int
        Rows of the model's target table, most affected first; the first two are drawn.
    """

    placed: PlacedVariant
    targets: Sequence[int]


class KnownMotifs:
    """Motifs of the targets of a model; all motifs if no target has one.

    Parameters
    ----------
    model : ExportedModel
    motifs : mapping of numpy.ndarray, shape=(4, width)
        From `noncoding.motifs.meme.read_motifs`.

    Attributes
    ----------
    of_target : list of list of str
        Motifs of each target, from `noncoding.motifs.known_motifs.match_motifs`.
    matrices : dict of numpy.ndarray, shape=(4, width)
    """

    def __init__(self, model: ExportedModel, motifs: Mapping[str, npt.NDArray[np.float64]]) -> None:
        self.of_target = match_motifs(model.targets, motifs)
        known = {name for names in self.of_target for name in names} or set(motifs)
        self.matrices = {name: matrix for name, matrix in motifs.items() if name in known}


class MotifMatch(NamedTuple):
    """The best match of a motif that overlaps a variant, in each allele; None without any."""

    motif: str
    ref: Hit | None
    alt: Hit | None

    @property
    def p_value(self) -> float:
        """The lower of both alleles."""
        return min(hit.p_value for hit in (self.ref, self.alt) if hit)


@dataclass(frozen=True, eq=False)
class VariantAttributions:
    """What a network sees in both alleles of a variant.

    Attributes
    ----------
    placed : PlacedVariant
    chromosome_length : int
    names : list of str
        Of the drawn targets.
    alignment : AlleleAlignment
    heights : numpy.ndarray, shape=(targets, 2, 4, columns), dtype=float32
        In-silico mutagenesis of the bases of REF and ALT, on the logit scale; zero without a base.
    probabilities : numpy.ndarray, shape=(targets, 2), dtype=float32
        Of REF and ALT, averaged over both strands.
    logit_differences : numpy.ndarray, shape=(targets,), dtype=float32
        ALT − REF, averaged over both strands.
    motifs : list of MotifMatch, optional
        None without a file of motifs.
    """

    placed: PlacedVariant
    chromosome_length: int
    names: list[str]
    alignment: AlleleAlignment
    heights: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]
    logit_differences: npt.NDArray[np.float32]
    motifs: list[MotifMatch] | None


def variant_attributions(
    model: ExportedModel,
    affected: Affected,
    sequences: Sequences,
    known: KnownMotifs | None = None,
) -> VariantAttributions:
    """Compute in-silico mutagenesis of the shown bases of both alleles.

    The alleles are centred in their windows, as for the scores of variants. In-silico mutagenesis
    of both strands is that of the forward window.
    """
    placed = affected.placed
    ref, alt = placed.ref, placed.alt
    assert ref is not None and alt is not None
    rows, alleles = list(affected.targets[:2]), (ref, alt)
    found = [windows(sequences, allele, model.length) for allele in alleles]
    forward, reverse = (
        one_hot(np.stack([codes(window[strand]) for window in found])) for strand in (0, 1)
    )
    logits = _logits(model, forward, reverse_complement(reverse))[..., rows]
    effects = [
        _effects(model, window, rows, len(allele.bases))
        for window, allele in zip(forward, alleles, strict=True)
    ]
    alignment = aligned(ref, alt, model.length, _focus(effects, alleles))
    heights = [
        np.where(columns >= 0, of_allele[..., columns], 0)
        for of_allele, columns in zip(effects, (alignment.ref, alignment.alt), strict=True)
    ]
    return VariantAttributions(
        placed,
        sequences.genome.lengths[ref.chromosome],
        list(distinct_names(model.targets).iloc[rows]),
        alignment,
        np.stack(heights, axis=1),
        logits.sigmoid().mean(dim=0).T.cpu().numpy(),
        (logits[:, 1] - logits[:, 0]).mean(dim=0).cpu().numpy(),
        None if known is None else _motif_matches(forward, alleles, rows, known),
    )


@exact_convolutions()
@torch.inference_mode()
def _logits(
    model: ExportedModel, forward: npt.NDArray[np.uint8], reverse: npt.NDArray[np.uint8]
) -> torch.Tensor:
    """Logits of both strands, each as it is read, shape=(2, alleles, targets)."""
    both = torch.from_numpy(np.concatenate([forward, reverse])).to(device_of(model.network))
    return forward_pass(model.network, both.float()).float().unflatten(0, (2, -1))


def _effects(
    model: ExportedModel, window: npt.NDArray[np.uint8], rows: Sequence[int], width: int
) -> npt.NDArray[np.float32]:
    """In-silico mutagenesis of the bases of a window, shape=(targets, 4, length).

    It is zero beyond an allele of the given width and its flanks.
    """
    length = window.shape[-1]
    first = (length - width) // 2
    start, end = max(0, first - FLANK), min(length, first + width + FLANK)
    effects = np.zeros((len(rows), 4, length), np.float32)
    found = base_effects_of_targets(model.network, window[None], rows, start, end)[:, 0]
    effects[..., start:end] = found * window[:, start:end]
    return effects


def _focus(effects: Sequence[npt.NDArray[np.float32]], alleles: Sequence[Allele]) -> Interval:
    """The part of aligned alleles with the largest effects on the first target."""
    strengths = np.zeros(max(len(allele.bases) for allele in alleles))
    for of_allele, allele in zip(effects, alleles, strict=True):
        bases = np.arange(len(allele.bases))
        positions = (of_allele.shape[-1] - len(bases)) // 2 + bases
        # A repeat may be longer than the window.
        seen = (positions >= 0) & (positions < of_allele.shape[-1])
        strengths[bases[seen]] += np.abs(of_allele[0][:, positions[seen]]).sum(axis=0)
    return strongest_window(strengths, FOCUS)


def _motif_matches(
    forward: npt.NDArray[np.uint8],
    alleles: Sequence[Allele],
    rows: Sequence[int],
    known: KnownMotifs,
) -> list[MotifMatch]:
    """Best match of each motif that overlaps an allele: those of the drawn targets first."""
    best: dict[str, list[Hit | None]] = {}
    length = forward.shape[-1]
    for number, hits in enumerate(significant_hits(forward, known.matrices, P_VALUE)):
        width = len(alleles[number].bases)
        first = (length - width) // 2
        for hit in hits:
            # A match overlaps a gap if it extends over both sides.
            if hit.start < first + width and hit.end > first:
                both = best.setdefault(hit.motif, [None, None])
                other = both[number]
                if other is None or hit.p_value < other.p_value:
                    both[number] = hit
    rank = {
        name: -place
        for place, row in enumerate(reversed(rows), start=1)
        for name in known.of_target[row]
    }
    found = [MotifMatch(motif, *both) for motif, both in best.items()]
    found = [one for one in found if one.motif in rank or one.p_value < OTHER_P_VALUE]
    return sorted(found, key=lambda one: (rank.get(one.motif, 0), one.p_value))[:MOST_MOTIFS]
