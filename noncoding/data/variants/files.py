"""Read the variants of VCF and BCF files and of tables, one record at a time."""

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pysam

from noncoding.common.compression import ERRORS, opened
from noncoding.common.errors import InputError
from noncoding.common.files import correct_path
from noncoding.common.tables import encoding_of
from noncoding.data.variants.variant import Variant

VCF_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
"""Columns that every VCF file has."""
TABLE_COLUMNS = ("chrom", "pos", "ref", "alt")
"""Columns that every table has."""
MISSING = "."
"""Stands for a missing identifier or alternative allele, as in VCF."""

_VCF = b"##fileformat=VCF"
_BCF = b"BCF"
_BGZF = re.compile(rb"\x1f\x8b\x08\x04.{8}BC", re.DOTALL)
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_START = 1 << 12
"""Bytes from which the format of a file is recognised."""
_BINARY = {
    "\0": "NUL bytes, as in binary data",
    "\N{REPLACEMENT CHARACTER}": "bytes that are not UTF-8",
}
_POSITION = re.compile(r"[0-9]{1,15}")
_LARGEST_OF_VCF = 2**31 - 1
_BASES = re.compile(r"[ACGTNRYSWKMBDHV]+", re.IGNORECASE)
_AGAIN = "Download or compress it again."


class Line(NamedTuple):
    """A line of a VCF file.

    Attributes
    ----------
    number : int
        From 1; of a BCF file, the number of the record, and 0 in the header.
    text : bytes
        Without the line break.
    """

    number: int
    text: bytes

    @property
    def is_header(self) -> bool:
        """Whether it belongs to the header."""
        return self.text.startswith(b"#")


def read_variants(path: str | os.PathLike[str], *, table: bool) -> Iterator[Variant]:
    """Read the alternative alleles of a file, in its order.

    Parameters
    ----------
    path : path
        A VCF file (plain, or compressed with bgzip, gzip, bzip2 or xz), a BCF file, or a table.
    table : bool
        Whether it is a table: tab-separated, plain or compressed, with the columns ``chrom``,
        ``pos``, ``ref``, ``alt`` and optionally ``id``, in any order and case. A ``#`` before the
        first name, other columns, empty lines, lines that begin with ``##`` and quotes around
        values are allowed; commas separate several alternative alleles.

    Raises
    ------
    InputError
        The file cannot be read or is truncated, is not such a file, or a record has another number
        of columns than the header, no chromosome, a position that is not a whole number, or a
        reference allele that is not made of bases. Alternative alleles are not checked.
    """
    yield from _of_table(path) if table else _of_vcf(path)


def chromosomes_of(path: str | os.PathLike[str], *, table: bool) -> list[str]:
    """Names of the chromosomes of a file, in order of appearance; errors as in `read_variants`."""
    return list(dict.fromkeys(each.chromosome for each in read_variants(path, table=table)))


def check_order(path: str | os.PathLike[str], *, table: bool) -> None:
    """Refuse a file that is not sorted as the index of a VCF file requires.

    Raises
    ------
    InputError
        Records of a chromosome are not together, their positions are not in ascending order, or
        one does not fit into 31 bits; or as in `read_variants`.
    """
    done: set[str] = set()
    chromosome, position = "", 0
    for variant in read_variants(path, table=table):
        if variant.chromosome != chromosome:
            if variant.chromosome in done:
                raise _unsorted(path, variant, f"records of {chromosome}")
            done.add(chromosome := variant.chromosome)
        elif variant.position < position:
            raise _unsorted(path, variant, f"position {position}")
        if variant.position > _LARGEST_OF_VCF:
            raise InputError(
                location(path, variant.line),
                f"position {variant.position}",
                f"at most {_LARGEST_OF_VCF}, the largest that VCF can hold",
                "Correct it.",
            )
        position = variant.position


def location(path: str | os.PathLike[str], line: int) -> str:
    """The place of a record, `Variant.line`, for messages."""
    is_bcf = Path(path).is_file() and _start(path).startswith(_BCF)
    kind = "record" if is_bcf else "line"
    return f"{path}, {kind} {line}"


def vcf_lines(path: str | os.PathLike[str]) -> Iterator[Line]:
    """Lines of a VCF file, plain or compressed, or of a BCF file as text; first the header.

    The header ends with the line of column names. Line breaks are removed, and empty lines
    skipped.

    Raises
    ------
    InputError
        The file cannot be read or is truncated, is not VCF, or a record has another number of
        columns than the header.
    """
    start = _start(path)
    if start.startswith(_BCF):
        yield from _bcf_lines(path)
        return
    if not start.removeprefix(_BYTE_ORDER_MARK).startswith(_VCF):
        raise _not_vcf(path, start)
    columns = 0
    for number, text in _lines(path):
        if text.startswith(b"#"):
            if columns:
                raise InputError(
                    f"{path}, line {number}",
                    "a header line below the line of column names",
                    "a record",
                    "Join VCF files with `bcftools concat`.",
                )
            if not text.startswith(b"##"):
                columns = _checked_columns(path, number, text)
        elif not columns:
            raise _without_columns(f"{path}, line {number}", _shown(text))
        elif (found := text.count(b"\t") + 1) != columns:
            raise _other_columns(f"{path}, line {number}", found, columns)
        yield Line(number, text)
    if not columns:
        raise _without_columns(path, "a file that ends within its header")


def _of_vcf(path: str | os.PathLike[str]) -> Iterator[Variant]:
    record = -1
    for line in vcf_lines(path):
        if line.is_header:
            continue
        record += 1
        fields = line.text.split(b"\t", 5)[:5]
        chromosome, position, name, ref, alt = (
            field.decode(errors="backslashreplace") for field in fields
        )
        yield from _alleles(path, record, line.number, chromosome, position, name, ref, alt)


def _of_table(path: str | os.PathLike[str]) -> Iterator[Variant]:
    start = _start(path)
    if start.startswith((_VCF, _BYTE_ORDER_MARK + _VCF, _BCF)):
        raise InputError(
            path,
            "a VCF or BCF file",
            "a table of variants",
            "Name VCF and BCF files with --vcf, or `vcf` in the configuration.",
        )
    columns: list[str] = []
    record = -1
    for number, text in _text_lines(path, encoding_of(start)):
        values = [value.strip().strip('"').strip() for value in text.split("\t")]
        if not columns:
            columns = _table_columns(path, number, values, text)
            chromosome, position, ref, alt = (columns.index(name) for name in TABLE_COLUMNS)
            name = columns.index("id") if "id" in columns else None
            continue
        while len(values) > len(columns) and not values[-1]:
            values.pop()
        if len(values) != len(columns):
            raise _other_columns(f"{path}, line {number}", len(values), len(columns))
        record += 1
        yield from _alleles(
            path,
            record,
            number,
            values[chromosome],
            values[position],
            MISSING if name is None else values[name],
            values[ref],
            values[alt],
        )
    if not columns:
        raise InputError(path, "a file without text", "a table of variants", "Name another file.")


def _alleles(
    path: str | os.PathLike[str],
    record: int,
    line: int,
    chromosome: str,
    position: str,
    name: str,
    ref: str,
    alt: str,
) -> Iterator[Variant]:
    """The alternative alleles of a record."""
    if not chromosome:
        raise InputError(
            location(path, line), "no chromosome", "its name", "Correct or delete the line."
        )
    if not _POSITION.fullmatch(position):
        raise InputError(
            location(path, line),
            f"the position {position!r}",
            "a whole number, counted from 1",
            "Write positions without separators and exponents (in R, options(scipen = 999) keeps "
            "100000 from becoming 1e+05).",
        )
    if not _BASES.fullmatch(ref):
        raise InputError(
            location(path, line),
            f"the reference allele {ref[:80]!r}",
            "A, C, G, T, N or another IUPAC letter for DNA",
            "Write insertions and deletions as in VCF, with the base before them in both alleles.",
        )
    for each in alt.split(","):
        yield Variant(
            record,
            line,
            chromosome,
            int(position),
            name.strip() or MISSING,
            ref,
            each.strip() or MISSING,
        )


def _start(path: str | os.PathLike[str]) -> bytes:
    """First bytes of the content of a file that exists, is not empty and has its last block."""
    if not Path(path).is_file():
        found = "a folder, a device or a pipe" if Path(path).exists() else "no such file"
        raise InputError(path, found, "a file of variants", correct_path(path))
    try:
        with opened(path) as stream:
            start = stream.read(_START)
        with Path(path).open("rb") as file:
            is_bgzf = _BGZF.match(file.read(14))
            file.seek(-min(len(_BGZF_END), Path(path).stat().st_size), os.SEEK_END)
            ends = file.read() == _BGZF_END
    except ERRORS as error:
        raise _damaged(path, error) from error
    if not start:
        raise InputError(path, "an empty file", "a file of variants", "Name another file.")
    if is_bgzf and not ends:
        raise InputError(
            path,
            "a truncated file: the block that ends bgzip files is missing",
            "a complete file",
            _AGAIN,
        )
    return start


def _lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, bytes]]:
    """Numbers and text of the lines of a file that are not empty."""
    number = 0
    try:
        with opened(path) as stream:
            for number, line in enumerate(stream, start=1):
                text = line.rstrip(b"\r\n")
                if number == 1:
                    text = text.removeprefix(_BYTE_ORDER_MARK)
                if text:
                    yield number, text
    except ERRORS as error:
        raise _damaged(f"{path}, after line {number}", error) from error


def _text_lines(path: str | os.PathLike[str], encoding: str) -> Iterator[tuple[int, str]]:
    """Numbers and text of the lines of a table that are neither empty nor comments."""
    number = 0
    try:
        with opened(path) as stream, io.TextIOWrapper(stream, encoding, "replace") as lines:
            for number, text in enumerate(lines, start=1):
                for character, found in _BINARY.items():
                    if character in text:
                        raise _not_text(f"{path}, line {number}", f"{found}: {text[:80]!r}")
                if text.strip() and not text.startswith("##"):
                    yield number, text.rstrip("\n")
    except ERRORS as error:
        raise _damaged(f"{path}, after line {number}", error) from error


def _bcf_lines(path: str | os.PathLike[str]) -> Iterator[Line]:
    number = 0
    verbosity = pysam.set_verbosity(0)  # htslib would also print its errors
    try:
        with pysam.VariantFile(os.fspath(path)) as file:
            for text in str(file.header).splitlines():
                yield Line(0, text.encode())
            for number, record in enumerate(file, start=1):
                yield Line(number, str(record).rstrip("\n").encode())
    except (*ERRORS, ValueError) as error:
        raise _damaged(f"{path}, after record {number}", error) from error
    finally:
        pysam.set_verbosity(verbosity)


def _checked_columns(path: str | os.PathLike[str], number: int, text: bytes) -> int:
    """Number of columns in the line of their names."""
    names = text.decode(errors="backslashreplace").split("\t")
    if tuple(names[: len(VCF_COLUMNS)]) != VCF_COLUMNS:
        raise _without_columns(f"{path}, line {number}", _shown(text))
    return len(names)


def _table_columns(
    path: str | os.PathLike[str], number: int, values: list[str], text: str
) -> list[str]:
    """Lower-case names of the columns of a table."""
    columns = [value.casefold() for value in values]
    columns[0] = columns[0].removeprefix("#")
    needed = {*TABLE_COLUMNS, "id"}
    wrong = [name for name in TABLE_COLUMNS if name not in columns]
    twice = [name for name in needed if columns.count(name) > 1]
    if wrong or twice:
        raise InputError(
            f"{path}, line {number}",
            f"the column '{twice[0]}' twice" if twice else f"no column '{wrong[0]}' in {text!r}",
            f"a header with the columns {', '.join(TABLE_COLUMNS)} and optionally id, once each",
            "Separate columns by tabs, and name them in the first line."
            if "\t" in text
            else "Separate columns by tabs.",
        )
    return columns


def _shown(text: bytes) -> str:
    return repr(text[:80].decode(errors="backslashreplace"))


def _not_vcf(path: str | os.PathLike[str], start: bytes) -> InputError:
    binary = b"\0" in start
    return InputError(
        f"{path}, line 1",
        "binary data" if binary else _shown(start.splitlines()[0]),
        "a VCF or BCF file; VCF begins with ##fileformat=VCF",
        "Name a VCF or BCF file."
        if binary
        else "Add the header of the VCF file, or name tables with --table, or `table` in the "
        "configuration.",
    )


def _without_columns(where: str | os.PathLike[str], found: str) -> InputError:
    return InputError(
        where,
        found,
        f"a line of column names before the records: {' '.join(VCF_COLUMNS)}, separated by tabs",
        "Restore the header. A file with fewer columns is read as a table (--table).",
    )


def _other_columns(where: str, found: int, expected: int) -> InputError:
    return InputError(
        where,
        f"{found} columns",
        f"{expected}, as in the header",
        "Separate columns by tabs, and complete or delete the line.",
    )


def _unsorted(path: str | os.PathLike[str], variant: Variant, before: str) -> InputError:
    return InputError(
        location(path, variant.line),
        f"{variant.chromosome}:{variant.position} after {before}",
        "records sorted by chromosome and position, which the index of a VCF file requires",
        "Sort the file (`bcftools sort`), or write the scores to a .tsv.gz or .h5 file.",
    )


def _damaged(where: str | os.PathLike[str], error: Exception) -> InputError:
    return InputError(
        where,
        f"data that are damaged or end early ({error})",
        "a complete file",
        _AGAIN,
    )


def _not_text(where: str, found: str) -> InputError:
    return InputError(
        where, found, "a table as UTF-8 text", "Save the table as tab-separated UTF-8 text."
    )
