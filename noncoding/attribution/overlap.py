"""Windows of one genome that overlap, recognised by the bases that they share."""

import numpy as np
import numpy.typing as npt

from noncoding.data.one_hot import letters, reverse_complement

SHARED = 32
"""bp of the shortest overlap that is recognised."""


class Windows:
    """Windows of equal length, none of which overlaps another.

    Two windows overlap where, on either strand, one is a shifted copy of the other: all
    bases at a shift must agree, so that a repeat that both hold is no overlap. Only the
    ends of the windows are indexed: of two that overlap, each holds an end of the other.
    """

    def __init__(self) -> None:
        self._ends: dict[str, list[tuple[str, int]]] = {}

    def add(self, sequence: npt.NDArray[np.uint8]) -> bool:
        """Add a window, unless it overlaps one that is there.

        Parameters
        ----------
        sequence : numpy.ndarray, shape=(4, length), dtype=uint8
            One-hot; as long as those before.

        Returns
        -------
        bool
            Whether it was added.
        """
        window = letters(sequence)
        shared = min(SHARED, len(window))
        for start in range(len(window) - shared + 1):
            for other, place in self._ends.get(window[start : start + shared], ()):
                if _agree(window, other, start - place):
                    return False
        for strand in (window, letters(reverse_complement(sequence))):
            for place in {0, len(strand) - shared}:
                self._ends.setdefault(strand[place : place + shared], []).append((strand, place))
        return True


def _agree(window: str, other: str, shift: int) -> bool:
    """Whether two windows have the same bases where they overlap at a shift."""
    own = window[max(shift, 0) : len(window) + min(shift, 0)]
    if own != other[max(-shift, 0) : len(other) - max(shift, 0)]:
        return False
    return len(own) - own.count("N") >= min(SHARED, len(window))
