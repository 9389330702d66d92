"""Reading BED: intervals, checked line by line and against the genome."""

import gzip
import logging
import os
import zlib
from collections import Counter
from collections.abc import Mapping

import pandas as pd

from noncoding.errors import InputError

log = logging.getLogger(__name__)

BED_COLUMNS = ("chromosome", "start", "end")
_NOT_INTERVALS = (b"track", b"browser")
_NAMES_SHOWN = 5


def read_bed(content: bytes, where: str | os.PathLike[str]) -> pd.DataFrame:
    """Intervals of a BED file (three columns or more) or a narrowPeak file.

    Parameters
    ----------
    content : bytes
        The whole file, plain or gzip. Empty lines, comments and ``track`` and
        ``browser`` lines are skipped.
    where : path
        Name of the file for the errors.

    Returns
    -------
    pandas.DataFrame
        `BED_COLUMNS` (bp, 0-based, half-open), ``summit`` (bp, 0-based; -1 where the
        line has none in column 10 of narrowPeak), and ``line``, counted from 1.

    Raises
    ------
    InputError
        A line has too few columns, a coordinate that is not a whole number
        from 0 up, or an end that is not behind the start.
    """
    names: list[bytes] = []
    starts: list[int] = []
    ends: list[int] = []
    summits: list[int] = []
    lines: list[int] = []
    for number, line in enumerate(_plain(content, where).splitlines(), start=1):
        fields = line.split(None, 3)
        if not fields or fields[0].startswith(b"#") or fields[0] in _NOT_INTERVALS:
            continue
        # isdigit, because int also takes "1_000", "+1" and "-1".
        if len(fields) < 3 or not (fields[1].isdigit() and fields[2].isdigit()):
            raise _not_bed(where, number, line, "chromosome, start and end, counted from 0")
        start, end = int(fields[1]), int(fields[2])
        if end <= start:
            raise _not_bed(where, number, line, "an end greater than the start")
        names.append(fields[0])
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
) -> tuple[pd.DataFrame, Counter[str]]:
    """Give intervals the genome's chromosome names, and check that they fit.

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
    placed : pandas.DataFrame
        `BED_COLUMNS` and ``summit`` of the intervals on a chromosome of the genome.
    outside : collections.Counter
        Name in the file → number of intervals that are on none.

    Raises
    ------
    InputError
        An interval ends beyond its chromosome.
    """
    own_names = intervals["chromosome"].astype(object)
    names = own_names.map(lambda name: chromosome_map.get(name, name))
    limits = names.map(lengths)
    beyond = intervals[intervals["end"] > limits]
    if len(beyond):
        first = beyond.iloc[0]
        raise InputError(
            f"{where}, line {first['line']}",
            f"{first['chromosome']}:{first['start']}-{first['end']}",
            f"an end within the chromosome's {int(limits[first.name])} bp",
            "Give the FASTA file of the assembly that the intervals were called on.",
        )
    known = limits.notna()
    placed = intervals.loc[known, ["start", "end", "summit"]]
    placed.insert(0, "chromosome", pd.Categorical(names[known], categories=list(lengths)))
    return placed.reset_index(drop=True), Counter(own_names[~known])


def report_outside(
    where: str | os.PathLike[str],
    placed: int,
    outside: Counter[str],
    lengths: Mapping[str, int],
) -> None:
    """Warn of intervals that are on no chromosome of the genome.

    Parameters
    ----------
    where : path
        Where the intervals come from.
    placed : int
        Number of intervals that are on one.
    outside : collections.Counter
        As made by `on_genome`.
    lengths : mapping
        Chromosome of the genome → length in bp.

    Raises
    ------
    InputError
        There are intervals, and all of them are outside.
    """
    if not outside:
        return
    if not placed:
        raise InputError(
            where,
            f"intervals on {_some(outside)} only, none of them a chromosome of the FASTA file",
            f"names such as {_some(lengths)}",
            "Set chromosome_map to say which chromosome of the FASTA file each name means.",
        )
    log.warning(
        "%s: %d intervals are left out, because the FASTA file has no chromosome %s",
        where,
        outside.total(),
        _some(outside),
    )


def _summit(line: bytes, start: int, end: int) -> int:
    """Position of the summit that a narrowPeak line gives, else -1.

    Lines of ten columns are narrowPeak: BED12 and gappedPeak have more, broadPeak fewer.
    """
    fields = line.split(b"\t") if b"\t" in line else line.split()
    if len(fields) == 10 and fields[9].strip().isdigit():
        position = start + int(fields[9])
        return position if position < end else -1
    return -1


def _some(names: Mapping[str, int]) -> str:
    shown = ", ".join(list(names)[:_NAMES_SHOWN])
    return f"{shown}, …" if len(names) > _NAMES_SHOWN else shown


def _plain(content: bytes, where: str | os.PathLike[str]) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            where, f"gzip that ends early or is damaged ({error})", "a whole file", "Get it anew."
        ) from error


def _not_bed(where: str | os.PathLike[str], number: int, line: bytes, expected: str) -> InputError:
    return InputError(
        f"{where}, line {number}",
        repr(line[:80].decode(errors="backslashreplace")),
        expected,
        "Give peaks as BED (three columns or more) or narrowPeak.",
    )
