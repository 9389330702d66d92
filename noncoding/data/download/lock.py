"""The lock file: which file was fetched, so that a later run notices a different one."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from noncoding.common.errors import InputError
from noncoding.common.files import write_json


@dataclass(frozen=True)
class Lock:
    """Which file was fetched, when (UTC, ISO 8601) and from where.

    The URL is without secrets, the digest hexadecimal and in lower case; ETag and Last-Modified
    are as the server sent them.
    """

    url: str
    sha256: str
    bytes: int
    etag: str | None
    last_modified: str | None
    fetched: str


def lock_path(destination: Path) -> Path:
    """Beside the file; not an output of a rule, which Snakemake would delete before a rerun."""
    return destination.with_name(f"{destination.name}.lock.json")


def read_lock(destination: Path) -> Lock | None:
    """The lock of a file, if there is one.

    Raises
    ------
    InputError
        It is damaged. If it were ignored, any file would be accepted.
    """
    path = lock_path(destination)
    try:
        lock = Lock(**json.loads(path.read_text(encoding="utf-8")))
        if not re.fullmatch("[0-9a-f]{64}", str(lock.sha256)):
            raise ValueError(f"sha256 {lock.sha256!r}")
        return lock
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise InputError(
            path,
            f"a damaged lock file ({error})",
            "JSON with url, sha256, bytes, etag, last_modified and fetched",
            "Delete it to accept the file that is fetched next, or configure sha256.",
        ) from error


def write_lock(destination: Path, lock: Lock) -> None:
    """Write the lock of a file, whole or not at all."""
    write_json(asdict(lock), lock_path(destination))
