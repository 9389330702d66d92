"""Both alleles of a variant one above the other."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noncoding.attribution.target_attributions import Interval
from noncoding.data.variants.alleles import Allele

LONGEST = 16
"""Longest allele, in bp, that is shown as a whole."""
FOCUS = 12
"""Bases of a longer allele that are shown between its ends."""
FLANK = 24
"""Bases that are shown on each side of the alleles."""
_FLANK_OF_LONGER, _END, _BREAK = 16, 4, 6
"""Columns of the flank of a longer allele, of each of its ends, and of a break."""
NONE = -1
"""Of a column without a base: a gap, or beyond the end of a window."""

Columns = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AlleleAlignment:
    """Columns of a figure, in which the flanks of both alleles correspond.

    The first bases of the alleles are aligned; the shorter one is followed by a gap, which is at
    the end of the repeat that an insertion or deletion is in. Alleles longer than `LONGEST` are
    shown in parts, with breaks between them.

    Attributes
    ----------
    ref, alt : numpy.ndarray, shape=(columns,), dtype=int64
        Position in the forward window of the allele, or `NONE`; in a break that omits n bases of
        the allele, `NONE` − n.
    genome : numpy.ndarray, shape=(columns,), dtype=float64
        0-based position on the chromosome; NaN in columns of an insertion and of a break.
    start, end : int
        Columns of the alleles, half-open.
    """

    ref: Columns
    alt: Columns
    genome: npt.NDArray[np.float64]
    start: int
    end: int


def aligned(ref: Allele, alt: Allele, length: int, focus: Interval = (0, 0)) -> AlleleAlignment:
    """Align two alleles that replace the same interval; their windows have `length` bp.

    Of alleles longer than `LONGEST`, the ends are shown, and the bases in `focus`, an interval from
    their start.
    """
    widest = max(len(ref.bases), len(alt.bases))
    parts, flank = [(0, widest)], np.arange(FLANK)
    if widest > LONGEST:
        flank = np.arange(_FLANK_OF_LONGER)
        parts = _apart([(0, _END), focus, (widest - _END, widest)])

    def between(first: int, width: int, limit: int) -> Columns:
        """Positions below a limit of an interval of the given width, and breaks."""
        found: list[Columns] = []
        for number, (start, end) in enumerate(parts):
            if number:
                omitted = min(start, width) - min(parts[number - 1][1], width)
                found.append(np.full(_BREAK, NONE - omitted))
            bases = np.arange(start, end)
            inside = (bases < width) & (first + bases >= 0) & (first + bases < limit)
            found.append(np.where(inside, first + bases, NONE))
        return np.concatenate(found)

    def in_window(allele: Allele) -> Columns:
        width = len(allele.bases)
        first = (length - width) // 2
        left, right = first - len(flank) + flank, first + width + flank
        right[right >= length] = NONE
        return np.concatenate([np.maximum(left, NONE), between(first, width, length), right])

    within = between(ref.start, ref.end - ref.start, ref.end)
    positions = np.where(within < 0, np.nan, within)
    return AlleleAlignment(
        ref=in_window(ref),
        alt=in_window(alt),
        genome=np.concatenate([ref.start - len(flank) + flank, positions, ref.end + flank]),
        start=len(flank),
        end=len(flank) + len(within),
    )


def _apart(parts: list[Interval]) -> list[Interval]:
    """Sorted intervals, joined where no more than a break would be between them."""
    joined = parts[:1]
    for start, end in parts[1:]:
        before = joined[-1]
        if start - before[1] > _BREAK:
            joined.append((start, end))
        else:
            joined[-1] = before[0], max(before[1], end)
    return joined
