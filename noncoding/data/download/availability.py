"""Check that files can be had from their sources, before any of them is fetched."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import requests

from noncoding.common.errors import InputError, printable, some_of
from noncoding.common.redaction import redacted
from noncoding.data.download.http import NoAnswerError, check_http
from noncoding.data.download.sources import Source, check_file, sources

CONNECTIONS = 8
"""Largest number of connections to a server at once."""
MOST_UNANSWERED = 8
"""Files in a row without an answer of the server, after which it is asked for no other file."""
_SERVERS = 16
"""Largest number of servers that are asked at once."""
_LOCAL = "local files"
"""Takes the place of a server in messages."""
_LONGEST = 300
"""Characters of a reason."""


class WantedFile(NamedTuple):
    """A file to be fetched.

    Attributes
    ----------
    name : str
        For messages.
    url : sequence of str
        Addresses as in `noncoding.stages.fetch.fetch`.
    mirror : str or None
        As there.
    """

    name: str
    url: Sequence[str]
    mirror: str | None = None


class _Failure(NamedTuple):
    server: str
    reason: str
    name: str
    address: str


class UnavailableError(InputError):
    """Files that cannot be had: all of them, by server and reason, on lines of their own."""

    def __init__(self, failures: Sequence[_Failure], checked: int) -> None:
        names = dict.fromkeys(failure.name for failure in failures)
        if all(failure.server == _LOCAL for failure in failures):
            where, expected = "input files", "each file at its path"
            remedy = (
                f"Correct the paths, which start at the working directory, {Path.cwd()}; if a "
                "mirror is set, add the files to its folder."
            )
        else:
            where, expected = "downloads", "each file at one of its addresses"
            remedy = (
                "Check the connection, or correct the addresses; or add another address, set a "
                "mirror, or give the path of a copy that you have."
            )
        super().__init__(
            where,
            f"{len(names)} of {checked} files that cannot be fetched (listed below)",
            expected,
            f"Nothing has been computed. {remedy}",
        )
        self._failures = failures

    def __str__(self) -> str:
        lines = [super().__str__()]
        for (server, reason), failures in _grouped(self._failures).items():
            lines.append(printable(f"  {server}: {reason}"))
            lines += [printable(f"    {each.name}: {each.address}") for each in failures]
        return "\n".join(lines)


def check_available(files: Iterable[WantedFile]) -> list[str]:
    """Check that each file can be had from at least one of its sources.

    Sources of a file are tried in their order. All files of a server are asked for, with at most
    `CONNECTIONS` connections at once; see `noncoding.data.download.http.check_http`. A server
    that does not answer for `MOST_UNANSWERED` files in a row is not asked for others.

    Returns
    -------
    list of str
        For each server and reason, a line on the files that only another source has.

    Raises
    ------
    UnavailableError
        A file cannot be had from any of its sources; all such files are named.
    """
    found: dict[WantedFile, list[_Failure]] = {}
    pending: dict[WantedFile, list[Source]] = {}
    for file in files:
        found[file] = []
        try:
            pending[file] = sources(file.url, file.mirror)
        except InputError as error:
            found[file].append(_failure(file, "configuration", error.where, error))
    unavailable = [failures for failures in found.values() if failures]
    while pending:
        results = _check_all({candidates[0] for candidates in pending.values()})
        left = {}
        for file, (source, *others) in pending.items():
            if problem := results[source]:
                found[file].append(_failure(file, _server(source), source, problem))
                if others:
                    left[file] = others
                else:
                    unavailable.append(found[file])
        pending = left
    if unavailable:
        raise UnavailableError([each for failures in unavailable for each in failures], len(found))
    failures = [each for failures in found.values() for each in failures]
    return [
        printable(
            f"{server}: {reason}. These files are fetched from their next address: "
            f"{some_of(each.name for each in group)}"
        )
        for (server, reason), group in _grouped(failures).items()
    ]


def _check_all(addresses: Iterable[Source]) -> dict[Source, InputError | None]:
    """What is wrong with each address; None if the file is there."""
    by_server: dict[str, list[Source]] = defaultdict(list)
    for address in sorted(addresses, key=str):
        by_server[_server(address)].append(address)
    with ThreadPool(min(_SERVERS, len(by_server))) as pool:
        parts = pool.map(_check_server, by_server.values(), chunksize=1)
    return {address: error for part in parts for address, error in part.items()}


def _check_server(addresses: Sequence[Source]) -> dict[Source, InputError | None]:
    own = threading.local()  # sessions keep connections, and are for one thread
    unanswered: list[NoAnswerError] = []

    def check(address: Source) -> InputError | None:
        if len(errors := list(unanswered)) >= MOST_UNANSWERED:
            return errors[-1]
        if not hasattr(own, "session"):
            own.session = requests.Session()
        try:
            if isinstance(address, Path):
                check_file(address)
            else:
                check_http(address, own.session)
        except NoAnswerError as error:
            unanswered.append(error)
            return error
        except InputError as error:
            unanswered.clear()
            return error
        unanswered.clear()
        return None

    with ThreadPool(min(CONNECTIONS, len(addresses))) as pool:
        return dict(zip(addresses, pool.map(check, addresses, chunksize=1), strict=True))


def _server(address: Source) -> str:
    """Name and port of a server, without a user's name and password."""
    if isinstance(address, Path):
        return _LOCAL
    return redacted(f"//{urlsplit(address).netloc}").removeprefix("//").removeprefix("***@")


def _failure(file: WantedFile, server: str, address: object, error: InputError) -> _Failure:
    return _Failure(server, error.found[:_LONGEST], file.name, redacted(str(address)))


def _grouped(failures: Iterable[_Failure]) -> dict[tuple[str, str], list[_Failure]]:
    groups: dict[tuple[str, str], list[_Failure]] = defaultdict(list)
    for failure in failures:
        groups[failure.server, failure.reason].append(failure)
    return groups
