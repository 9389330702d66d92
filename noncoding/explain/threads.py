"""Threads that libraries must not change behind our back."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def kept_threads() -> Iterator[None]:
    """Keep the number of torch's threads over a body that runs numba in parallel.

    Numba's first parallel loop sets OpenMP's number of threads, which is torch's, too, to
    all cores: a job would take more than it was given, and sums would round otherwise.
    """
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
