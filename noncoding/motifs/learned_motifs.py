"""Learned patterns of one target, with their TOMTOM matches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noncoding.motifs.patterns import Pattern
from noncoding.motifs.tomtom import Match

COLUMNS = (
    *("index", "target", "view", "pattern", "seqlets", "consensus"),
    *("best_match", "q_value", "own_motif", "own_q_value"),
)
"""Of ``patterns.tsv``."""
Q_VALUE = 0.05
"""Threshold below which a known motif counts as recovered."""


@dataclass(frozen=True)
class TargetMotifs:
    """Learned motifs of a target.

    `sequences` is the number of positives by split. `matches` has the matches of each pattern
    by motif, best first, `own` the known motifs of the target, and `motifs` the matrices of the
    database, shape=(4, width).
    """

    index: int
    name: str
    sequences: dict[str, int]
    patterns: list[Pattern]
    matches: list[dict[str, Match]]
    own: Sequence[str]
    motifs: Mapping[str, npt.NDArray[np.float64]]

    def best(self, pattern: Pattern) -> Match | None:
        """Best match of a pattern; None without a database."""
        return next(iter(self.matches[self.patterns.index(pattern)].values()), None)

    def own_match(self, pattern: Pattern) -> Match | None:
        """Best match of a pattern among the known motifs of the target; None without any."""
        found = self.matches[self.patterns.index(pattern)]
        return min((found[name] for name in self.own), key=lambda m: m.q_value, default=None)

    @property
    def recovered(self) -> bool:
        """Whether a pattern of TF-MoDISco matches a known motif of the target."""
        return any(
            (match := self.own_match(pattern)) is not None and match.q_value < Q_VALUE
            for pattern in self.patterns
            if pattern.view != "first layer"
        )

    def rows(self) -> Iterator[tuple[str | float, ...]]:
        """Values of `COLUMNS` for each pattern."""
        for pattern in self.patterns:
            best, own = self.best(pattern), self.own_match(pattern)
            yield (
                *(self.index, self.name, pattern.view, pattern.name),
                *(pattern.seqlets, pattern.consensus),
                *((best.motif, best.q_value) if best else ("", np.nan)),
                *((own.motif, own.q_value) if own else ("", np.nan)),
            )
