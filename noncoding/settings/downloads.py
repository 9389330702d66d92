"""Entries of the configuration that name a published file."""

import os
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from noncoding.common.errors import InputError
from noncoding.common.files import from_home

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


def urls(entry: Mapping[str, Any]) -> list[str]:
    """Where the file of an entry can be had, in the order in which to try.

    Parameters
    ----------
    entry : mapping
        Its key ``url`` holds one URL or a list of them.

    Returns
    -------
    list of str

    Examples
    --------
    >>> urls({"url": "https://example.org/a.gz"})
    ['https://example.org/a.gz']
    """
    return [entry["url"]] if isinstance(entry["url"], str) else list(entry["url"])


def file_name(entry: Mapping[str, Any]) -> str:
    """Name that the file of an entry gets here: the last part of its first URL.

    Examples
    --------
    >>> file_name({"url": ["https://example.org/a.gz?download=1", "https://example.com/b.gz"]})
    'a.gz'
    """
    url = urls(entry)[0]
    return PurePosixPath(re.split("[?#]", url)[0] if "://" in url else url).name


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


def local_path(address: str) -> Path | None:
    """The file or folder on this machine that an address names.

    Parameters
    ----------
    address : str
        A path, which may begin with ``~``, or a URL.

    Returns
    -------
    Path or None
        None of a URL that is not a file URL, or of no valid one.
    """
    if "://" not in address and not address.lower().startswith("file:"):
        return from_home(address)
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    return Path(os.fsdecode(unquote_to_bytes(parts.path)))  # names are bytes


def bundle_folder(dataset: Mapping[str, Any]) -> Path | None:
    """The local folder with the unpacked files of a bundle, where one stands for its archive.

    Parameters
    ----------
    dataset : mapping
        An entry of ``datasets`` in the configuration.

    Returns
    -------
    Path or None
        None where there is an archive, or the data set is of another source.
    """
    entry = dataset.get("archive")
    if dataset["source"] != "bundle" or not entry:
        return None
    path = local_path(urls(entry)[0])
    try:
        return path if path and path.is_dir() else None
    except OSError:  # of a name that is too long, or a folder above it that cannot be read
        return None


def mat_file(dataset: Mapping[str, Any], split: str) -> Path | None:
    """The .mat file of a split in a `bundle_folder`, or in a folder of this.

    Returns
    -------
    Path or None
        None where it must be unpacked from an archive.

    Raises
    ------
    InputError
        There is none, or there are several in its folders; a digest is given, which a folder
        does not have; or the archive is a .mat file itself.
    """
    folder, name = bundle_folder(dataset), f"{split}.mat"
    if folder is None:
        if dataset["source"] == "bundle" and file_name(dataset["archive"]).endswith(".mat"):
            raise InputError(
                f"configuration, archive {redacted(urls(dataset['archive'])[0])}",
                "a single .mat file",
                "a tar archive with train.mat, valid.mat and test.mat, or the folder with them",
                "Give the local folder that it lies in as 'url', or pack the three with tar.",
            )
        return None
    if dataset["archive"].get("sha256"):
        raise InputError(
            f"configuration, sha256 of the archive {folder}",
            "a digest, but a folder",
            "null",
            "Set it to null: the digest of each .mat file is written into its store.",
        )
    direct = folder / name
    found = [direct] if direct.is_file() else [p for p in folder.glob(f"*/{name}") if p.is_file()]
    if len(found) == 1:
        return found[0]
    several = f"{len(found)} files {name}: {', '.join(sorted(map(str, found)))}"
    raise InputError(
        folder,
        several if found else f"no {name}",
        f"one {name}, in it or in one of its folders",
        "Put it there, or give another folder or an archive as 'url'.",
    )


def entries(dataset: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What is fetched for a data set: key of its configuration → the entry there.

    Parameters
    ----------
    dataset : mapping
        An entry of ``datasets`` in the configuration.

    Examples
    --------
    >>> entries({"source": "bundle", "archive": {"url": "a.tar.gz"}, "motifs": None})
    {'archive': {'url': 'a.tar.gz'}}
    """
    if dataset["source"] == "genome":
        found = {"fasta": dataset["fasta"], "peaks.archive": dataset["peaks"].get("archive")}
    else:
        found = {"archive": None if bundle_folder(dataset) else dataset.get("archive")}
    found["motifs"] = dataset.get("motifs")
    return {key: entry for key, entry in found.items() if entry}


def downloads(dataset: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Published files of a data set: file name → its entry.

    Parameters
    ----------
    dataset : mapping
        An entry of ``datasets`` in the configuration.
    """
    return {file_name(entry): entry for entry in entries(dataset).values()}
