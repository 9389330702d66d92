"""Write files that are compressed with bgzip."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pysam


@contextmanager
def new_bgzip(path: str | os.PathLike[str]) -> Iterator[pysam.BGZFile]:
    """Create a file, and raise the system's error after a failed write, which htslib hides."""
    verbosity = pysam.set_verbosity(0)
    try:
        with pysam.BGZFile(os.fspath(path), "wb", index=None) as file:
            yield file
    except OSError as error:
        if error.errno is None:
            with Path(path).open("ab") as again:  # which fails for the same reason
                again.write(bytes(1 << 16))
        raise
    finally:
        pysam.set_verbosity(verbosity)
