"""Parse blocks of plain tab-separated BED lines with numpy."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

MOST_DIGITS = 15
"""Digits of a position that fit into 64 bits."""
NOT_INTERVALS = (b"track", b"browser")
"""First words of lines that are no intervals, in lower case."""

_NARROW_PEAK = 10
_LONGEST_NAME = 256
_UNUSUAL = (b" ", b"\r", b"\v", b"\f", b"\0")
_TAB = ord("\t")
_Integers = npt.NDArray[np.int64]


class Block(NamedTuple):
    """The intervals of consecutive lines.

    Attributes
    ----------
    chromosomes : list of bytes
        Distinct names, in the order in which they first occur.
    code : numpy.ndarray, shape=(n,), dtype=int64
        Index into `chromosomes` of each interval.
    start, end, summit, line : numpy.ndarray, shape=(n,), dtype=int64
        As in `noncoding.data.genome.bed.read_bed`.
    names : list of bytes
        Column 4 of each interval; empty unless it was asked for.
    """

    chromosomes: list[bytes]
    code: _Integers
    start: _Integers
    end: _Integers
    summit: _Integers
    line: _Integers
    names: list[bytes]


def parse_plain(text: bytes, first_line: int, *, names: bool = False) -> Block | None:
    """Parse lines of intervals that are all well formed and have the same number of columns.

    Parameters
    ----------
    text : bytes
        Whole lines, separated by line feeds, with at least three columns separated by single
        tabs. Column 10 of lines of ten columns is the summit of narrowPeak.
    first_line : int
        Number of the first line.
    names : bool
        Return column 4, too.

    Returns
    -------
    Block or None
        None if any line is something else: a comment, a header, an invalid interval, or one whose
        columns are separated by white space.
    """
    if any(byte in text for byte in _UNUSUAL):
        return None
    if not text.endswith(b"\n"):
        text += b"\n"
    data = np.frombuffer(text, np.uint8)
    separators = np.flatnonzero((data - np.uint8(_TAB)) < 2)
    lines = text.count(b"\n")
    columns, ragged = divmod(len(separators), lines)
    if ragged or columns < 3:
        return None
    stop = separators.reshape(lines, columns)
    if (data[stop[:, -1]] == _TAB).any():
        return None
    before = np.concatenate([[-1], stop[:-1, -1]])
    chromosomes, code = _factorised(data, before + 1, stop[:, 0])
    if not all(_is_chromosome(name) for name in chromosomes):
        return None
    start = _coordinates(data, stop[:, 0] + 1, stop[:, 1])
    end = _coordinates(data, stop[:, 1] + 1, stop[:, 2])
    if start is None or end is None or (end <= start).any():
        return None
    summit = np.full(lines, -1)
    if columns == _NARROW_PEAK:
        distance, is_number = _numbers(data, stop[:, 8] + 1, stop[:, 9])
        if (stop[:, 9] - stop[:, 8] > MOST_DIGITS + 1).any():
            return None
        position = start + distance
        summit = np.where(is_number & (position >= 0) & (position < end), position, -1)
    fourth = []
    if names:
        begin = stop[:, 2] + 1
        ends = stop[:, 3] if columns > 3 else begin
        fourth = [text[a:b] for a, b in zip(begin.tolist(), ends.tolist(), strict=True)]
    line = np.arange(first_line, first_line + lines)
    return Block(chromosomes, code, start, end, summit, line, fourth)


def _is_chromosome(name: bytes) -> bool:
    return not (not name or name.startswith(b"#") or b'"' in name or name.lower() in NOT_INTERVALS)


def _factorised(
    data: npt.NDArray[np.uint8], start: _Integers, stop: _Integers
) -> tuple[list[bytes], _Integers]:
    """Distinct texts without NUL in the order in which they first occur, and the index of each."""
    width = stop - start
    words = -(-max(int(width.max()), 1) // 8)
    if words * 8 > _LONGEST_NAME:
        return [b""], np.zeros(len(start), np.int64)
    column = np.arange(words * 8)
    text = data.take(start[:, None] + column, mode="clip")
    text[column >= width[:, None]] = 0
    word, *others = text.view(np.uint64).T
    code, _ = pd.factorize(word)
    for word in others:
        codes, distinct = pd.factorize(word)
        code, _ = pd.factorize(code * len(distinct) + codes)
    first = np.flatnonzero(np.diff(np.maximum.accumulate(code), prepend=-1))
    return [data[start[row] : stop[row]].tobytes() for row in first], code


def _coordinates(
    data: npt.NDArray[np.uint8], start: _Integers, stop: _Integers
) -> _Integers | None:
    """Whole numbers, of which some may be negative; None if any is none."""
    negative = data[start] == ord("-")
    values, are_numbers = _numbers(data, start + negative, stop)
    return np.where(negative, -values, values) if are_numbers.all() else None


def _numbers(
    data: npt.NDArray[np.uint8], start: _Integers, stop: _Integers
) -> tuple[_Integers, npt.NDArray[np.bool_]]:
    """Whole numbers of `MOST_DIGITS` digits at most, and whether each is one."""
    width = stop - start
    place = np.arange(min(int(width.max()), MOST_DIGITS), 0, -1)
    digits = data.take(stop[:, None] - place, mode="clip") - np.uint8(ord("0"))
    digits[place > width[:, None]] = 0
    are_numbers = (width > 0) & (width <= MOST_DIGITS) & (digits <= 9).all(axis=1)
    # Exact: 15 digits fit into the 53 bits of a float.
    return (digits @ 10.0 ** (place - 1)).astype(np.int64), are_numbers
