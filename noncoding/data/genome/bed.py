"""Reading BED: intervals, checked line by line and against the genome."""

import logging
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from noncoding.common.errors import InputError, some_of
from noncoding.common.tables import plain_utf8
from noncoding.data.genome.chromosome_names import chromosome_map_for

log = logging.getLogger(__name__)

BED_COLUMNS = ("chromosome", "start", "end")
_NOT_INTERVALS = (b"track", b"browser")
_HEADER = re.compile(rb'"?(chrom)?_?(start|begin)"?', re.IGNORECASE)
# int also takes "1_000" and "+1"; more digits are no position, and do not fit into 64 bits.
_COORDINATE = re.compile(rb"-?[0-9]{1,15}")
_DIGITS = re.compile(rb"[-+]?[0-9.]+([eE][-+]?[0-9]+)?")

_MOST_CLIPPED_BP = 1000
"""Bases beyond an end of a chromosome that peak callers and exclusion lists may have."""
_FEW_CLIPPED = 10
_MOST_CLIPPED_SHARE = 0.01


class Placed(NamedTuple):
    """Intervals of a file on a genome.

    Attributes
    ----------
    where : path
        The file.
    total : int
        Number of intervals in it.
    intervals : pandas.DataFrame
        `BED_COLUMNS` and ``summit`` of the intervals on a chromosome of the genome, within it.
    outside : collections.Counter
        Name in the file → number of intervals that are on no chromosome of the genome.
    clipped : int
        Number of intervals of which bases beyond an end of the chromosome were cut off.
    """

    where: str | os.PathLike[str]
    total: int
    intervals: pd.DataFrame
    outside: Counter[str]
    clipped: int


def read_bed(content: bytes, where: str | os.PathLike[str]) -> pd.DataFrame:
    """Intervals of a BED file (three columns or more) or a narrowPeak file.

    Parameters
    ----------
    content : bytes
        The whole file, plain or gzip, with or without a byte-order mark. Empty lines,
        comments, ``track`` and ``browser`` lines and a header of column names are skipped.
    where : path
        Name of the file for the errors.

    Returns
    -------
    pandas.DataFrame
        `BED_COLUMNS` (bp, 0-based, half-open; ``start`` may be below 0), ``summit`` (bp,
        0-based; -1 where the line has none in column 10 of narrowPeak), and ``line``,
        counted from 1.

    Raises
    ------
    InputError
        A line has too few columns, a coordinate that is not a whole number, or an end
        that is not behind the start.
    """
    names: list[bytes] = []
    starts: list[int] = []
    ends: list[int] = []
    summits: list[int] = []
    lines: list[int] = []
    for number, line in enumerate(plain_utf8(content, where).splitlines(), start=1):
        fields = line.split(None, 3)
        if not fields or fields[0].startswith(b"#") or fields[0].lower() in _NOT_INTERVALS:
            continue
        if not names and len(fields) > 2 and _HEADER.fullmatch(fields[1]):
            continue
        if len(fields) < 3 or not all(_COORDINATE.fullmatch(field) for field in fields[1:3]):
            raise _not_bed(where, number, line, "chromosome, start and end, counted from 0")
        start, end = int(fields[1]), int(fields[2])
        if end <= start:
            raise _not_bed(where, number, line, "an end greater than the start")
        names.append(fields[0].strip(b'"'))
        starts.append(start)
        ends.append(end)
        summits.append(_summit(line, start, end))
        lines.append(number)
    chromosomes = pd.Categorical(names)
    return pd.DataFrame(
        {
            "chromosome": chromosomes.rename_categories(
                [name.decode(errors="backslashreplace") for name in chromosomes.categories]
            ),
            "start": pd.array(starts, dtype="int64"),
            "end": pd.array(ends, dtype="int64"),
            "summit": pd.array(summits, dtype="int64"),
            "line": pd.array(lines, dtype="int64"),
        }
    ).astype(dict.fromkeys(("start", "end", "summit", "line"), "int64"))


def on_genome(
    intervals: pd.DataFrame,
    where: str | os.PathLike[str],
    lengths: Mapping[str, int],
    chromosome_map: Mapping[str, str],
) -> Placed:
    """Give intervals the genome's chromosome names, and clip them to their chromosomes.

    Parameters
    ----------
    intervals : pandas.DataFrame
        As made by `read_bed`.
    where : path
        Name of the file for the errors.
    lengths : mapping
        Chromosome of the genome → length in bp.
    chromosome_map : mapping
        Name in the file → name in the genome; other names stay as they are.

    Returns
    -------
    Placed

    Raises
    ------
    InputError
        There are intervals, and none is on a chromosome of the genome; or intervals extend
        beyond their chromosomes far, or many of them do.
    """
    own_names = intervals["chromosome"].astype(object)
    names = own_names.map(lambda name: chromosome_map.get(name, name))
    limits = names.map(lengths)
    known = limits.notna()
    outside = Counter(own_names[~known])
    if outside and not known.any():
        raise InputError(
            where,
            f"intervals on {some_of(outside)} only, none of them a chromosome of the FASTA file",
            f"names such as {some_of(lengths)}",
            _proposed_map(outside, lengths),
        )
    clipped = _check_ends(intervals[known], where, limits[known].astype("int64"))
    placed = intervals.loc[known, ["start", "end", "summit"]]
    placed["start"] = placed["start"].clip(lower=0)
    placed["end"] = placed["end"].clip(upper=limits[known].astype("int64"))
    placed["summit"] = placed["summit"].where(placed["summit"] < placed["end"], -1).clip(lower=-1)
    placed.insert(0, "chromosome", pd.Categorical(names[known], categories=list(lengths)))
    return Placed(where, len(intervals), placed.reset_index(drop=True), outside, clipped)


def warn_of_placed(files: Iterable[Placed]) -> None:
    """Warn of intervals that were clipped, or left out, and say in which files.

    Parameters
    ----------
    files : iterable of Placed
    """
    files = list(files)
    clipped = sorted((file for file in files if file.clipped), key=lambda file: -file.clipped)
    if clipped:
        log.warning(
            "%d intervals extend beyond an end of their chromosome and are clipped to it: %s",
            sum(file.clipped for file in clipped),
            some_of((f"{file.where}: {file.clipped}" for file in clipped), separator="; "),
        )
    outside = sorted(
        (file for file in files if file.outside),
        key=lambda file: -file.outside.total() / file.total,
    )
    if outside:
        lines = [
            f"{file.where}: {file.outside.total()} of {file.total} (on {some_of(file.outside)})"
            for file in outside
        ]
        log.warning(
            "%d intervals are left out, since the FASTA file has no chromosome of that name: %s",
            sum(file.outside.total() for file in outside),
            some_of(lines, separator="; "),
        )


def _check_ends(intervals: pd.DataFrame, where: str | os.PathLike[str], limits: pd.Series) -> int:
    """Number of intervals that extend beyond their chromosome a little, if they are few."""
    before, behind = -intervals["start"], intervals["end"] - limits
    beyond = pd.concat([before, behind], axis=1).max(axis=1)
    far = (beyond > _MOST_CLIPPED_BP) | (intervals["end"] <= 0) | (intervals["start"] >= limits)
    clipped = int((beyond > 0).sum())
    if not far.any() and clipped <= max(_FEW_CLIPPED, _MOST_CLIPPED_SHARE * len(intervals)):
        return clipped
    first = intervals[far if far.any() else beyond > 0].iloc[0]
    raise InputError(
        f"{where}, line {first['line']}",
        f"{first['chromosome']}:{first['start']}-{first['end']}, beyond the chromosome's "
        f"{limits[first.name]} bp ({clipped} of {len(intervals)} intervals extend beyond theirs, "
        f"by up to {beyond.max()} bp)",
        f"intervals on their chromosomes, but for a few by up to {_MOST_CLIPPED_BP} bp",
        "If the intervals were called on another assembly, give its FASTA file. If the program "
        "that wrote them does not clip, as MACS, clip them (bedClip of UCSC).",
    )


def _proposed_map(outside: Collection[str], lengths: Collection[str]) -> str:
    proposed = chromosome_map_for(outside, lengths)
    if not proposed:
        return (
            "Set chromosome_map to say which chromosome of the FASTA file each name means, or "
            "leave the file out if it has none of them."
        )
    entries = some_of([f"{name!r}: {own!r}" for name, own in proposed.items()], shown=30)
    return f"Set chromosome_map: {{{entries}}}."


def _summit(line: bytes, start: int, end: int) -> int:
    """Position of the summit that a narrowPeak line gives, else -1.

    Lines of ten columns are narrowPeak: BED12 and gappedPeak have more, broadPeak fewer.
    """
    fields = line.split(b"\t") if b"\t" in line else line.split()
    if len(fields) == 10 and fields[9].strip().isdigit():
        position = start + int(fields[9][:15])
        return position if 0 <= position < end else -1
    return -1


def _not_bed(where: str | os.PathLike[str], number: int, line: bytes, expected: str) -> InputError:
    fields = line.split(None, 3)[1:3]
    fractions = [f for f in fields if _DIGITS.fullmatch(f) and not _COORDINATE.fullmatch(f)]
    return InputError(
        f"{where}, line {number}",
        repr(line[:80].decode(errors="backslashreplace")),
        expected,
        "Write coordinates as whole numbers (in R, options(scipen = 999) keeps 100000 from "
        "becoming 1e+05)."
        if fractions
        else "Give peaks as BED (three columns or more) or narrowPeak.",
    )
