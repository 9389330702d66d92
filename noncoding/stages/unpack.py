"""Extract named members of a tar archive, in one pass and bounded memory."""

import os
from collections.abc import Mapping
from pathlib import PurePosixPath

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write
from noncoding.data.archive import DISTRUST, members

_NAMES_SHOWN = 10


def unpack(archive: str | os.PathLike[str], wanted: Mapping[str, str | os.PathLike[str]]) -> None:
    """Extract members of a tar archive (plain, gz, bz2 or xz) to given names.

    Parameters
    ----------
    archive : path
    wanted : mapping of str to path
        Final name by the base name of the member: ``train.mat`` is found as
        ``deepsea_train/train.mat``. Missing parent folders are created.

    Raises
    ------
    InputError
        The archive or a member cannot be read (`noncoding.data.archive`), or a member is missing
        or duplicate. Existing files are then kept.
    """
    extracted: dict[str, str] = {}
    first: list[str] = []
    count = 0
    with atomic_write(*wanted.values()) as partials:
        targets = dict(zip(wanted, partials, strict=True))
        for member in members(archive):
            count += 1
            if count <= _NAMES_SHOWN:
                first.append(member.name)
            name = PurePosixPath(member.name).name
            if name not in targets:
                continue
            if name in extracted:
                found = f"a second one, after {extracted[name]!r}"
                raise InputError(str(member), found, "one member of this name", DISTRUST)
            extracted[name] = member.name
            with targets[name].open("wb") as target:
                target.writelines(member.chunks())
        if missing := [name for name in wanted if name not in extracted]:
            more = f" and {count - len(first)} more" if count > len(first) else ""
            raise InputError(
                archive,
                f"{count} members: {first}{more}",
                f"a member named {' and one named '.join(missing)}",
                "Check that this is the right archive; if it is, delete it and run fetch again.",
            )
