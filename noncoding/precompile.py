"""Compile numba's functions before the first run: ``python -m noncoding.precompile``.

The compiled code is cached beside the libraries or in ``NUMBA_CACHE_DIR``.
"""

import numpy as np

from noncoding.attribution.checks.motif_enrichment import motif_hits
from noncoding.attribution.gradients import shuffled
from noncoding.motifs.patterns import patterns
from noncoding.motifs.tomtom import matches


def main() -> None:
    """Call each compiled function once, with the types that the stages use."""
    generator = np.random.default_rng(0)
    bases = generator.integers(0, 4, (60, 100))
    # Two motifs, so that all steps of TF-MoDISco have something to do.
    site = slice(44, 56)
    bases[::2, site], bases[1::2, site] = generator.integers(0, 4, (2, 12))
    sequences = np.eye(4, dtype=np.uint8)[bases].transpose(0, 2, 1)
    contributions = generator.normal(0, 0.02, sequences.shape).astype(np.float32)
    contributions[..., site] += sequences[..., site] - np.float32(0.25)
    motif = np.ascontiguousarray(sequences[0, :, site], dtype=np.float64)
    shuffled(sequences[:2])
    motif_hits(sequences, motif)
    matches([motif], {"motif": motif})
    patterns(sequences, contributions, most=2)


if __name__ == "__main__":
    main()
