"""What became of the variants of a file, in a few numbers, and those with the largest scores."""

from collections.abc import Mapping, Sequence
from heapq import nlargest
from typing import Any

import numpy as np
import pandas as pd

from noncoding.common.wording import counted
from noncoding.data.variants.variant import PlacedVariant, Status
from noncoding.prediction.variant_scores import Blocks, VariantScores

_SCORED = (Status.scored, Status.scored_padded, Status.swapped)
_COMPARED = (*_SCORED, Status.too_long, Status.ref_mismatch)
"""Statuses of alleles whose REF was compared with the genome."""
_MANY_MISMATCHES = 0.1


def status_summary(counts: Mapping[Status, int]) -> str:
    """Numbers of alleles by status, as a sentence for the log.

    Examples
    --------
    >>> status_summary({Status.scored: 1200, Status.symbolic: 3})
    '1,203 alleles: 1,200 scored, 3 symbolic'
    """
    parts = [f"{counts[status]:,} {status}" for status in Status if counts.get(status)]
    text = f"{counted(sum(counts.values()), 'allele')}: {', '.join(parts) or 'none'}"
    if counts and not any(counts.get(status) for status in _SCORED):
        text += ". No allele is scored: the status of each says why"
    compared = sum(counts.get(status, 0) for status in _COMPARED)
    share = counts.get(Status.ref_mismatch, 0) / max(compared, 1)
    if share > _MANY_MISMATCHES:
        text += f". REF differs from the genome for {share:.0%}: check that it is the same assembly"
    return text


def keeping_strongest(blocks: Blocks, strongest: list[PlacedVariant], number: int) -> Blocks:
    """The same blocks, while a list is filled with the variants of the largest absolute scores.

    Parameters
    ----------
    blocks : iterable of (sequence of PlacedVariant, VariantScores)
    strongest : list of PlacedVariant
        Filled when the blocks are exhausted: strongest first, on ties in the order of the file.
    number : int
        Maximum number of variants.
    """
    kept: list[tuple[float, int, PlacedVariant]] = []
    position = 0
    for block, scores in blocks:
        sizes = np.abs(scores.max_logit_difference)
        largest = [
            (float(sizes[row]), -position - row, block[row])
            for row in np.argsort(-sizes, kind="stable")[:number].tolist()
            if scores.max_target[row] >= 0
        ]
        kept = nlargest(number, kept + largest)
        position += len(block)
        yield block, scores
    strongest += [placed for *_, placed in kept]


def describe_variants(
    strongest: Sequence[PlacedVariant],
    effects: VariantScores,
    names: pd.Series,
    stems: Sequence[str],
) -> list[dict[str, Any]]:
    """Variants as rows of a table, each with the target of its largest difference.

    Parameters
    ----------
    strongest : sequence of PlacedVariant
        Scored.
    effects : VariantScores
        Of each of them, with those of each target.
    names : pandas.Series
        Of the targets.
    stems : sequence of str
        Of the figures of the first variants.
    """
    assert effects.targets is not None
    shares = effects.background_share
    return [
        {
            "chrom": placed.variant.chromosome,
            "pos": placed.variant.position,
            "id": placed.variant.id,
            "ref": placed.variant.ref,
            "alt": placed.variant.alt,
            "status": str(placed.status),
            "target": names.iloc[target],
            "logit_difference": float(effects.max_logit_difference[row]),
            "background_share": None if shares is None else float(shares[row]),
            "ref_probability": float(effects.targets.ref_probability[row, target]),
            "alt_probability": float(effects.targets.alt_probability[row, target]),
            "figure": stems[row] if row < len(stems) else None,
        }
        for row, (placed, target) in enumerate(zip(strongest, effects.max_target, strict=True))
    ]
