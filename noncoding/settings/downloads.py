"""URLs, file names and local paths of the configured downloads."""

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from noncoding.common.errors import InputError
from noncoding.common.files import from_home
from noncoding.common.redaction import redacted

_LONGEST = 200
"""Bytes of a file's name; names of related files are longer."""
_NAME = re.compile(r"(?!.*\.lock\.json\Z)[^{}/.\x00-\x1f\x7f][^{}/\x00-\x1f\x7f]*")
FILE_NAME = (
    f"a unique name of at most {_LONGEST} bytes that does not begin with a dot and holds no braces"
)
"""What the name of a download must be."""
_UNPACKED = ("train.mat", "valid.mat", "test.mat")
_MADE = {"genome": (), "bundle": _UNPACKED, "simulated": (*_UNPACKED, "bundle.tar.gz")}
"""Source of a data set → files that are written beside the downloads."""


def urls(entry: Mapping[str, Any]) -> list[str]:
    """Addresses of the file of an entry, in the order in which they are tried."""
    return [entry["url"]] if isinstance(entry["url"], str) else list(entry["url"])


def file_name(entry: Mapping[str, Any]) -> str:
    """Name of the file of an entry in the results: the last part of its first URL.

    Examples
    --------
    >>> file_name({"url": ["https://example.org/a.gz?download=1", "https://example.com/b.gz"]})
    'a.gz'
    """
    url = urls(entry)[0]
    return PurePosixPath(re.split("[?#]", url)[0] if "://" in url else url).name


def names_made(source: str) -> dict[str, str]:
    """Names that no download of a data set may have → what has them."""
    return dict.fromkeys(_MADE[source], "an unpacked file")


def name_problem(name: str, taken: Mapping[str, str]) -> str | None:
    """What is wrong with the name of a download; None if it is `FILE_NAME`.

    `taken` are the names of other files of the folder, and what has them.

    Examples
    --------
    >>> name_problem("a.gz", {"a.gz": "the key 'fasta'"})
    "the file name 'a.gz', which is also that of the key 'fasta'"
    """
    if not _NAME.fullmatch(name) or len(os.fsencode(name)) > _LONGEST:
        return f"the file name '{name}'"
    if name in taken:
        return f"the file name '{name}', which is also that of {taken[name]}"
    return None


def is_url(address: str) -> bool:
    """Whether an address is a URL rather than a path."""
    return "://" in address or address.lower().startswith("file:")


def local_path(address: str) -> Path | None:
    """The path that an address names, which may begin with ``~``; None for the URL of a server."""
    if not is_url(address):
        return from_home(address)
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    return Path(os.fsdecode(unquote_to_bytes(parts.path)))  # names are bytes


def bundle_folder(dataset: Mapping[str, Any]) -> Path | None:
    """The folder of .mat files that a data set names in place of a bundle's archive, if any."""
    entry = dataset.get("archive")
    if dataset["source"] != "bundle" or not entry:
        return None
    path = local_path(urls(entry)[0])
    try:
        return path if path and path.is_dir() else None
    except OSError:  # a name that is too long, or a folder above it that cannot be read
        return None


def mat_file(dataset: Mapping[str, Any], split: str) -> Path | None:
    """The .mat file of a split in a `bundle_folder` or one level below; None for an archive.

    Raises
    ------
    InputError
        There is not exactly one, a digest is given, or the archive is itself a .mat file.
    """
    folder, name = bundle_folder(dataset), f"{split}.mat"
    if folder is None:
        if dataset["source"] == "bundle" and file_name(dataset["archive"]).endswith(".mat"):
            raise InputError(
                f"configuration, archive {redacted(urls(dataset['archive'])[0])}",
                "a single .mat file",
                "a tar archive with train.mat, valid.mat and test.mat, or the folder with them",
                "Give the local folder of the file as 'url', or pack the three with tar.",
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

    Examples
    --------
    >>> entries({"source": "bundle", "archive": {"url": "a.tar.gz"}, "motifs": None})
    {'archive': {'url': 'a.tar.gz'}}
    """
    if dataset["source"] == "genome":
        found = {"fasta": dataset["fasta"], "peaks.archive": dataset["peaks"].get("archive")}
        found |= {key: entry for key, entry in bed_files(dataset).items() if is_fetched(entry)}
    else:
        found = {"archive": None if bundle_folder(dataset) else dataset.get("archive")}
    found["motifs"] = dataset.get("motifs")
    return {key: entry for key, entry in found.items() if entry}


def bed_files(dataset: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The BED files of a genome besides its peaks: key of its configuration → the entry there.

    Examples
    --------
    >>> bed_files({"exclude": [{"url": "gaps.bed"}], "splits": {"test": {"bed": {"url": "t.bed"}}}})
    {'splits.test.bed': {'url': 't.bed'}, 'exclude.0': {'url': 'gaps.bed'}}
    """
    bins, splits = dataset.get("bins"), dataset.get("splits") or {}
    found = {}
    if isinstance(bins, Mapping) and "file" in bins:
        found["bins.file"] = bins["file"]
    for name, split in splits.items():
        if isinstance(split, Mapping) and "bed" in split:
            found[f"splits.{name}.bed"] = split["bed"]
    excluded = enumerate(dataset.get("exclude") or [])
    return found | {f"exclude.{number}": entry for number, entry in excluded}


def is_fetched(entry: Mapping[str, Any]) -> bool:
    """Whether one of `bed_files` is fetched; a single local path is read where it is.

    A file with a digest is fetched, too, which compares it.
    """
    addresses = urls(entry)
    return len(addresses) > 1 or is_url(addresses[0]) or bool(entry.get("sha256"))


def downloads(dataset: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Published files of a data set: file name → its entry in the configuration."""
    return {file_name(entry): entry for entry in entries(dataset).values()}


def names_of_downloads(dataset: Mapping[str, Any]) -> dict[str, str]:
    """Names in the folder of downloads → what has them, for `name_problem`."""
    keys = {file_name(entry): f"the key '{key}'" for key, entry in entries(dataset).items()}
    return names_made(dataset["source"]) | keys
