"""Entries of the configuration that name a published file."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any


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
    return PurePosixPath(urls(entry)[0].partition("?")[0]).name


def downloads(dataset: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Published files of a data set: file name → its entry.

    Parameters
    ----------
    dataset : mapping
        An entry of ``datasets`` in the configuration.
    """
    if dataset["source"] == "genome":
        entries = [dataset["fasta"], dataset["peaks"].get("archive")]
    else:
        entries = [dataset.get("archive")]
    entries.append(dataset.get("motifs"))
    return {file_name(entry): entry for entry in entries if entry}
