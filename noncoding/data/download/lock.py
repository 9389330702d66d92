"""The lock file: which file was got, so that a later run notices another one."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write


@dataclass(frozen=True)
class Lock:
    """What was got, when and from where.

    Attributes
    ----------
    url : str
        URL, without secrets, or path that gave it.
    sha256 : str
        Hexadecimal digest, lower case.
    bytes : int
    etag, last_modified : str or None
        As the server sent them.
    fetched : str
        Time in UTC, ISO 8601.
    """

    url: str
    sha256: str
    bytes: int
    etag: str | None
    last_modified: str | None
    fetched: str


def lock_path(destination: Path) -> Path:
    """Beside the file; no output of a rule, so that Snakemake leaves it when it fetches anew."""
    return destination.with_name(f"{destination.name}.lock.json")


def now() -> str:
    """The time in UTC, as a lock holds it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_lock(destination: Path) -> Lock | None:
    """The lock of a file, if there is one.

    Raises
    ------
    InputError
        It cannot be understood. Taken for none, it would let any file pass.
    """
    path = lock_path(destination)
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    try:
        lock = Lock(**json.loads(text))
    except (ValueError, TypeError, RecursionError) as error:
        raise _damaged(path, str(error)) from error
    if not re.fullmatch("[0-9a-f]{64}", str(lock.sha256)):
        raise _damaged(path, f"sha256 {lock.sha256!r}")
    return lock


def write_lock(destination: Path, lock: Lock) -> None:
    """Write the lock of a file, whole or not at all.

    Raises
    ------
    OSError
        It cannot be written.
    """
    with atomic_write(lock_path(destination)) as [partial]:
        partial.write_text(json.dumps(asdict(lock), indent=2) + "\n", encoding="utf-8")


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        path,
        f"a lock file that cannot be understood ({why})",
        "JSON with url, sha256, bytes, etag, last_modified and fetched",
        "Delete it to accept the file that is fetched next, or set sha256 in the configuration.",
    )
