"""Compile numba's functions before the first run: ``python -m noncoding.precompile``.

The compiled code is cached beside the libraries or in ``NUMBA_CACHE_DIR``.
"""

import numpy as np

from noncoding.attribution.checks.motif_enrichment import motif_hits
from noncoding.attribution.gradients import shuffled
from noncoding.motifs.tomtom import matches


def main() -> None:
    """Call each compiled function once, with the types that the stages use."""
    bases = np.random.default_rng(0).integers(0, 4, (2, 100))
    sequences = np.eye(4, dtype=np.uint8)[bases].transpose(0, 2, 1)
    motif = np.ascontiguousarray(sequences[0, :, :10], dtype=np.float64)
    shuffled(sequences)
    motif_hits(sequences, motif)
    matches([motif], {"motif": motif})


if __name__ == "__main__":
    main()
