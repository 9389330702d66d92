"""Lines of VCF and BCF files."""

import os
from collections.abc import Iterator
from typing import NamedTuple

import pysam

from noncoding.common.compression import ERRORS
from noncoding.common.errors import InputError
from noncoding.data.variants.lines import (
    BCF,
    BYTE_ORDER_MARK,
    VCF,
    damaged,
    lines_of,
    other_columns,
    start_of,
)

VCF_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
"""Columns that every VCF file has."""


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
    start = start_of(path)
    if start.startswith(BCF):
        yield from _bcf_lines(path)
        return
    if not start.removeprefix(BYTE_ORDER_MARK).startswith(VCF):
        raise _not_vcf(path, start)
    columns = 0
    for number, text in lines_of(path):
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
            raise other_columns(f"{path}, line {number}", found, columns)
        yield Line(number, text)
    if not columns:
        raise _without_columns(path, "a file that ends within its header")


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
        raise damaged(f"{path}, after record {number}", error) from error
    finally:
        pysam.set_verbosity(verbosity)


def _checked_columns(path: str | os.PathLike[str], number: int, text: bytes) -> int:
    """Number of columns in the line of their names."""
    names = text.decode(errors="backslashreplace").split("\t")
    if tuple(names[: len(VCF_COLUMNS)]) != VCF_COLUMNS:
        raise _without_columns(f"{path}, line {number}", _shown(text))
    return len(names)


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
