"""What a prediction has done so far, so that one that was cut off goes on."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from noncoding.common.files import atomic_write, discard, read_json

log = logging.getLogger(__name__)

LOCI = 8192
"""Of a part, about: whole batches."""


class Parts:
    """A folder with one file a part, each written whole.

    Parameters
    ----------
    folder : Path
    shape : (int, int)
        Loci of all parts, and targets.
    batch_size : int
        Loci of a batch; a part is a number of whole batches.

    Attributes
    ----------
    done : int
        Loci of the parts that are there.
    """

    def __init__(self, folder: Path, shape: tuple[int, int], batch_size: int) -> None:
        self.folder = folder
        loci, self._targets = shape
        step = batch_size * max(1, LOCI // batch_size)
        self._all = [slice(start, min(start + step, loci)) for start in range(0, loci, step)]
        self.done = 0

    def missing(self, record: dict[str, Any]) -> list[slice]:
        """Parts that are yet to be done.

        Parameters
        ----------
        record : dict
            All that decides the values, JSON. Parts of another record are
            deleted; those that are damaged are to be done again.
        """
        settings = self.folder / "settings.json"
        if read_json(settings) != record:
            discard(self.folder)
            self.folder.mkdir(parents=True)
            with atomic_write(settings) as [partial]:
                partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        left = [rows for rows in self._all if not self._is_whole(rows)]
        self.done = sum(rows.stop - rows.start for rows in self._all if rows not in left)
        if self.done:
            log.info("going on: %s loci were done before", f"{self.done:,}")
        return left

    def write(self, rows: slice, values: npt.NDArray[np.float32]) -> None:
        """Keep a part."""
        with atomic_write(self._path(rows)) as [partial], partial.open("wb") as file:
            np.save(file, values)

    def read(self) -> Iterator[tuple[slice, npt.NDArray[np.float32]]]:
        """All parts, in the order of the loci."""
        for rows in self._all:
            yield rows, np.lib.format.open_memmap(self._path(rows), mode="r")

    def _is_whole(self, rows: slice) -> bool:
        try:
            # The length of the file is compared with its header.
            values = np.lib.format.open_memmap(self._path(rows), mode="r")
        except (FileNotFoundError, ValueError, EOFError):
            return False
        return values.dtype == np.float32 and values.shape == (
            rows.stop - rows.start,
            self._targets,
        )

    def _path(self, rows: slice) -> Path:
        return self.folder / f"{rows.start}.npy"
