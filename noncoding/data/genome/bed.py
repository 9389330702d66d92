"""Read BED files and place their intervals on a genome."""

import logging
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError, some_of
from noncoding.common.files import correct_path, not_a_file
from noncoding.common.tables import plain_utf8
from noncoding.data.genome.bed_blocks import MOST_DIGITS, NOT_INTERVALS, Block, parse_plain
from noncoding.data.genome.chromosome_names import chromosome_map_for
from noncoding.data.genome.chromosomes import Genome

log = logging.getLogger(__name__)

_HEADER = re.compile(rb'"?[a-z_.]*(start|begin)[a-z_.]*"?', re.IGNORECASE)
# int also takes "1_000" and "+1"; more digits are no position, and do not fit into 64 bits.
_COORDINATE = re.compile(rb"-?[0-9]{1,%d}" % MOST_DIGITS)
_NUMBER = re.compile(rb"[-+]?[0-9.]+([eE][-+]?[0-9]+)?")

_LENGTHS = (b"length", b"width")
"""Columns of the length of an interval in tables of MACS and of R."""

_NUMBERS = ("start", "end", "summit", "line")
_BLOCK = 1 << 19
"""Bytes that are parsed at a time: one unusual line slows down only its block."""
_MOST_CLIPPED_BP = 1000
"""Bases beyond a chromosome end that peak callers and exclusion lists may contain."""
_FEW_CLIPPED = 10
_MOST_CLIPPED_SHARE = 0.01
_SET_MAP = "set chromosome_map"
RENAME = "rename it in the file"
"""What to do about names of chromosomes where there is no key ``chromosome_map``."""


class Placed(NamedTuple):
    """Intervals of a file on a genome.

    Attributes
    ----------
    where : path
        The file, with `total` intervals.
    intervals : pandas.DataFrame
        ``chromosome``, ``start``, ``end``, ``summit`` and what else was asked for of the
        intervals on a chromosome of the genome, clipped to it.
    outside : collections.Counter
        Name in the file → number of intervals that are on no chromosome of the genome.
    clipped : int
    matched : dict
        Name in the file → chromosome of the genome, if the names were matched automatically.
    """

    where: str | os.PathLike[str]
    total: int
    intervals: pd.DataFrame
    outside: Counter[str]
    clipped: int
    matched: dict[str, str]


def read_bed(content: bytes, where: str | os.PathLike[str], *, names: bool = False) -> pd.DataFrame:
    """Read a BED file (three columns or more) or a narrowPeak file.

    Empty lines, comments, ``track`` and ``browser`` lines and a header of column names are
    skipped.

    Parameters
    ----------
    content : bytes
        The whole file, plain or compressed, with or without a byte-order mark.
    where : path
        The file, for errors.
    names : bool
        Read column 4, too.

    Returns
    -------
    pandas.DataFrame
        ``chromosome`` (categorical), ``start`` and ``end`` (int64; bp, 0-based, half-open;
        ``start`` may be below 0), ``summit`` (bp, 0-based; -1 where column 10 of narrowPeak gives
        none), and ``line``, counted from 1. With `names`, also ``name``, empty where column 4 is
        missing or ``.``.

    Raises
    ------
    InputError
        A line has too few columns, a coordinate that is not a whole number, or an end that is
        not greater than the start; or a column of lengths shows that starts are counted from 1.
    """
    text = plain_utf8(content, where)
    codes: dict[str, int] = {}
    blocks: list[Block] = []
    line = 1
    for block in _blocks(text):
        found = parse_plain(block, line, names=names)
        if found is None:
            found, lines = _parse_any(block, line, where, names=names, headed=not codes)
        else:
            lines = len(found.line)
        own = [
            codes.setdefault(raw.decode(errors="backslashreplace"), len(codes))
            for raw in found.chromosomes
        ]
        blocks.append(found._replace(code=np.array(own, np.int64)[found.code]))
        line += lines
    table = pd.DataFrame(
        {
            "chromosome": pd.Categorical.from_codes(
                _joined([block.code for block in blocks]), categories=pd.Index(codes, dtype=object)
            )
        }
        | {key: _joined([getattr(block, key) for block in blocks]) for key in _NUMBERS}
    )
    if names:
        texts = [_name(raw) for block in blocks for raw in block.names]
        table["name"] = pd.Series(texts, dtype=object)
    return table


def on_genome(
    intervals: pd.DataFrame,
    where: str | os.PathLike[str],
    genome: Genome,
    chromosome_map: Mapping[str, str] | None,
    *,
    kept: Sequence[str] = (),
    remedy: str = _SET_MAP,
) -> Placed:
    """Give intervals the chromosome names of a genome, and clip them to their chromosomes.

    Parameters
    ----------
    intervals : pandas.DataFrame
        Made by `read_bed`.
    where : path
        The file, for errors.
    genome : Genome
    chromosome_map : mapping, optional
        Name in the file → name in the genome, where they differ; None to match the names, see
        `noncoding.data.genome.chromosome_names.chromosome_map_for`.
    kept : sequence of str
        Further columns of the intervals that are needed.
    remedy : str
        What the user can do where a chromosome has another name in the genome, such as `RENAME`.

    Raises
    ------
    InputError
        There are intervals, and none is on a chromosome of the genome; or intervals extend far
        beyond their chromosomes, or many of them do.
    """
    lengths = genome.lengths
    matched: dict[str, str] = {}
    code, in_file = pd.factorize(intervals["chromosome"])
    if chromosome_map is None:
        matched = chromosome_map_for(in_file, lengths, genome.described)
    renamed = matched if chromosome_map is None else chromosome_map
    index = {name: number for number, name in enumerate(lengths)}
    own = np.array([index.get(renamed.get(name, name), -1) for name in in_file], np.int64)[code]
    known = own >= 0
    numbers = np.bincount(code[~known], minlength=len(in_file)).tolist()
    outside = Counter({name: n for name, n in zip(in_file, numbers, strict=True) if n})
    if outside and not known.any():
        proposed = chromosome_map_for(outside, lengths, genome.described)
        entries = some_of([f"{name!r}: {own!r}" for name, own in proposed.items()], shown=30)
        raise InputError(
            where,
            f"intervals on {some_of(outside)} only, none of them a chromosome of the FASTA file",
            f"names such as {some_of(lengths)}",
            f"Set chromosome_map: {{{entries}}}, or remove this key."
            if proposed
            else "If the intervals are of another assembly, give its FASTA file. If it has "
            f"{next(iter(outside))!r} under another name, {remedy}"
            + (f": {{{next(iter(outside))!r}: NAME, …}}." if remedy == _SET_MAP else "."),
        )
    placed = intervals if known.all() else intervals[known]
    limits = np.fromiter(lengths.values(), np.int64, len(lengths))[own[known]]
    clipped = _check_ends(placed, where, limits)
    start, end, summit = (placed[key].to_numpy() for key in ("start", "end", "summit"))
    end = np.minimum(end, limits)
    on_chromosomes = pd.DataFrame(
        {
            "chromosome": pd.Categorical.from_codes(own[known], categories=list(lengths)),
            "start": np.maximum(start, 0),
            "end": end,
            "summit": np.where(summit < end, np.maximum(summit, -1), -1),
        }
        | {key: placed[key].to_numpy() for key in kept}
    )
    return Placed(where, len(intervals), on_chromosomes, outside, clipped, matched)


def read_excluded(
    path: str | os.PathLike[str],
    genome: Genome,
    chromosome_map: Mapping[str, str] | None,
    *,
    remedy: str = _SET_MAP,
) -> dict[str, pd.DataFrame]:
    """Regions of a BED file by chromosome; other parameters and errors as in `on_genome`."""
    content = read_file(path)
    placed = on_genome(read_bed(content, path), path, genome, chromosome_map, remedy=remedy)
    warn_of_placement([placed], remedy=remedy)
    return {str(name): rows for name, rows in placed.intervals.groupby("chromosome", observed=True)}


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Content of a BED file, as it is; an `InputError` if there is none."""
    if found := not_a_file(path):
        raise InputError(path, found, "a BED file", correct_path(path))
    return Path(path).read_bytes()


def warn_of_placement(files: Iterable[Placed], *, remedy: str = _SET_MAP) -> None:
    """Warn of intervals that were clipped or left out, and name their files.

    `remedy` as in `on_genome`.
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
            "%d intervals are left out, since the FASTA file has no chromosome of that name: %s. "
            "If it has one under another name, %s",
            sum(file.outside.total() for file in outside),
            some_of(lines, separator="; "),
            remedy,
        )


def _blocks(text: bytes) -> Iterator[bytes]:
    """Whole lines of a text, about `_BLOCK` bytes at a time."""
    start = 0
    while start < len(text):
        stop = text.find(b"\n", start + _BLOCK) + 1 or len(text)
        yield text[start:stop]
        start = stop


def _joined(parts: list[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _parse_any(
    text: bytes, first_line: int, where: str | os.PathLike[str], *, names: bool, headed: bool
) -> tuple[Block, int]:
    """Parse lines of any form; gives the number of lines, too.

    With `headed`, a header of column names may precede the first interval.
    """
    rows: list[tuple[int, int, int, int, int]] = []
    chromosomes: dict[bytes, int] = {}
    named: list[bytes] = []
    header = b""
    lines = text.splitlines()
    for number, line in enumerate(lines, start=first_line):
        if headed and not rows:
            uncommented = line.lstrip(b"# ")
            fields = uncommented.split(None, 2)
            if len(fields) > 2 and _HEADER.fullmatch(fields[1]):
                header = uncommented
                continue
        fields = line.split(None, 3)
        if not fields or fields[0].startswith(b"#") or fields[0].lower() in NOT_INTERVALS:
            continue
        if len(fields) < 3 or not all(_COORDINATE.fullmatch(field) for field in fields[1:3]):
            raise _not_bed(where, number, line, "chromosome, start and end, counted from 0")
        start, end = int(fields[1]), int(fields[2])
        if end <= start:
            raise _not_bed(where, number, line, "an end greater than the start")
        if header and not rows:
            _check_counted_from_0(header, line, f"{where}, line {number}")
        code = chromosomes.setdefault(fields[0].strip(b'"'), len(chromosomes))
        rows.append((code, start, end, _summit(line, start, end), number))
        if names:
            named.append(_fourth(line))
    codes, starts, ends, summits, numbers = np.array(rows, np.int64).reshape(-1, 5).T
    block = Block(list(chromosomes), codes, starts, ends, summits, numbers, named)
    return block, len(lines)


def _check_counted_from_0(header: bytes, line: bytes, where: str) -> None:
    """Refuse a table whose lengths are end − start + 1: its starts are counted from 1."""
    columns = (name.strip(b' "').lower() for name in _fields(header))
    row = dict(zip(columns, _fields(line), strict=False))
    start, end = line.split(None, 3)[1:3]
    for name in _LENGTHS:
        if row.get(name, b"").strip() == b"%d" % (int(end) - int(start) + 1):
            raise InputError(
                where,
                f"start {start.decode()}, end {end.decode()} and {name.decode()} "
                f"{row[name].decode()}, so that starts are counted from 1",
                "a BED file, in which starts are counted from 0",
                "Instead of the .xls file of MACS, give the .narrowPeak or .broadPeak file that it "
                "writes, too. In R, write a GRanges object with rtracklayer::export(x, 'x.bed'). "
                "Otherwise, subtract 1 from each start.",
            )


def _check_ends(
    intervals: pd.DataFrame, where: str | os.PathLike[str], limits: npt.NDArray[np.int64]
) -> int:
    """Count intervals that extend beyond their chromosome.

    One that is wholly outside or extends far beyond it is refused, and so are many.
    """
    start, end = intervals["start"].to_numpy(), intervals["end"].to_numpy()
    beyond = np.maximum(-start, end - limits)
    clipped = beyond > 0
    most = int(max(_FEW_CLIPPED, _MOST_CLIPPED_SHARE * len(intervals)))
    if (wrong := (end <= 0) | (start >= limits)).any():
        how = "outside its chromosome of"
        expected = "intervals that overlap their chromosome"
    elif (wrong := beyond > _MOST_CLIPPED_BP).any():
        how = f"which extends {beyond[wrong.argmax()]} bp beyond its chromosome of"
        expected = f"intervals that extend at most {_MOST_CLIPPED_BP} bp beyond their chromosome"
    elif clipped.sum() > most:
        wrong, how = clipped, "which extends beyond its chromosome of"
        expected = (
            f"at most {most} such intervals in this file ({_FEW_CLIPPED}, or "
            f"{_MOST_CLIPPED_SHARE:.0%} of the intervals if that is more)"
        )
    else:
        return int(clipped.sum())
    row = int(wrong.argmax())
    first = intervals.iloc[row]
    raise InputError(
        f"{where}, line {first['line']}",
        f"{first['chromosome']}:{first['start']}-{first['end']}, {how} "
        f"{limits[row]} bp ({wrong.sum()} of {len(intervals)} intervals)",
        expected,
        "If the intervals were called on another assembly, give its FASTA file. If the program "
        "that wrote them does not clip, as MACS, clip or remove them (bedClip of UCSC).",
    )


def _summit(line: bytes, start: int, end: int) -> int:
    """Position of the summit in a narrowPeak line, else -1.

    Lines of ten columns are narrowPeak: BED12 and gappedPeak have more, broadPeak fewer.
    """
    fields = _fields(line)
    if len(fields) == 10 and fields[9].strip().isdigit():
        position = start + int(fields[9].strip()[:MOST_DIGITS])
        return position if 0 <= position < end else -1
    return -1


def _fields(line: bytes) -> list[bytes]:
    return line.split(b"\t") if b"\t" in line else line.split()


def _fourth(line: bytes) -> bytes:
    """Column 4 of a line; empty if it is missing."""
    fields = line.split(b"\t", 4) if line.count(b"\t") >= 2 else line.split(None, 4)
    return fields[3] if len(fields) > 3 else b""


def _name(raw: bytes) -> str:
    """The text of column 4; empty for ``.``."""
    name = raw.decode(errors="backslashreplace").strip()
    return "" if name == "." else name


def _not_bed(where: str | os.PathLike[str], number: int, line: bytes, expected: str) -> InputError:
    fractions = any(
        _NUMBER.fullmatch(field) and not _COORDINATE.fullmatch(field)
        for field in line.split(None, 3)[1:3]
    )
    return InputError(
        f"{where}, line {number}",
        repr(line[:80].decode(errors="backslashreplace")),
        expected,
        "Write coordinates as whole numbers (in R, options(scipen = 999) keeps 100000 from "
        "becoming 1e+05)."
        if fractions
        else "Correct the file, which must be BED (three columns or more) or narrowPeak.",
    )
