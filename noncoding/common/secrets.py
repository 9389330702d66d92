"""Removal of passwords and signatures in URLs from logs, tables and reports."""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

# A password may contain any character, even a slash after what looks like a port.
_USER = re.compile(r"(?<=//)(?:[^/\s]*:(?!\d*/)\S{0,4096}|[^/\s]*)@")
# A match without a query is not searched again from its next slashes. "(#12)" is no query.
_QUERY = re.compile(r"(?P<address>//[^?#]*)(?:(?<!\s)(?<!\s\()(?P<query>[?#]\S+))?")
_VALUE = re.compile(r"(?P<name>[?&;#](?:[^=&;#]*=)?)(?P<value>[^&;#]+)")
_REDACTED = re.compile(r"(~[0-9a-f]{4}|\*\*\*)\W*")
_LOCAL = re.compile(r"/|file:", re.IGNORECASE)
_CREDENTIAL = re.compile(
    r"^x-(amz|goog)-|^s[evtpr]=$|^sig=|signature|token|key|pass|secret|auth|credential|"
    r"access|session|expires",
    re.IGNORECASE,
)
"""Names of query parameters that sign a URL and do not identify the file."""


def redacted(text: str) -> str:
    """Remove the secrets from all URLs in a text; paths are unchanged.

    User names, passwords and credentials become asterisks. Other values of a query, which may
    identify the file, become four hexadecimal digits of their hash.

    Examples
    --------
    >>> redacted("https://me:secret@example.org/a.gz?token=abc&id=7")
    'https://***@example.org/a.gz?token=***&id=~7902'
    """
    return _QUERY.sub(_without_values, _USER.sub("***@", text))


def shareable(value: Any) -> Any:
    """A (nested) value of the configuration with `redacted` URLs and no absolute paths.

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
