"""Motif discovery with TF-MoDISco."""

import functools
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba.core.dispatcher import Dispatcher

from noncoding.common.errors import InputError
from noncoding.common.threads import same_threads

FEWEST = 20
"""Minimum number of seqlets of a pattern."""
_SHORTEST = 41
"""Shortest window, in bp, that can contain a seqlet (21 bp) and its flanks."""
_TRIM = 0.3
"""Positions weaker than this share of the strongest one are trimmed from the ends."""
_FLANK = 2
"""Further positions, in bp, that are kept on each side."""
_RUNS = 8
"""Leiden clusterings with different seeds, of which the best is kept."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """A learned motif, found by the view ``TF-MoDISco`` or ``first layer``.

    `seqlets` is the number of aligned sites. Frequencies and mean contributions to the logit
    (for the first layer, the weights of the filter) have the shape (4, width).
    """

    view: str
    name: str
    seqlets: int
    frequencies: npt.NDArray[np.float64]
    contributions: npt.NDArray[np.float64]

    @property
    def consensus(self) -> str:
        """Most frequent base of each position, in lower case below a frequency of 0.5."""
        best, highest = self.frequencies.argmax(axis=0), self.frequencies.max(axis=0)
        return "".join(
            ("ACGT" if frequency >= 0.5 else "acgt")[base]
            for base, frequency in zip(best, highest, strict=True)
        )


def patterns(
    sequences: npt.NDArray[np.uint8], hypothetical: npt.NDArray[np.float32], most: int
) -> list[Pattern]:
    """Recurring patterns of contributions (Shrikumar et al. 2018; modisco-lite).

    Parameters
    ----------
    sequences : numpy.ndarray, shape=(n, 4, length)
    hypothetical : numpy.ndarray, shape=(n, 4, length)
        Hypothetical contributions.
    most : int
        Maximum number of positive patterns, and of negative patterns.

    Returns
    -------
    list of Pattern
        Positive (``for``), then negative (``against``), by decreasing number of seqlets.

    Raises
    ------
    InputError
        Too few values to estimate the background of contributions.
    """
    if sequences.shape[-1] < _SHORTEST or not np.abs(hypothetical * sequences).any():
        return []
    from modiscolite.tfmodisco import TFMoDISco  # noqa: PLC0415 – attribution does without

    _keep_compiled()
    try:
        with same_threads():
            found = TFMoDISco(
                np.ascontiguousarray(sequences.transpose(0, 2, 1), dtype=np.float32),
                np.ascontiguousarray(hypothetical.transpose(0, 2, 1), dtype=np.float32),
                min_metacluster_size=FEWEST,
                final_min_cluster_size=FEWEST,
                n_leiden_runs=_RUNS,
            )
    except (ValueError, IndexError, ZeroDivisionError) as error:
        # modisco-lite has no specific error for contributions without a background.
        raise InputError(
            f"contributions of {len(sequences)} sequences",
            f"too few values for TF-MoDISco ({error})",
            "contributions along whole sequences, most of them weak",
            "Use more sequences, or another method under 'motifs'.",
        ) from error
    made = []
    for sign, of_sign in zip(("for", "against"), found, strict=True):
        for number, pattern in enumerate((of_sign or [])[:most], start=1):
            frequencies = np.asarray(pattern.sequence, dtype=np.float64).T
            contributions = np.asarray(pattern.contrib_scores, dtype=np.float64).T
            strength = np.abs(contributions).sum(axis=0)
            kept = np.flatnonzero(strength >= _TRIM * strength.max())
            part = slice(max(0, int(kept[0]) - _FLANK), int(kept[-1]) + 1 + _FLANK)
            made.append(
                Pattern(
                    "TF-MoDISco",
                    f"{sign} {number}",
                    len(pattern.seqlets),
                    frequencies[:, part] / frequencies[:, part].sum(axis=0),
                    contributions[:, part],
                )
            )
    return made


@functools.cache
def _keep_compiled() -> None:
    """Let numba keep the compiled functions of modisco-lite on disk.

    Otherwise each run compiles them, which can take half a minute: modisco-lite keeps them only
    where it compiles in other processes, that is, with several threads of numba and no Python
    thread besides the main one.
    """
    from modiscolite import affinitymat, aggregator, gapped_kmer, util  # noqa: PLC0415

    for module in (affinitymat, aggregator, gapped_kmer, util):
        for function in vars(module).values():
            if isinstance(function, Dispatcher):
                with suppress(RuntimeError):  # No folder can be written.
                    function.enable_caching()
