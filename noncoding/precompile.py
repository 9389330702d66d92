"""Compile numba's functions before the first run: ``python -m noncoding.precompile``.

The compiled code is cached beside the libraries or in ``NUMBA_CACHE_DIR``.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noncoding.attribution.checks.motif_enrichment import motif_hits
from noncoding.attribution.gradients import shuffled
from noncoding.motifs.patterns import patterns
from noncoding.motifs.tomtom import matches


class _Examples(NamedTuple):
    """Sequences with either of two motifs, so that all steps of TF-MoDISco have something to do."""

    sequences: npt.NDArray[np.uint8]
    contributions: npt.NDArray[np.float32]
    motif: npt.NDArray[np.float64]


def _examples() -> _Examples:
    generator = np.random.default_rng(0)
    bases = generator.integers(0, 4, (60, 100))
    site = slice(44, 56)
    bases[::2, site], bases[1::2, site] = generator.integers(0, 4, (2, 12))
    sequences = np.eye(4, dtype=np.uint8)[bases].transpose(0, 2, 1)
    contributions = generator.normal(0, 0.02, sequences.shape).astype(np.float32)
    contributions[..., site] += sequences[..., site] - np.float32(0.25)
    motif = np.ascontiguousarray(sequences[0, :, site], dtype=np.float64)
    return _Examples(sequences, contributions, motif)


def _shuffle() -> None:
    shuffled(_examples().sequences[:2])


def _scan() -> None:
    motif_hits(_examples().sequences, _examples().motif)


def _compare_motifs() -> None:
    matches([_examples().motif], {"motif": _examples().motif})


def _discover_motifs() -> None:
    patterns(_examples().sequences, _examples().contributions, most=2)


CALLS: tuple[Callable[[], None], ...] = (_shuffle, _scan, _compare_motifs, _discover_motifs)
"""Calls of all compiled functions, with the types that the stages use."""


def main() -> None:
    """Compile in several processes: within one, numba compiles one function at a time."""
    with ProcessPoolExecutor(len(CALLS)) as pool:
        for call in [pool.submit(each) for each in CALLS]:
            call.result()


if __name__ == "__main__":
    main()
