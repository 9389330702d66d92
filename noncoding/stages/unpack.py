"""Take named members out of a tar archive, in one pass and bounded memory."""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write
from noncoding.data.archive import DISTRUST, members, shown

_NAMES_SHOWN = 10


def unpack(archive: str | os.PathLike[str], wanted: Mapping[str, str | os.PathLike[str]]) -> None:
    """Write members of a tar archive (plain, gz, bz2 or xz) to where they belong.

    Parameters
    ----------
    archive : path
        The tar file. It is read once, to its end, so that its checksums hold.
    wanted : mapping of str to path
        Final name by the base name of the member: ``train.mat`` is found as
        ``deepsea_train/train.mat``. Missing parent folders are made.

    Raises
    ------
    InputError
        The archive is missing, damaged, truncated or no tar; a member is
        missing, there twice, not a regular file, or has an absolute path or
        one with ``..``; a header is too long; there is no room.
        What stands under the final names is then left as it was.
    """
    archive = Path(archive)
    try:
        with atomic_write(*wanted.values()) as partials:
            _write(archive, dict(zip(wanted, partials, strict=True)))
    except OSError as error:  # of writing: those of reading are told apart where they arise
        raise InputError(
            ", ".join(map(str, wanted.values())),
            f"that they cannot be written ({error.strerror})",
            "folders that can be written to and have room",
            "Free space or choose another folder, and run again.",
        ) from error


def _write(archive: Path, partials: Mapping[str, Path]) -> None:
    written: dict[str, str] = {}
    held: list[str] = []
    count = 0
    for member in members(archive):
        count += 1
        if count <= _NAMES_SHOWN:
            held.append(member.name)
        name = PurePosixPath(member.name).name
        if name not in partials:
            continue
        if name in written:
            earlier = f"a second one, after {shown(written[name])}"
            raise InputError(str(member), earlier, "one member of this name", DISTRUST)
        member.require_file()
        written[name] = member.name
        with partials[name].open("wb") as target:
            for chunk in member.chunks():
                target.write(chunk)
    missing = [name for name in partials if name not in written]
    if missing:
        more = f" and {count - len(held)} more" if count > len(held) else ""
        raise InputError(
            archive,
            f"{count} members: {shown(held)}{more}",
            f"a member named {' and one named '.join(missing)}",
            "Check that this is the right archive; if it is, delete it and run fetch again.",
        )
