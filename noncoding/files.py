"""Files that appear whole under their final name, or not at all."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(*paths: str | os.PathLike[str]) -> Iterator[list[Path]]:
    """Write beside the final names, and rename when all is written.

    Parameters
    ----------
    *paths : path
        Final names. Missing parent folders are made.

    Yields
    ------
    list of Path
        One temporary name a path, in the same folder and with the same
        ending, so that writers that look at the ending work.

    Notes
    -----
    If the body raises, the temporary files are removed and whatever stood
    under the final names before is left as it was.
    """
    finals = [Path(path) for path in paths]
    partials = [final.with_name(f".partial-{os.getpid()}-{final.name}") for final in finals]
    for final in finals:
        final.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partials
        for partial, final in zip(partials, finals, strict=True):
            partial.replace(final)
    finally:
        for partial in partials:
            partial.unlink(missing_ok=True)


def sha256(*paths: str | os.PathLike[str]) -> str:
    """Hexadecimal SHA-256 digest of files, one after the other, in bounded memory."""
    digest = hashlib.sha256()
    for path in paths:
        with Path(path).open("rb") as handle:
            while block := handle.read(2**20):
                digest.update(block)
    return digest.hexdigest()
