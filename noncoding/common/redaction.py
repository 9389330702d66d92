"""Passwords and signatures in addresses, which no log, table or report may show."""

import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

# A password may hold any character, including a slash: what looks like a port is not one then.
_USER = re.compile(r"(?<=//)(?:[^/\s]*:(?!\d*/)\S{0,4096}|[^/\s]*)@")
# A match without a query is not searched again from its next slashes. "(#12)" in a text is none.
_QUERY = re.compile(r"(?P<address>//[^?#]*)(?:(?<!\s)(?<!\s\()(?P<query>[?#]\S+))?")
_VALUE = re.compile(r"(?P<name>[?&;#](?:[^=&;#]*=)?)(?P<value>[^&;#]+)")
_REDACTED = re.compile(r"(~[0-9a-f]{4}|\*\*\*)\W*")
_CREDENTIAL = re.compile(
    r"^x-(amz|goog)-|^s[evtpr]=$|^sig=|signature|token|key|pass|secret|auth|credential|"
    r"access|session|expires",
    re.IGNORECASE,
)
"""Names in queries of signed addresses, which do not identify the file."""


def redacted(text: str) -> str:
    """A text without the secrets of the addresses in it, for logs and results.

    User names, passwords and credentials become asterisks. Other values of a query, which may
    identify the file, become four digits that change with the value. Paths stay as they are.

    Examples
    --------
    >>> redacted("https://me:secret@example.org/a.gz?token=abc&id=7")
    'https://***@example.org/a.gz?token=***&id=~7902'
    """

    def hidden(part: re.Match[str]) -> str:
        name, value = part["name"], part["value"]
        if _REDACTED.fullmatch(value):
            return part[0]
        if _CREDENTIAL.search(name[1:]):
            return f"{name}***"
        return f"{name}~{sha256(value.encode()).hexdigest()[:4]}"

    return _QUERY.sub(
        lambda match: match["address"] + _VALUE.sub(hidden, match["query"] or ""),
        _USER.sub("***@", text),
    )


def shareable(value: Any) -> Any:
    """A value of the configuration, possibly nested, without secrets and absolute paths.

    Addresses are `redacted`; absolute paths are reduced to their last part.

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
        is_local = value.startswith("/") or value.lower().startswith("file:")
        return PurePosixPath(value).name if is_local else redacted(value)
    return value


def redacted_command() -> str:
    """The command of this process without secrets, as it is typed to run it again."""
    program, *arguments = sys.argv
    path = Path(program)
    if path.name == "__main__.py":
        words = ["python", "-m", path.parent.name]
    else:
        words = [path.name if shutil.which(path.name) == program else program]
    return shlex.join([*words, *map(redacted, arguments)])
