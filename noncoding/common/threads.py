"""As many threads for numba as for torch."""

from collections.abc import Iterator
from contextlib import contextmanager

import numba
import torch


@contextmanager
def same_threads() -> Iterator[None]:
    """Let what runs numba in parallel take as many threads as torch, and leave torch its own.

    By itself numba takes all cores, whatever a job was given; and its first parallel loop
    sets OpenMP's number of threads, which is torch's, too, so that sums round otherwise.
    """
    threads, before = torch.get_num_threads(), numba.get_num_threads()
    most = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]  # set at import
    numba.set_num_threads(min(threads, most))
    try:
        yield
    finally:
        numba.set_num_threads(before)
        torch.set_num_threads(threads)
