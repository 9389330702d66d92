"""Numba beside torch."""

import numba
import numpy as np
import torch
from linear import sequences

from noncoding.attribution.checks.motif_enrichment import motif_hits
from noncoding.common.threads import same_threads


def test_numba_takes_as_many_threads_as_torch_and_leaves_torch_its_own():
    before = torch.get_num_threads(), numba.get_num_threads()
    torch.set_num_threads(1)
    try:
        with same_threads():
            assert numba.get_num_threads() == 1
            # A parallel loop, after which OpenMP would have all cores.
            motif_hits(sequences(2, 300), np.full((4, 6), 0.25))
        assert torch.get_num_threads() == 1
        assert numba.get_num_threads() == before[1]
    finally:
        torch.set_num_threads(before[0])


def test_more_threads_than_numba_has_are_all_of_its():
    before = torch.get_num_threads()
    torch.set_num_threads(numba.config.NUMBA_NUM_THREADS + 3)
    try:
        with same_threads():
            assert numba.get_num_threads() == numba.config.NUMBA_NUM_THREADS
    finally:
        torch.set_num_threads(before)
