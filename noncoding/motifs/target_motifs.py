"""What is known of one target once its patterns have been found and matched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from noncoding.motifs.patterns import Pattern
from noncoding.motifs.tomtom import Match

SURE = 0.05
"""q-value below which a motif counts as given back."""


@dataclass(frozen=True)
class TargetMotifs:
    """One target and what the network has learned of it.

    Attributes
    ----------
    index : int
    name : str
    sequences : dict of int
        Positives by split.
    patterns : list of Pattern
    matches : list of dict of Match
        Of each pattern, by the name of the motif, best first.
    own : sequence of str
        Known motifs of the target.
    motifs : mapping of numpy.ndarray, shape=(4, width)
        The database.
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
        return next(iter(self._matches_of(pattern).values()), None)

    def own_match(self, pattern: Pattern) -> Match | None:
        """Best match of a pattern among the target's own motifs; None where none is known."""
        found = self._matches_of(pattern)
        return min((found[name] for name in self.own), key=lambda m: m.q_value, default=None)

    def drawn(self, most: int) -> list[Pattern]:
        """The first layer's pattern, and the first of the others."""
        first = [pattern for pattern in self.patterns if pattern.view == "first layer"]
        others = [pattern for pattern in self.patterns if pattern.view != "first layer"]
        return [*others[: most - len(first)], *first]

    @property
    def recovered(self) -> bool:
        """Whether TF-MoDISco gave an own motif back with a q-value below `SURE`."""
        return any(
            (match := self.own_match(pattern)) is not None and match.q_value < SURE
            for pattern in self.patterns
            if pattern.view != "first layer"
        )

    def rows(self) -> list[dict[str, Any]]:
        """A row of the table a pattern."""
        rows = []
        for pattern in self.patterns:
            best, own = self.best(pattern), self.own_match(pattern)
            rows.append(
                {
                    "index": self.index,
                    "target": self.name,
                    "view": pattern.view,
                    "pattern": pattern.name,
                    "seqlets": pattern.seqlets,
                    "consensus": pattern.consensus,
                    "best_match": best.motif if best else "",
                    "q_value": best.q_value if best else np.nan,
                    "own_motif": own.motif if own else "",
                    "own_q_value": own.q_value if own else np.nan,
                }
            )
        return rows

    def _matches_of(self, pattern: Pattern) -> dict[str, Match]:
        return self.matches[self.patterns.index(pattern)]
