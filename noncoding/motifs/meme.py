"""Motifs of a file, in MEME format or one of the other formats that databases offer.

The formats are MEME (version 4 and later, with or without its header), the text files of JASPAR
and TRANSFAC, plain frequency matrices below ``>`` lines (JASPAR, HOCOMOCO, HOMER) and the tables
of CIS-BP. Values are probabilities or counts; the file may be compressed with gzip.
"""

import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from noncoding.common.compression import ERRORS, opened
from noncoding.common.errors import InputError

log = logging.getLogger(__name__)

MOST_BYTES = 1 << 28
"""Limit of the uncompressed text; the largest databases have a tenth of it."""
TOLERANCE = 0.02
"""How far the probabilities of a position may differ from a sum of 1, after rounding."""
_SHOWN = 60

_MATRIX = "letter-probability matrix:"
_BASE_ROW = re.compile(r"([ACGTU])\s*[\[|:]?\s*([^\]]*)\]?", re.IGNORECASE)
_HEADER = re.compile(r"(?:Pos|PO|P0)\s+A\s+C\s+G\s+[TU]", re.IGNORECASE)
_ID = re.compile(r"(TF Name|Motif|AC|ID)\s+(\S.*)")


@dataclass
class _Motif:
    """Rows of numbers as they stand in the file, each after the number of its line."""

    name: str
    line: int
    rows: list[tuple[int, list[float]]] = field(default_factory=list)
    bases: str = ""
    """Of the rows, where each is a base; empty where each is a position, or unknown."""
    width: int | None = None


def read_motifs(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Read position probability matrices.

    Parameters
    ----------
    path : path
        MEME, JASPAR, TRANSFAC, HOCOMOCO, HOMER or CIS-BP text, also packed with gzip.
        Counts are divided by their sum.

    Returns
    -------
    dict of numpy.ndarray, shape=(4, width), dtype=float64
        Rows A, C, G, T; columns sum to 1. Key: the text that follows MOTIF or ``>``,
        e.g. ``MA0363.2 REB1``.

    Raises
    ------
    InputError
        The file cannot be read or holds no motifs; a motif has no matrix, another width
        than it says, another alphabet, or values that are neither probabilities nor
        counts; two motifs share a name. The line is named.
    """
    lines = [line.strip() for line in _text(path).splitlines()]
    if any(re.match(r"(MEME version|MOTIF)\b", line) for line in lines):
        found = list(_meme(path, lines))
    elif any(map(_HEADER.fullmatch, lines)):
        found = list(_tables(path, lines))
        empty = [motif for motif in found if not motif.rows]
        if empty and len(empty) < len(found):  # CIS-BP leaves out those under a licence
            log.warning(
                "%s: %d of %d motifs have no matrix and are left out", path, len(empty), len(found)
            )
            found = [motif for motif in found if motif.rows]
    else:
        found = list(_under_names(path, lines))
        _orient(path, found)
    motifs: dict[str, npt.NDArray[np.float64]] = {}
    lines_of: dict[str, int] = {}
    for motif in found:
        matrix = _probabilities(path, motif)
        same = motifs.setdefault(motif.name, matrix)
        if same is not matrix and not np.array_equal(same, matrix):
            raise _wrong(
                path,
                motif.line,
                f"a second motif {_short(motif.name)}",
                f"one of this name; the first is in line {lines_of[motif.name]}",
            )
        lines_of.setdefault(motif.name, motif.line)
    if not motifs:
        raise _wrong(path, None, "no motif", "matrices in MEME format")
    return motifs


def _wrong(path: object, line: int | None, found: str, expected: str) -> InputError:
    return InputError(
        path if line is None else f"{path}, line {line}",
        found,
        expected,
        "Correct the file, or give a motif file as JASPAR, HOCOMOCO or CIS-BP offer it.",
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _text(path: str | os.PathLike[str]) -> str:
    expected = "matrices in MEME format, as text"
    try:
        if not Path(path).is_file():
            raise _wrong(path, None, "no file of this name", expected)
        with opened(path) as stream:
            content = stream.read(MOST_BYTES + 1)
    except ERRORS as error:
        raise _wrong(path, None, f"a file that cannot be read ({error})", expected) from error
    if len(content) > MOST_BYTES:
        raise _wrong(path, None, "more than 256 MiB of text", expected)
    if b"\0" in content:
        raise _wrong(path, None, "bytes that are no text, or text in UTF-16", "text in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _wrong(path, line, f"the byte {content[error.start]:#x}", "text in UTF-8") from error


def _numbers(line: str) -> list[float] | None:
    try:
        return [float(word) for word in line.split()]
    except ValueError:
        return None


def _named(path: object, number: int, name: str) -> _Motif:
    name = " ".join(name.split())
    if not name:
        raise _wrong(path, number, "a motif without a name", "an identifier, a name, or both")
    return _Motif(name, number)


def _meme(path: object, lines: list[str]) -> Iterator[_Motif]:
    motif: _Motif | None = None
    reading = False
    for number, line in enumerate(lines, 1):
        if re.match(r"ALPHABET\s*=", line) and line.split("=", 1)[1].strip() not in (
            "ACGT",
            "ACGU",
        ):
            raise _wrong(path, number, _short(line), "ALPHABET= ACGT")
        if re.match(r"MOTIF\b", line):
            if motif:
                yield motif
            motif, reading = _named(path, number, line.removeprefix("MOTIF")), False
        elif line.startswith(_MATRIX):
            if motif is None or motif.rows:
                raise _wrong(path, number, "a matrix without a motif", "a line MOTIF before it")
            stated = dict(re.findall(r"(alength|w)\s*=\s*(\S+)", line))
            if stated.get("alength", "4") != "4":
                raise _wrong(path, number, f"alength= {stated['alength']}", "alength= 4, for DNA")
            if "w" in stated:
                motif.width = int(stated["w"]) if stated["w"].isdecimal() else 0
                if not 0 < motif.width <= MOST_BYTES:
                    raise _wrong(path, number, f"w= {_short(stated['w'])}", "a width in bp")
            reading = True
        elif reading and motif:
            values = _numbers(line)
            full = len(motif.rows) == motif.width
            if values and not full:
                motif.rows.append((number, values))
            elif values:
                raise _wrong(path, number, f"more rows than w= {motif.width}", "as many as w= says")
            elif not line and not motif.rows:
                continue
            elif line and not full and re.match(r"[-+.\d]|nan|inf", line, re.IGNORECASE):
                raise _wrong(path, number, _short(line), "four numbers")
            elif motif.width and not full:
                rows = len(motif.rows)
                raise _wrong(path, number, f"the end of {rows} rows", f"{motif.width}, as w= says")
            else:
                reading = False
    if motif:
        yield motif


def _tables(path: str | os.PathLike[str], lines: list[str]) -> Iterator[_Motif]:
    """CIS-BP and TRANSFAC: a header, then a row for each position, after its number."""
    names: dict[str, str] = {}
    motif: _Motif | None = None
    for number, line in enumerate(lines, 1):
        if _HEADER.fullmatch(line):
            name = " ".join(filter(None, map(names.get, ("AC", "ID", "Motif", "TF Name"))))
            motif, names = _named(path, number, name or Path(path).stem), {}
        elif found := _ID.fullmatch(line):
            names.setdefault(found[1], found[2])
        elif motif and re.match(r"\d", line):
            words = line.split()[1:]
            if len(words) == 5 and words[-1].isalpha():  # TRANSFAC's consensus
                words.pop()
            values = _numbers(" ".join(words))
            if not values:
                raise _wrong(path, number, _short(line), "a position and four numbers")
            motif.rows.append((number, values))
            continue
        else:
            continue
        # What follows the rows ends a motif; one without rows ends with its header.
        if motif and (motif.rows or _next_begins(lines, number)):
            yield motif
            motif = None
    if motif:
        yield motif


def _next_begins(lines: list[str], number: int) -> bool:
    """Whether no row follows a header."""
    return number >= len(lines) or not re.match(r"\d", lines[number])


def _under_names(path: object, lines: list[str]) -> Iterator[_Motif]:
    """Rows under ``>`` lines: of bases, with or without their letters, or of positions."""
    motif: _Motif | None = None
    for number, line in enumerate(lines, 1):
        if line.startswith(">"):
            if motif:
                yield motif
            words = line[1:].split("\t")
            # HOMER: consensus, name, threshold and statistics.
            homer = len(words) > 2 and _numbers(words[2]) is not None
            motif = _named(path, number, words[1] if homer else line[1:])
        elif line and not line.startswith("#"):
            found = _BASE_ROW.fullmatch(line)
            values = _numbers(found[2] if found else line)
            if motif is None or not values:
                raise _wrong(path, number, _short(line), "matrices in MEME format")
            motif.bases += found[1].upper() if found else ""
            motif.rows.append((number, values))
    if motif:
        yield motif


def _orient(path: object, motifs: list[_Motif]) -> None:
    """Turn matrices whose rows are bases; the file tells which, as a whole."""
    plain = [motif for motif in motifs if not motif.bases and motif.rows]
    by_position = any(len(motif.rows) != 4 for motif in plain)
    by_base = any(len(motif.rows[0][1]) != 4 for motif in plain)
    if plain and not by_position and not by_base:
        raise _wrong(
            path,
            plain[0].line,
            "four rows of four numbers in each motif, which do not tell bases from positions",
            "rows that begin with their base, or MEME format",
        )
    for motif in motifs:
        if motif.bases or (by_base and not by_position and motif.rows):
            if motif.bases.replace("U", "T") not in ("", "ACGT") or len(motif.rows) != 4:
                raise _wrong(path, motif.line, "other rows", "four: A, C, G and T")
            if len({len(values) for _, values in motif.rows}) > 1:
                raise _wrong(path, motif.line, "rows of different lengths", "one length")
            columns = zip(*(values for _, values in motif.rows), strict=True)
            motif.rows = [(motif.line, list(column)) for column in columns]


def _probabilities(path: object, motif: _Motif) -> npt.NDArray[np.float64]:
    if not motif.rows:
        found = f"the motif {_short(motif.name)} without a matrix"
        raise _wrong(path, motif.line, found, "a matrix after each motif's name")
    if motif.width is not None and len(motif.rows) != motif.width:
        found = f"{len(motif.rows)} rows in the motif {_short(motif.name)}"
        raise _wrong(path, motif.rows[-1][0], found, f"{motif.width}, as w= says")
    for number, values in motif.rows:
        if len(values) != 4:
            raise _wrong(path, number, f"{len(values)} numbers", "four: A, C, G and T")
        if not all(0 <= value < np.inf for value in values):
            found = f"the values {' '.join(map(str, values))}"
            raise _wrong(path, number, found, "probabilities or counts, not log-odds")
    matrix = np.array([values for _, values in motif.rows], dtype=np.float64)
    sums = matrix.sum(axis=1)
    whole = bool((matrix == np.round(matrix)).all())
    near = np.abs(sums - 1) <= TOLERANCE
    wrong = (sums < 1 - TOLERANCE) | (~near & near.any() & (not whole)) | ~np.isfinite(sums)
    if wrong.any():
        at = int(np.argmax(wrong))
        expected = "probabilities with a sum of 1, or counts"
        raise _wrong(path, motif.rows[at][0], f"values with the sum {sums[at]:g}", expected)
    return np.ascontiguousarray((matrix / sums[:, None]).T)
