"""Finished shards of a prediction, from which an interrupted run resumes."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from noncoding.common.files import atomic_write, discard, read_json, write_json

log = logging.getLogger(__name__)

LOCI = 8192
"""Default size of a shard."""


class Shards:
    """A folder with one file per shard, each written atomically.

    Parameters
    ----------
    folder : Path
    shape : tuple of int
        That of the prediction: loci and targets, or other rows and the shape of one.
    batch_size : int
    size : int, optional
        Approximate number of rows per shard, which is a number of whole batches; `LOCI` by
        default.

    Attributes
    ----------
    finished : int
        Loci of the shards that `missing` found finished.
    """

    def __init__(
        self, folder: Path, shape: tuple[int, ...], batch_size: int, size: int | None = None
    ) -> None:
        self.folder = folder
        loci, *self._row = shape
        self._rows = loci
        step = batch_size * max(1, (size or LOCI) // batch_size)
        self._all = [slice(start, min(start + step, loci)) for start in range(0, loci, step)]
        self.finished = 0

    def missing(self, settings: Mapping[str, object]) -> list[slice]:
        """Loci of each shard that is missing or damaged.

        Settings are all that determines the values; shards with other settings are deleted.
        """
        path = self.folder / "settings.json"
        if read_json(path) != settings:
            discard(self.folder)
            write_json(settings, path)
        missing = [loci for loci in self._all if not self._is_finished(loci)]
        self.finished = self._rows - sum(loci.stop - loci.start for loci in missing)
        if self.finished and missing:
            log.info("resuming: %s of %s are finished", f"{self.finished:,}", f"{self._rows:,}")
        return missing

    def write(self, loci: slice, probabilities: npt.NDArray[np.float32]) -> None:
        """Write a shard."""
        with atomic_write(self._path(loci)) as [partial], partial.open("wb") as file:
            np.save(file, probabilities)

    def __iter__(self) -> Iterator[tuple[slice, npt.NDArray[np.float32]]]:
        """Loci and probabilities of all shards, in order."""
        for loci in self._all:
            yield loci, np.lib.format.open_memmap(self._path(loci), mode="r")

    def take(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Values of rows in any order, shape=(n, …)."""
        values = np.empty((len(rows), *self._row), dtype=np.float32)
        shard = rows // self._all[0].stop
        for number in np.unique(shard):
            stored = np.lib.format.open_memmap(self._path(self._all[number]), mode="r")
            wanted = shard == number
            values[wanted] = stored[rows[wanted] - self._all[number].start]
        return values

    def _is_finished(self, loci: slice) -> bool:
        try:
            # Fails if the file is shorter than its header says.
            values = np.lib.format.open_memmap(self._path(loci), mode="r")
        except (FileNotFoundError, ValueError, EOFError):
            return False
        shape = (loci.stop - loci.start, *self._row)
        return values.dtype == np.float32 and values.shape == shape

    def _path(self, loci: slice) -> Path:
        return self.folder / f"{loci.start}.npy"
