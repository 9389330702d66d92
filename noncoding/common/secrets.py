"""Passwords and signatures in addresses, which no log, table or report may show."""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

# A password may hold any character, a slash too: what looks like a port is none then.
_USER = re.compile(r"(?<=//)(?:[^/\s]*:(?!\d*/)\S{0,4096}|[^/\s]*)@")
# What matches without a query is not read again from its next slashes. Of a text, "(#12)" is none.
_QUERY = re.compile(r"(?P<address>//[^?#]*)(?:(?<!\s)(?<!\s\()(?P<query>[?#]\S+))?")
_VALUE = re.compile(r"(?P<name>[?&;#](?:[^=&;#]*=)?)(?P<value>[^&;#]+)")
_REDACTED = re.compile(r"(~[0-9a-f]{4}|\*\*\*)\W*")
_LOCAL = re.compile(r"/|file:", re.IGNORECASE)
_CREDENTIAL = re.compile(
    r"^x-(amz|goog)-|^s[evtpr]=$|^sig=|signature|token|key|pass|secret|auth|credential|"
    r"access|session|expires",
    re.IGNORECASE,
)
"""Names in queries of signed addresses, which say nothing of which file it is."""


def redacted(text: str) -> str:
    """A text without the secrets of the addresses in it, for all that is written down.

    User names, passwords and credentials become asterisks. Other values of a query, which may
    say which file it is, become four digits that change with the value.

    Parameters
    ----------
    text : str
        An address, or a text with addresses. A path is left as it is.

    Examples
    --------
    >>> redacted("https://me:secret@example.org/a.gz?token=abc&id=7")
    'https://***@example.org/a.gz?token=***&id=~7902'
    """
    return _QUERY.sub(_without_values, _USER.sub("***@", text))


def shareable(value: Any) -> Any:
    """A value of the configuration as it may be given on: with no secrets and no absolute paths.

    Parameters
    ----------
    value : object
        May be nested.

    Returns
    -------
    object
        Of the same form. Addresses are `redacted`; of an absolute path the name is left.

    Examples
    --------
    >>> shareable({"url": ["https://me:secret@example.org/a.gz", "/elsewhere/a.gz"], "bin": 200})
    {'url': ['https://***@example.org/a.gz', 'a.gz'], 'bin': 200}
    """
    if isinstance(value, Mapping):
        return {key: shareable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shareable(inner) for inner in value]
    if isinstance(value, str):
        return PurePosixPath(value).name if _LOCAL.match(value) else redacted(value)
    return value


def _without_values(match: re.Match[str]) -> str:
    def hidden(part: re.Match[str]) -> str:
        name, value = part["name"], part["value"]
        if _REDACTED.fullmatch(value):
            return part[0]
        if _CREDENTIAL.search(name[1:]):
            return f"{name}***"
        return f"{name}~{sha256(value.encode()).hexdigest()[:4]}"

    return match["address"] + _VALUE.sub(hidden, match["query"] or "")
