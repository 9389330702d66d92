"""Whether there is room on the disk, before anything is written."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from noncoding.common.errors import InputError
from noncoding.common.files import TEMPORARY

GIB = 2**30


def free_bytes(folder: Path) -> int:
    """Bytes that may be written to the file system of a folder, made or not yet made."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(existing).free


def present_bytes(folder: Path) -> int:
    """Bytes of all files below a folder; 0 where there is none. Links are not followed.

    Files under a name of `noncoding.common.files.temporary` do not count: they were left by a
    stage that was killed, and will be written once more.
    """
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.startswith(TEMPORARY):
                continue
            try:
                total += Path(parent, name).lstat().st_size
            except FileNotFoundError:  # another stage tidied up meanwhile
                continue
    return total


def check_room(
    folder: Path, needed: int, what: str, free: Callable[[Path], int] = free_bytes
) -> None:
    """Refuse to begin what the disk cannot hold.

    Parameters
    ----------
    folder : Path
        Where it is to be written.
    needed : int
        Bytes.
    what : str
        What they are for, as a noun phrase.
    free : callable
        Free bytes of a folder's file system.

    Raises
    ------
    InputError
        Fewer bytes are free than needed.
    """
    if (available := free(folder)) < needed:
        raise InputError(
            folder,
            f"{_size(available)} free",
            f"{_size(needed)} for {what}",
            "Free space, or set 'results' to a folder on a larger disk, and run again.",
        )


@dataclass(frozen=True)
class Budget:
    """What all stages of a data set write, one with the other.

    Attributes
    ----------
    folder : Path
        Of the results of the data set.
    total : int
        Bytes, with those that are temporary.
    """

    folder: Path
    total: int

    @classmethod
    def of_gib(cls, folder: Path, gib: float) -> Self:
        """A budget in GiB, as the configuration gives it."""
        return cls(folder, round(gib * GIB))

    def needed(self) -> int:
        """Bytes still to be written: the total less what lies in the folder."""
        return max(0, self.total - present_bytes(self.folder))

    def check(self, free: Callable[[Path], int] = free_bytes) -> None:
        """Raise InputError where that is more than is free."""
        check_room(
            self.folder,
            self.needed(),
            f"all stages of this data set (disk_gib: {self.total / GIB:,.2f}, "
            "less what lies there already)",
            free,
        )


def _size(count: int) -> str:
    return f"{count / GIB:.2f} GiB ({count:,} bytes)"
