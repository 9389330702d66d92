"""Threads of numba and torch."""

import numba
import numpy as np
import pytest
import torch
from linear import sequences

from noncoding.attribution.checks.motif_enrichment import motif_hits
from noncoding.common.threads import same_threads


@pytest.mark.parametrize("threads", [1, numba.config.NUMBA_NUM_THREADS + 3])
def test_numba_uses_the_threads_of_torch_and_does_not_change_them(threads):
    before = torch.get_num_threads(), numba.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with same_threads():
            assert numba.get_num_threads() == min(threads, numba.config.NUMBA_NUM_THREADS)
            # A parallel loop, after which OpenMP would use all cores.
            motif_hits(sequences(2, 300), np.full((4, 6), 0.25))
        assert torch.get_num_threads() == threads
        assert numba.get_num_threads() == before[1]
    finally:
        torch.set_num_threads(before[0])
