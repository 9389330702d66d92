"""Errors of the disk, of files and of memory, with their remedies."""

import errno
import os
import re

from noncoding.common.errors import InputError
from noncoding.common.files import TEMPORARY
from noncoding.layout import UNFINISHED

_DISK = {
    errno.ENOSPC: ("a full disk", "enough space for the output", "Free some space"),
    errno.EDQUOT: ("an exceeded quota", "enough space for the output", "Free some space"),
    errno.EFBIG: ("a file of the maximum size allowed", "a higher limit", "Raise the limit"),
    errno.EROFS: ("a read-only file system", "a writable one", "Mount it for writing"),
}
"""Error number → what was found, what was expected, and the remedy."""
_NO_PERMISSION = (
    "no permission",
    "an input that you may read, or an output in a folder that you may write to",
    "Change the owner or permissions of the file and its folder",
)
_FILE = {
    errno.EACCES: _NO_PERMISSION,
    errno.EPERM: _NO_PERMISSION,
    errno.ENOENT: ("no such file", "a file that exists while the stage runs", "Restore it"),
    errno.EISDIR: ("a folder", "a file, or nothing", "Move the folder"),
    errno.ENOTEMPTY: ("a folder", "a file, or nothing", "Move the folder"),
    errno.ENOTDIR: ("a file in place of a folder", "a folder", "Move the file"),
    errno.EEXIST: ("a file in place of a folder", "a folder", "Move the file"),
    errno.ENAMETOOLONG: ("a name that is too long", "a shorter one", "Shorten it"),
    errno.ELOOP: ("a loop of symbolic links", "a file", "Remove the links"),
    errno.EIO: ("an error of the disk or network", "a disk that works", "Check it"),
    errno.ESTALE: ("a stale file handle", "a file system that works", "Mount it again"),
    errno.EMFILE: ("too many open files", "a higher limit", "Raise it with `ulimit -n`"),
}
"""Only for errors that name a file; others may concern anything."""


def as_input_error(error: BaseException) -> InputError | None:
    """The cause and remedy of an error of a disk, a file or memory; None for other errors."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        details = str(error).partition("\n")[0] or "no details"
        return InputError(
            "memory",
            f"too little ({details})",
            "enough for this stage",
            "Give the job more, or lower the stage's batch size.",
        )
    chained: BaseException | None = error
    while chained is not None:  # an error of a library may be caused by one of the disk
        # HDF5 and safetensors give the number and the name in the message only.
        named = re.search(r"errno = (\d+)|os error (\d+)", str(chained))
        number = getattr(chained, "errno", None) or (int(named[1] or named[2]) if named else 0)
        place = getattr(chained, "filename", None)
        known = _DISK.get(number)
        if known is None and chained is error and isinstance(error, OSError) and place:
            known = _FILE.get(number)
        if known:
            found, expected, remedy = known
            quoted = re.search(r"name = '([^']+)'", str(chained))
            place = os.fsdecode(place or (quoted[1] if quoted else "a file of this stage"))
            # The final name in place of the temporary one.
            place = re.sub(rf"{re.escape(TEMPORARY)}[^-]+-(.*?)(\.lock)?$", r"\1", place)
            # An output in place of its lock, see `noncoding.common.locks.exclusive`.
            place = re.sub(rf"(^|/)\.lock-([^/]+?)(\.{UNFINISHED})?$", r"\1\2", place)
            remedy += ", and run the same command again; complete files are kept."
            return InputError(place, found, expected, remedy)
        chained = chained.__cause__ or chained.__context__
    return None
