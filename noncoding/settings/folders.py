"""The folders that a run writes into, before it does."""

import os
from collections.abc import Iterable
from pathlib import Path

from noncoding.common.errors import InputError


def check_folders(folders: Iterable[str | os.PathLike[str]], *, writable: bool = False) -> None:
    """Refuse what stands where a folder is, or will be made.

    Parameters
    ----------
    folders : iterable of path
    writable : bool
        Files must be writable there, too.

    Raises
    ------
    InputError
        Names the first file or link that is in the way, or the folder.
    """
    # Folders share those above them.
    for place in dict.fromkeys(_lowest(Path(folder)) for folder in folders):
        if not place.is_dir():
            raise InputError(
                place,
                "a link to what is not there" if place.is_symlink() else "a file",
                "a folder, or nothing",
                "Move it away, or set the key 'results' of the configuration.",
            )
        if writable and not os.access(place, os.W_OK | os.X_OK):
            raise InputError(
                place,
                "a folder that must not be written to",
                "one that holds results",
                "Change its owner or rights, or mount it for writing.",
            )


def _lowest(folder: Path) -> Path:
    """The folder or, where it is not there, the first thing above it that is."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    return folder
