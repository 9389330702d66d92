"""The windows that are to be predicted: of a BED file, named regions, a genome or sequences."""

import logging
import re
from collections.abc import Iterable, Mapping

import pandas as pd

from noncoding.common.errors import InputError, some_of
from noncoding.common.wording import counted
from noncoding.data.genome.bed import (
    RENAME,
    on_genome,
    read_bed,
    read_excluded,
    read_file,
    warn_of_placement,
)
from noncoding.data.genome.chromosome_names import chromosome_map_for
from noncoding.data.genome.chromosomes import Genome, region_of
from noncoding.data.genome.sequences import Sequences
from noncoding.data.genome.windows import Windows, centred_windows, tiled_windows
from noncoding.settings.apply import RegionOptions

log = logging.getLogger(__name__)

_PART = re.compile(r"(?P<chromosome>.+?)(?P<part>:[\d,]+-[\d,]+)?")


def region_windows(options: RegionOptions, length: int, bin: int) -> tuple[Windows, Sequences]:
    """The windows that options ask for, and the sequences from which they are read.

    Windows are in the order of the regions. Regions of chromosomes that are not in the FASTA file,
    or too short for a bin, are reported.

    Parameters
    ----------
    options : RegionOptions
    length, bin : int
        Of a window and of its labelled bin, in bp.

    Raises
    ------
    InputError
        A file cannot be read or has no regions, a region is not on its chromosome, or no window
        is left.
    """
    fasta = options.fasta or options.genome
    assert fasta is not None  # RegionOptions demands one of them
    where = options.bed or fasta
    sequences = Sequences(fasta)
    genome, stride = sequences.genome, options.stride or bin
    if options.bed is not None:
        regions = _bed_regions(options.bed, genome, summit=options.summit)
    elif options.regions is not None:
        regions = _named_regions(options.regions, genome)
    else:
        regions = _whole(genome)
    if options.bed is not None and not options.tile:
        windows = centred_windows(regions, genome, length, bin, summit=options.summit)
    elif options.fasta is not None:
        _check_not_empty(regions, fasta)
        longer = regions["end"] > length
        windows = tiled_windows(regions[longer], genome, length, bin, stride)
        short = centred_windows(regions[~longer], genome, length, bin)
        runs = pd.concat([windows.runs, short.runs]).sort_index()
        windows = Windows(genome, length, bin, stride, runs)
    else:
        windows = tiled_windows(regions, genome, length, bin, stride)
        _report_short(regions, windows, where)
    found = len(windows)
    if options.exclude is not None:
        windows = windows.without(read_excluded(options.exclude, genome, None, remedy=RENAME))
        log.info(
            "%s left out, which overlap regions of %s",
            counted(found - len(windows), "window"),
            options.exclude,
        )
    if not len(windows):
        raise InputError(
            where,
            f"{counted(len(regions), 'region')} and no window to predict",
            f"a bin of {bin} bp within a chromosome"
            + (f", and a window outside the regions of {options.exclude}" if found else ""),
            "Give other regions.",
        )
    sequences.expect(windows.chromosomes)
    return windows, sequences


def _check_not_empty(sequences: pd.DataFrame, fasta: str) -> None:
    """Refuse sequences without bases."""
    empty = sequences["region"][sequences["end"] == 0]
    if len(empty):
        raise InputError(
            fasta,
            f"no bases of {some_of(empty)}",
            "at least one base of each sequence",
            "Remove empty sequences.",
        )


def _bed_regions(path: str, genome: Genome, *, summit: bool) -> pd.DataFrame:
    """Regions of a BED file on the genome, with ``summit``, ``line`` and ``region``."""
    intervals = read_bed(read_file(path), path, names=True)
    if intervals.empty:
        raise InputError(path, "no region", "a BED file with regions", "Check the file.")
    placed = on_genome(intervals, path, genome, None, kept=("line", "name"), remedy=RENAME)
    warn_of_placement([placed], remedy=RENAME)
    _report_matched(path, placed.matched)
    regions = placed.intervals
    without = regions["summit"] < 0
    if summit and without.any():
        first = f"{path}, line {regions['line'][without].iloc[0]}"
        if without.all():
            raise InputError(
                first,
                "no summit, as in all other lines",
                "narrowPeak: ten columns, the last with the distance of the summit from the start",
                "Give a narrowPeak file, or predict at the centres of the regions.",
            )
        log.warning(
            "%s without a summit, the first in %s: predicted at the centre",
            counted(int(without.sum()), "region"),
            first,
        )
    return regions.assign(region=regions["name"].where(regions["name"] != "", _names(regions)))


def _named_regions(wanted: Iterable[str], genome: Genome) -> pd.DataFrame:
    """Chromosomes, and parts of them as ``chromosome:first-last``, counted from 1."""
    parts = {
        text: (text, "") if text in genome.lengths or not found else (found[1], found[2] or "")
        for text in wanted
        for found in [_PART.fullmatch(text)]
    }
    names = dict.fromkeys(name for name, _ in parts.values())
    matched = chromosome_map_for(names, genome.lengths, genome.described)
    _report_matched("regions", matched)
    rows = []
    for text, (name, part) in parts.items():
        region = region_of(matched.get(name, name) + part, genome.lengths)
        if region is None:
            raise InputError(
                "regions",
                f"{text!r}",
                "a chromosome, or chromosome:first-last, of the FASTA file, which has "
                f"{some_of(genome.lengths, like=name)}",
                "Correct it.",
            )
        last = genome.lengths[region.chromosome]
        if not 0 <= region.start < region.end <= last:
            raise InputError(
                "regions",
                f"{text!r}",
                f"positions from 1 to {last} on {region.chromosome}, the first not after the last",
                "Correct it.",
            )
        rows.append(region)
    regions = _on_chromosomes(pd.DataFrame(rows), genome)
    return regions.assign(region=_names(regions))


def _whole(genome: Genome) -> pd.DataFrame:
    """All sequences of a FASTA file; the names of regions are theirs."""
    regions = pd.DataFrame(
        {"chromosome": [*genome.lengths], "start": 0, "end": [*genome.lengths.values()]}
    )
    return _on_chromosomes(regions.assign(region=[*genome.lengths]), genome)


def _on_chromosomes(regions: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    names = pd.Categorical(regions["chromosome"], categories=[*genome.lengths])
    return regions.assign(chromosome=names)


def _names(regions: pd.DataFrame) -> pd.Series:
    """``chromosome:first-last`` of each region, counted from 1."""
    names = regions["chromosome"].astype(str) + ":" + (regions["start"] + 1).astype(str)
    return names + "-" + regions["end"].astype(str)


def _report_matched(where: str, matched: Mapping[str, str]) -> None:
    if matched:
        pairs = some_of([f"{name} → {own}" for name, own in matched.items()], shown=30)
        log.info("%s: chromosome names matched with the genome: %s", where, pairs)


def _report_short(regions: pd.DataFrame, windows: Windows, where: str) -> None:
    """Warn of regions that are shorter than a bin, and of those without one."""
    bin = windows.bin
    short = regions["end"] - regions["start"] < bin
    none = ~regions.index.isin(windows.runs.index)
    for chosen, what in (
        (short & ~none, f"shorter than the bin of {bin} bp, which extends beyond the region"),
        (none, f"not tiled: no bin of {bin} bp within the chromosome overlaps the region"),
    ):
        if chosen.any():
            first = regions[chosen].iloc[0]
            line = f"line {first['line']}: " if "line" in regions else ""
            log.warning(
                "%s: %s %s %s (the first: %s%s)",
                where,
                counted(int(chosen.sum()), "region"),
                "is" if chosen.sum() == 1 else "are",
                what,
                line,
                first["region"],
            )
