"""Motif files: MEME and the other formats of motif databases.

Formats: MEME (version 4 or later, header optional), JASPAR, TRANSFAC, matrices below ``>`` lines
(JASPAR, HOCOMOCO, HOMER) and tables of CIS-BP; probabilities or counts; plain or gzip.
"""

import logging
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from noncoding.common.compression import ERRORS, opened
from noncoding.common.errors import InputError
from noncoding.common.files import correct_path, not_a_file

log = logging.getLogger(__name__)

MOST_BYTES = 1 << 28
"""Limit of the uncompressed text; the largest databases have a tenth of it."""
TOLERANCE = 0.02
"""Tolerated deviation of the sum of probabilities from 1, due to rounding."""
_SHOWN = 60

_MATRIX = "letter-probability matrix:"
_BASE_ROW = re.compile(r"([ACGTU])\s*[\[|:]?\s*([^\]]*)\]?", re.IGNORECASE)
_HEADER = re.compile(r"(?:Pos|PO|P0)\s+A\s+C\s+G\s+[TU]", re.IGNORECASE)
_ID = re.compile(r"(TF Name|Motif|AC|ID)\s+(\S.*)")


class _FormatError(Exception):
    """Number of a line (or None), what was found, and what was expected."""


@dataclass
class _Motif:
    """Rows of numbers in a file, each after the number of its line."""

    name: str
    line: int
    rows: list[tuple[int, list[float]]] = field(default_factory=list)
    bases: str = ""
    """Of the rows, if each is a base; empty if each is a position, or if unknown."""
    width: int | None = None


def read_motifs(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Read position probability matrices.

    Parameters
    ----------
    path : path
        Counts are divided by their sum.

    Returns
    -------
    dict of numpy.ndarray, shape=(4, width), dtype=float64
        Rows A, C, G, T; columns sum to 1. By the text after MOTIF or ``>``, e.g.
        ``MA0363.2 REB1``.

    Raises
    ------
    InputError
        The file cannot be read or has no motifs; a motif has no matrix, another width than
        stated, another alphabet, or values that are neither probabilities nor counts; two
        motifs have the same name.
    """
    motifs: dict[str, npt.NDArray[np.float64]] = {}
    lines_of: dict[str, int] = {}
    try:
        for motif in _parsed(Path(path)):
            matrix = _probabilities(motif)
            same = motifs.setdefault(motif.name, matrix)
            first = lines_of.setdefault(motif.name, motif.line)
            if same is not matrix and not np.array_equal(same, matrix):
                found = f"a second motif {_short(motif.name)}"
                expected = f"unique names; the first motif is in line {first}"
                raise _FormatError(motif.line, found, expected)
        if not motifs:
            raise _FormatError(None, "no motif", "matrices in MEME format")
    except _FormatError as error:
        line, found, expected = error.args
        raise InputError(
            path if line is None else f"{path}, line {line}",
            found,
            expected,
            "Correct the file, or use a motif file of JASPAR, HOCOMOCO or CIS-BP.",
        ) from error.__cause__
    return motifs


def _parsed(path: Path) -> list[_Motif]:
    lines = [line.strip() for line in _text(path).splitlines()]
    if any(re.match(r"(MEME version|MOTIF)\b", line) for line in lines):
        return _meme(lines)
    if any(map(_HEADER.fullmatch, lines)):
        motifs = _tables(lines, path.stem)
        kept = [motif for motif in motifs if motif.rows]
        if kept and len(kept) < len(motifs):  # CIS-BP omits matrices under a licence.
            empty = len(motifs) - len(kept)
            log.warning("%s: %d of %d motifs have no matrix: skipped", path, empty, len(motifs))
            return kept
        return motifs
    return _oriented(_under_names(lines))


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _text(path: Path) -> str:
    expected = "matrices in MEME format, as text"
    try:
        if found := not_a_file(path):
            raise InputError(path, found, expected, correct_path(path))
        with opened(path) as stream:
            content = stream.read(MOST_BYTES + 1)
    except ERRORS as error:
        raise _FormatError(None, f"a file that cannot be read ({error})", expected) from error
    if len(content) > MOST_BYTES:
        raise _FormatError(None, "more than 256 MiB of text", expected)
    if b"\0" in content:
        raise _FormatError(None, "binary data, or text in UTF-16", "text in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = f"the byte {content[error.start]:#x}"
        raise _FormatError(line, found, "text in UTF-8") from error


def _numbers(line: str) -> list[float] | None:
    try:
        return [float(word) for word in line.split()]
    except ValueError:
        return None


def _new_motif(number: int, name: str) -> _Motif:
    name = " ".join(name.split())
    if not name:
        raise _FormatError(number, "a motif without a name", "an identifier, a name, or both")
    return _Motif(name, number)


def _meme(lines: list[str]) -> list[_Motif]:
    motifs: list[_Motif] = []
    reading = False
    for number, line in enumerate(lines, 1):
        alphabet = re.match(r"ALPHABET\s*=\s*(.*)", line)
        if alphabet and alphabet[1] not in ("ACGT", "ACGU"):
            raise _FormatError(number, _short(line), "ALPHABET= ACGT")
        if re.match(r"MOTIF\b", line):
            motifs.append(_new_motif(number, line.removeprefix("MOTIF")))
            reading = False
        elif line.startswith(_MATRIX):
            if not motifs or motifs[-1].rows:
                raise _FormatError(number, "a matrix without a motif", "a line MOTIF before it")
            motifs[-1].width = _stated_width(number, line)
            reading = True
        elif reading:
            motif, values = motifs[-1], _numbers(line)
            full = len(motif.rows) == motif.width
            if values and not full:
                motif.rows.append((number, values))
            elif values:
                raise _FormatError(number, f"more rows than w= {motif.width}", "w rows")
            elif not line and not motif.rows:
                continue
            elif line and not full and re.match(r"[-+.\d]|nan|inf", line, re.IGNORECASE):
                raise _FormatError(number, _short(line), "four numbers")
            elif motif.width and not full:
                found = f"the end of {len(motif.rows)} rows"
                raise _FormatError(number, found, f"{motif.width} rows, as stated by w=")
            else:
                reading = False
    return motifs


def _stated_width(number: int, line: str) -> int | None:
    stated = dict(re.findall(r"(alength|w)\s*=\s*(\S+)", line))
    if stated.get("alength", "4") != "4":
        raise _FormatError(number, f"alength= {stated['alength']}", "alength= 4, for DNA")
    if "w" not in stated:
        return None
    width = int(stated["w"]) if stated["w"].isdecimal() else 0
    if not 0 < width <= MOST_BYTES:
        raise _FormatError(number, f"w= {_short(stated['w'])}", "a width in bp")
    return width


def _tables(lines: list[str], default_name: str) -> list[_Motif]:
    """CIS-BP and TRANSFAC: a header, and one row per position after its number."""
    motifs: list[_Motif] = []
    names: dict[str, str] = {}
    reading = False
    for number, line in enumerate(lines, 1):
        if _HEADER.fullmatch(line):
            name = " ".join(filter(None, map(names.get, ("AC", "ID", "Motif", "TF Name"))))
            motifs.append(_new_motif(number, name or default_name))
            names = {}
            # Without a row in the next line, the matrix is empty.
            reading = number < len(lines) and bool(re.match(r"\d", lines[number]))
        elif found := _ID.fullmatch(line):
            names.setdefault(found[1], found[2])
            reading = False
        elif reading and re.match(r"\d", line):
            words = line.split()[1:]
            if len(words) == 5 and words[-1].isalpha():  # The consensus of TRANSFAC.
                words.pop()
            values = _numbers(" ".join(words))
            if not values:
                raise _FormatError(number, _short(line), "a position and four numbers")
            motifs[-1].rows.append((number, values))
    return motifs


def _under_names(lines: list[str]) -> list[_Motif]:
    """Rows below ``>`` lines: of bases, with or without their letters, or of positions."""
    motifs: list[_Motif] = []
    for number, line in enumerate(lines, 1):
        if line.startswith(">"):
            words = line[1:].split("\t")
            # HOMER: consensus, name, threshold and statistics.
            homer = len(words) > 2 and _numbers(words[2]) is not None
            motifs.append(_new_motif(number, words[1] if homer else line[1:]))
        elif line and not line.startswith("#"):
            found = _BASE_ROW.fullmatch(line)
            values = _numbers(found[2] if found else line)
            if not motifs or not values:
                raise _FormatError(number, _short(line), "matrices in MEME format")
            motifs[-1].bases += found[1].upper() if found else ""
            motifs[-1].rows.append((number, values))
    return motifs


def _oriented(motifs: list[_Motif]) -> list[_Motif]:
    """Transpose matrices with one row per base, as inferred from the whole file."""
    plain = [motif for motif in motifs if not motif.bases and motif.rows]
    by_position = any(len(motif.rows) != 4 for motif in plain)
    by_base = any(len(motif.rows[0][1]) != 4 for motif in plain)
    if plain and not by_position and not by_base:
        raise _FormatError(
            plain[0].line,
            "four rows of four numbers in each motif, which may be bases or positions",
            "rows that start with their base, or MEME format",
        )
    for motif in motifs:
        if motif.bases or (by_base and not by_position and motif.rows):
            if motif.bases.replace("U", "T") not in ("", "ACGT") or len(motif.rows) != 4:
                raise _FormatError(motif.line, "other rows", "four: A, C, G and T")
            if len({len(values) for _, values in motif.rows}) > 1:
                raise _FormatError(motif.line, "rows of different lengths", "rows of equal length")
            columns = zip(*(values for _, values in motif.rows), strict=True)
            motif.rows = [(motif.line, list(column)) for column in columns]
    return motifs


def _probabilities(motif: _Motif) -> npt.NDArray[np.float64]:
    if not motif.rows:
        found = f"the motif {_short(motif.name)} without a matrix"
        raise _FormatError(motif.line, found, "a matrix after each motif's name")
    if motif.width is not None and len(motif.rows) != motif.width:
        found = f"{len(motif.rows)} rows in the motif {_short(motif.name)}"
        raise _FormatError(motif.rows[-1][0], found, f"{motif.width}, as stated by w=")
    for number, values in motif.rows:
        if len(values) != 4:
            raise _FormatError(number, f"{len(values)} numbers", "four: A, C, G and T")
        if not all(0 <= value < np.inf for value in values):
            found = f"the values {' '.join(map(str, values))}"
            raise _FormatError(number, found, "probabilities or counts, not log-odds")
    matrix = np.array([values for _, values in motif.rows], dtype=np.float64)
    sums = matrix.sum(axis=1)
    whole = bool((matrix == np.round(matrix)).all())
    near = np.abs(sums - 1) <= TOLERANCE
    wrong = (sums < 1 - TOLERANCE) | (~near & near.any() & (not whole)) | ~np.isfinite(sums)
    if wrong.any():
        at = int(np.argmax(wrong))
        found = f"values with the sum {sums[at]:g}"
        raise _FormatError(motif.rows[at][0], found, "probabilities with a sum of 1, or counts")
    return np.ascontiguousarray((matrix / sums[:, None]).T)
