"""Whether there is room on the disk, before anything is written."""

import os
import shutil
from pathlib import Path

from noncoding.common.errors import InputError
from noncoding.common.files import TEMPORARY

GIB = 2**30


def free_bytes(folder: Path) -> int:
    """Bytes that may be written to the file system of a folder, which need not exist."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(existing).free


def remaining_bytes(results: Path, disk_gib: float) -> int:
    """Bytes still to be written of those of all stages: the total less what is there.

    Temporary files of killed stages are not counted, since they will be written again. Links
    are not followed.
    """
    present = 0
    for parent, _, names in os.walk(results):
        for name in names:
            try:
                if not name.startswith(TEMPORARY):
                    present += Path(parent, name).lstat().st_size
            except FileNotFoundError:  # another stage removed it meanwhile
                continue
    return max(0, round(disk_gib * GIB) - present)


def check_room(folder: Path, needed: int, purpose: str) -> None:
    """Raise InputError where fewer bytes are free than needed."""
    if (available := free_bytes(folder)) < needed:
        raise InputError(
            folder,
            f"{_size(available)} free",
            f"{_size(needed)} for {purpose}",
            "Free space, or write to a folder on a larger disk (in the pipeline: set 'results'), "
            "and run again.",
        )


def _size(count: int) -> str:
    return f"{count / GIB:.2f} GiB ({count:,} bytes)"
