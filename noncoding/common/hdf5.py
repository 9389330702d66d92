"""HDF5 files; links to other files are not followed, and damage is reported."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from noncoding.common.errors import InputError
from noncoding.common.files import correct_path, not_a_file

_MOST_PER_BYTE = 1100
"""Maximum compression ratio: that of gzip is at most 1,032."""
_ALWAYS_ALLOWED = 1 << 26
"""Size in bytes that a data set in any file may claim."""
_LARGEST_ATTRIBUTE = 1 << 16
_AGAIN = "Check the disk or network, then run the same command again."
_NO_DAMAGE = {
    errno.EACCES: "Change its owner or permissions.",
    errno.EPERM: "Change its owner or permissions.",
    errno.EIO: _AGAIN,
    errno.ESTALE: _AGAIN,
    errno.EMFILE: "Raise the limit of open files with `ulimit -n`.",
    errno.ENOLCK: "Where a file system has no locks, set HDF5_USE_FILE_LOCKING=FALSE.",
}
"""Remedies of errors that do not indicate damage of the file."""


@contextmanager
def new_hdf5(path: str | os.PathLike[str], **options: Any) -> Iterator[h5py.File]:
    """Create a file, with the options of `h5py.File`, and fail with one error.

    After a failed write, HDF5 writes again when each object of the file is closed: h5py prints a
    traceback every time, and the process may crash. These writes are therefore redirected to
    memory. There is no cache of chunks, which h5py fails to free after a failed write: write whole
    chunks where speed matters.
    """
    file = h5py.File(path, "w", rdcc_nbytes=0, **options)
    try:
        yield file
        file.flush()
    except BaseException:
        if hasattr(os, "memfd_create"):  # on Linux
            memory = os.memfd_create("failed")
            os.dup2(memory, file.id.get_vfd_handle())
            os.close(memory)
        with suppress(OSError, RuntimeError):
            file.close()
        raise
    file.close()


def open_hdf5(path: str | os.PathLike[str], expected: str, remedy: str) -> h5py.File:
    """Open a file for reading; `expected` and `remedy` are parts of the error message.

    Raises
    ------
    InputError
        It is not a regular file or not HDF5, cannot be opened, or another process is writing it.
    """
    if Path(path).exists() and (found := not_a_file(path)):
        raise InputError(path, found, expected, correct_path(path))
    try:
        return h5py.File(path, "r")
    except OSError as error:
        found = f"a file that HDF5 cannot open ({first_line(error)})"
        if isinstance(error, BlockingIOError):
            found = "a file that another process is writing"
            remedy = "Wait until that process has ended, then run the same command again."
        elif error.errno in _NO_DAMAGE:
            found = f"a file that cannot be opened ({os.strerror(error.errno)})"
            remedy = _NO_DAMAGE[error.errno]
        raise InputError(path, found, expected, remedy) from error


@contextmanager
def damage_reported(where: object, expected: str, remedy: str) -> Iterator[None]:
    """Turn any error from reading a damaged file into an `InputError`."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:  # h5py raises many types on damaged files
        found = f"damaged or foreign content ({first_line(error)})"
        raise InputError(where, found, expected, remedy) from error


def first_line(error: Exception) -> str:
    """First line of an error message, without the quotes of a KeyError."""
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return text.splitlines()[0] if text else type(error).__name__


def own_dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    """The data set at a path, if its values are stored in the file itself.

    Raises
    ------
    ValueError
        It does not exist, is reached by a link, refers to another file, or claims more values
        than the file can hold.
    """
    dataset = own_item(group, name)
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"'{name}' is no data set")
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"the values of '{name}' are stored in another file")
    if dataset.shape is None:
        raise ValueError(f"'{name}' is empty")
    claimed = max(dataset.size, int(np.prod(dataset.chunks or (0,)))) * dataset.dtype.itemsize
    stored = Path(dataset.file.filename).stat().st_size
    if claimed > max(_ALWAYS_ALLOWED, _MOST_PER_BYTE * stored):
        raise ValueError(f"'{name}' claims {claimed:,} bytes, in a file of {stored:,}")
    return dataset


def own_item(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    """The group or data set at a path of hard links; errors as in `own_dataset`."""
    item = group
    for part in name.split("/"):
        # `in` and `get` would follow links, possibly to a pipe that blocks.
        links = item.id.links if isinstance(item, h5py.Group) else None
        if links is None or not links.exists(part.encode()):
            raise ValueError(f"there is no '{name}'")
        if links.get_info(part.encode()).type != h5py.h5l.TYPE_HARD:
            raise ValueError(f"'{name}' is a link to another place")
        item = item[part]
    return item


def attributes(item: h5py.Group | h5py.Dataset) -> dict[str, Any]:
    """All attributes; errors as in `attribute`."""
    return {name: attribute(item, name) for name in item.attrs}


def attribute(item: h5py.Group | h5py.Dataset, name: str) -> Any:
    """A scalar attribute; None if it is missing, a `ValueError` if it is an array."""
    if name not in item.attrs:
        return None
    stored = item.attrs.get_id(name)
    if stored.shape != () or stored.get_storage_size() > _LARGEST_ATTRIBUTE:
        raise ValueError(f"the attribute {name} is not a single value")
    value = item.attrs[name]
    return value.item() if isinstance(value, np.generic) else value
