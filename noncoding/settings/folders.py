"""Check the folders of results before a run."""

import os
from collections.abc import Iterable
from pathlib import Path

from noncoding.common.errors import InputError


def check_folders(folders: Iterable[str | os.PathLike[str]], *, writable: bool = False) -> None:
    """Refuse files and broken links in place of folders.

    Parameters
    ----------
    folders : iterable of path
    writable : bool
        The folders must also be writable.

    Raises
    ------
    InputError
        Names the first file, link or folder.
    """
    # Folders share their parents.
    for place in dict.fromkeys(_lowest(Path(folder)) for folder in folders):
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


def _lowest(folder: Path) -> Path:
    """The folder or its nearest existing parent."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    return folder
