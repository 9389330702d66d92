"""Table of the data sources."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from noncoding.data.published_positives import TOLERANCE, recorded_difference
from noncoding.report.formats import count

KINDS = {
    "bundle": "Archive in the format of the DeepSEA training bundle",
    "genome": "Genome and peak files; rows are bins with a peak of at least one target",
    "simulated": "Simulated: known motifs planted in random sequences",
}
_DIGESTS = {"archive": "archive", "mat": ".mat file", "fasta": "genome", "peaks": "peaks"}
_COUNTS = {
    "peak_files": "Peak files",
    "targets": "Targets kept",
    "dropped_empty": "Targets excluded: no peaks",
    "dropped_few_peaks": "Targets excluded: too few peaks",
    "dropped_few_positives": "Targets excluded: too few positive bins",
    "peaks": "Peaks",
    "peaks_outside": "Peaks excluded: not on the genome's chromosomes",
    "peaks_clipped": "Peaks clipped to the end of their chromosome",
    "peaks_in_no_split": "Peaks excluded: chromosome in no split",
    "bins_with_peak": "Bins that are positive for a target",
    "windows_off_chromosome": "Windows excluded: beyond the end of their chromosome or region",
    "windows_excluded": "Windows excluded: in an excluded region",
}


class Fact(NamedTuple):
    """One row of the description of a source."""

    label: str
    text: str
    url: str = ""  # empty for a local file
    code: bool = False  # whether the text is a file name or a digest
    names: tuple[str, ...] = ()  # of the items that were counted


def source_facts(kind: str, source: dict[str, Any]) -> Iterator[Fact]:
    """Kind (a key of `KINDS`), addresses, digests and counts of the source of a store."""
    yield Fact("Type", KINDS[kind])
    for url in [source["url"]] if "url" in source else source.get("urls", {}).values():
        if urlsplit(url).scheme in ("http", "https", "ftp"):
            yield Fact("Published at", url, url=url)
        else:
            yield Fact("File", url.rsplit("/", 1)[-1], code=True)
    for key, file in _DIGESTS.items():
        if digest := source.get(f"{key}_sha256"):
            yield Fact(f"SHA-256 of the {file}", digest, code=True)
    if matched := source.get("counts", {}).get("chromosome_map"):
        pairs = tuple(f"{name} → {own}" for name, own in matched.items())
        yield Fact("Chromosome names matched", count(len(pairs)), names=pairs)
    for key, label in _COUNTS.items():
        match source.get("counts", {}).get(key):
            case dict(found):
                names = tuple(f"{name} ({count(peaks)})" for name, peaks in found.items())
                yield Fact(label, count(len(found)), names=names)
            case list(found):
                yield Fact(label, count(len(found)), names=tuple(map(str, found)))
            case int(found):
                yield Fact(label, count(found))
    if difference := recorded_difference(source):
        text = f"{difference}; {count(difference.beyond)} of {count(difference.targets)} targets "
        text += f"beyond {100 * TOLERANCE:g} %"
        yield Fact("Rebuilt: positive test rows against the published", text)
