"""Where the data comes from, as rows that a person can read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from noncoding.report.formats import count

KINDS = {
    "bundle": "An archive in the format of the DeepSEA training bundle",
    "genome": "A genome and peak files; rows are bins with a peak of at least one target",
    "simulated": "Simulated: known motifs planted in random sequence, so the truth is known",
}
_DIGESTS = {
    "archive": "the archive",
    "mat": "the .mat file",
    "fasta": "the genome",
    "peaks": "the peaks",
}
_COUNTS = {
    "peak_files": "Peak files",
    "targets": "Targets kept",
    "dropped_empty": "Targets left out: no peaks",
    "dropped_few_peaks": "Targets left out: too few peaks",
    "dropped_few_positives": "Targets left out: too few positive bins",
    "peaks": "Peaks",
    "peaks_outside": "Peaks left out: not on the genome's chromosomes",
    "peaks_clipped": "Peaks clipped to the end of their chromosome",
    "peaks_in_no_split": "Peaks left out: on a chromosome of no split",
    "bins_with_peak": "Bins that are positive for a target",
    "windows_off_chromosome": "Windows left out: beyond the end of their chromosome",
    "windows_excluded": "Windows left out: in an excluded region",
}


@dataclass(frozen=True)
class Fact:
    """One row of the description of a source.

    Attributes
    ----------
    label, text : str
    url : str
        Where it can be had; empty where that is not on the web.
    code : bool
        The text is a name or digest, not words.
    names : list of str
        What was counted, one by one.
    """

    label: str
    text: str
    url: str = ""
    code: bool = False
    names: list[str] = field(default_factory=list)


def source_facts(settings: dict[str, Any], source: dict[str, Any]) -> list[Fact]:
    """Kind, addresses, digests and counts of a source.

    Parameters
    ----------
    settings : dict
        The data set's entry in the configuration.
    source : dict
        What the store says it was made from.

    Returns
    -------
    list of Fact
    """
    return [
        Fact("Kind", KINDS[settings["source"]]),
        *_addresses(source),
        *_digests(source),
        *_counts(source.get("counts", {})),
    ]


def _addresses(source: dict[str, Any]) -> Iterator[Fact]:
    urls = [source["url"]] if "url" in source else list(source.get("urls", {}).values())
    for url in urls:
        if urlsplit(url).scheme in ("http", "https", "ftp"):
            yield Fact("Published at", url, url=url)
        else:
            # A path says something on one machine only.
            yield Fact("File", url.rsplit("/", 1)[-1], code=True)


def _digests(source: dict[str, Any]) -> Iterator[Fact]:
    for what, words in _DIGESTS.items():
        if digest := source.get(f"{what}_sha256"):
            yield Fact(f"SHA-256 of {words}", digest, code=True)


def _counts(counts: dict[str, Any]) -> Iterator[Fact]:
    for key, label in _COUNTS.items():
        found = counts.get(key)
        if isinstance(found, dict):
            names = [f"{name} ({count(peaks)})" for name, peaks in found.items()]
            yield Fact(label, count(len(found)), names=names)
        elif isinstance(found, list):
            yield Fact(label, count(len(found)), names=[str(name) for name in found])
        elif found is not None:
            yield Fact(label, count(found))
