"""Check the folders of results before a run."""

import os
from collections.abc import Iterable
from pathlib import Path

from noncoding.common.errors import InputError


def check_folders(folders: Iterable[str | os.PathLike[str]], *, writable: bool = False) -> None:
    """Refuse files and broken links in place of folders, and read-only folders if `writable`.

    Raises
    ------
    InputError
        Names the first file, link or folder.
    """
    for folder in folders:
        parents = (Path(folder), *Path(folder).parents)
        place = next(path for path in parents if os.path.lexists(path) or path == path.parent)
        if not place.is_dir():
            raise InputError(
                place,
                "a broken link" if place.is_symlink() else "a file",
                "a folder, or no file",
                "Move it away, or set the key 'results' of the configuration.",
            )
        if writable and not os.access(place, os.W_OK | os.X_OK):
            raise InputError(
                place,
                "a read-only folder",
                "a writable folder for results",
                "Change its owner or permissions, or mount it for writing.",
            )
