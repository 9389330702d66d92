"""Use torch's number of threads in numba."""

from collections.abc import Iterator
from contextlib import contextmanager

import numba
import torch


@contextmanager
def same_threads() -> Iterator[None]:
    """Give numba the number of threads of torch, and keep that of torch.

    By default, numba uses all cores, and its first parallel loop sets the number of threads of
    OpenMP and therefore of torch, which changes the rounding of sums.
    """
    threads, before = torch.get_num_threads(), numba.get_num_threads()
    most = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]  # set at import
    numba.set_num_threads(min(threads, most))
    try:
        yield
    finally:
        numba.set_num_threads(before)
        torch.set_num_threads(threads)
