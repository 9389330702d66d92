"""Entries of the configuration that name a published file."""

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from noncoding.common.errors import InputError
from noncoding.common.files import from_home
from noncoding.common.secrets import redacted

_LOCAL = re.compile(r"/|file:", re.IGNORECASE)


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
