"""Table of the data sources."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from noncoding.data.published_positives import TOLERANCE, recorded_difference
from noncoding.layout import SPLITS
from noncoding.report.formats import count

KINDS = {
    "bundle": "Archive in the format of the DeepSEA training bundle",
    "genome": "Genome and peak files",
    "simulated": "Simulated: known motifs planted in random sequences",
}
_DIGESTS = {
    "archive": "archive",
    "mat": ".mat file",
    "fasta": "genome",
    "peaks": "peaks",
    "peaks_table": "table of peak files",
}
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
    "bins_chosen": "Bins chosen, before exclusion of windows",
    "bins_with_peak": "Bins that are positive for a target",
    "windows_off_chromosome": "Windows excluded: beyond the end of their chromosome or region",
    "windows_guarded": "Windows excluded: within the guard distance of another split",
    "windows_unknown_bases": "Windows excluded: too many unknown bases (N)",
}
_EXCLUDED = "Windows excluded: in an excluded region"


class Fact(NamedTuple):
    """One row of the description of a source."""

    label: str
    text: str
    url: str = ""  # empty for a local file
    code: bool = False  # whether the text is a file name or a digest
    names: tuple[str, ...] = ()  # of the items that were counted


class DrawnNegatives(NamedTuple):
    """Negatives of a split."""

    wanted: int
    drawn: int
    gc: float | None  # differences of the histograms of what was matched
    repeats: float | None


def source_facts(kind: str, source: dict[str, Any]) -> Iterator[Fact]:
    """Kind (a key of `KINDS`), addresses, digests and counts of the source of a store."""
    counts = source.get("counts", {})
    yield Fact("Type", KINDS[kind])
    if kind == "genome":
        yield Fact("Bins that become rows", _chosen_bins(counts.get("bins", "any target")))
    for url in [source["url"]] if "url" in source else source.get("urls", {}).values():
        if urlsplit(url).scheme in ("http", "https", "ftp"):
            yield Fact("Published at", url, url=url)
        else:
            yield Fact("File", url.rsplit("/", 1)[-1], code=True)
    for key, file in _DIGESTS.items():
        if digest := source.get(f"{key}_sha256"):
            yield Fact(f"SHA-256 of the {file}", digest, code=True)
    if servers := source.get("peaks_servers"):
        names = tuple(f"{server} ({count(number)})" for server, number in servers.items())
        yield Fact("Peak files with a URL", count(sum(servers.values())), names=names)
    if matched := counts.get("chromosome_map"):
        pairs = tuple(f"{name} → {own}" for name, own in matched.items())
        yield Fact("Chromosome names matched", count(len(pairs)), names=pairs)
    for key, label in _COUNTS.items():
        match counts.get(key):
            case dict(found):
                names = tuple(f"{name} ({count(peaks)})" for name, peaks in found.items())
                yield Fact(label, count(len(found)), names=names)
            case list(found):
                yield Fact(label, count(len(found)), names=tuple(map(str, found)))
            case int(found):
                yield Fact(label, count(found))
    match counts.get("windows_excluded"):
        case dict(found) if found:
            # A window that regions of several files overlap is counted for each of them.
            names = tuple(f"{name} ({count(windows)})" for name, windows in found.items())
            yield Fact(_EXCLUDED, count(counts.get("windows_excluded_any")), names=names)
        case int(found):
            yield Fact(_EXCLUDED, count(found))
    if difference := recorded_difference(source):
        text = f"{difference}; {count(difference.beyond)} of {count(difference.targets)} targets "
        text += f"beyond {100 * TOLERANCE:g} %"
        yield Fact("Positive test rows per target, compared with published", text)


def drawn_negatives(source: dict[str, Any]) -> dict[str, DrawnNegatives]:
    """Split → its negatives; empty if none were wanted."""
    return {
        split: DrawnNegatives(
            own["wanted"],
            own["drawn"],
            *(own["difference"].get(name) for name in ("gc", "repeats")),
        )
        for split, own in source.get("counts", {}).get("negatives", {}).items()
    }


def chromosomes_of_splits(splits: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """Split → names of its chromosomes, or a file or number of loci in their place.

    `splits` are those of the configuration; a split of all other chromosomes has no names.
    """
    shown = {}
    for name in SPLITS:
        match (splits or {}).get(name):
            case {"bed": bed}:
                # A download, or one of several sources of the same file.
                url = bed["url"] if isinstance(bed, Mapping) else bed
                file = str(url if isinstance(url, str) else url[0]).rsplit("/", 1)[-1]
                shown[name] = [f"regions in {file}"]
            case {"rows": int(rows)}:
                shown[name] = [f"{count(rows)} loci in order"]
            case list(names):
                shown[name] = names
    return shown


def _chosen_bins(bins: str) -> str:
    match bins.split(maxsplit=1):
        case ["all"]:
            return "all"
        case ["any", "target"]:
            return "positive for any target"
        case ["group", names]:
            return f"positive for a target of group {' or '.join(names.split(', '))}"
        case ["file", name]:
            return f"those in {name}"
    return bins
