"""One attempt to get a file by FTP."""

import ftplib
from collections.abc import Iterator
from urllib.request import urlopen

from noncoding.fetch.partial import Origin, Partial, TransientError
from noncoding.fetch.sources import chunks, refused


def fetch_ftp(url: str, partial: Partial, timeout: float) -> None:
    """Begin anew and receive the whole file.

    Raises
    ------
    SourceError
        The server refuses for good.
    TransientError
        The connection was lost.
    """
    try:
        with urlopen(url, timeout=timeout) as response:
            length = response.headers.get("Content-Length")
            origin = Origin(url, None, None, int(length) if length else None)
            partial.begin(origin)
            partial.append(chunks(response), origin)
    except ftplib.all_errors as error:
        for cause in _causes(error):
            if isinstance(cause, ftplib.error_perm):
                raise refused(url, f"the answer {cause}") from error
        raise TransientError(f"a lost connection ({error})") from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
