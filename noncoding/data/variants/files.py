"""Read the variants of VCF and BCF files and of tables, one record at a time."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from noncoding.common.errors import InputError
from noncoding.common.tables import encoding_of
from noncoding.data.variants.lines import (
    BCF,
    BYTE_ORDER_MARK,
    VCF,
    other_columns,
    start_of,
    table_lines,
)
from noncoding.data.variants.variant import Variant
from noncoding.data.variants.vcf import vcf_lines

TABLE_COLUMNS = ("chrom", "pos", "ref", "alt")
"""Columns that every table has."""
MISSING = "."
"""Stands for a missing identifier or alternative allele, as in VCF."""

_POSITION = re.compile(r"[0-9]{1,15}")
_LARGEST_OF_VCF = 2**31 - 1
"""Positions of VCF are integers of 32 bits."""
_AS_IN_VCF = "Write insertions and deletions as in VCF, with the base before them in both alleles."
_BASES = re.compile(r"[ACGTNRYSWKMBDHV]+", re.IGNORECASE)


class _Row(NamedTuple):
    """A record; all but the number of its line is text of the file."""

    line: int
    chromosome: str
    position: str
    id: str
    ref: str
    alt: str


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
        reference allele that is not made of bases; or an alternative allele of a table is empty or
        ``-``. Other alternative alleles are not checked.
    """
    rows = _table_rows(path) if table else _vcf_rows(path)
    for record, row in enumerate(rows):
        _check(row, path, table=table)
        for alt in row.alt.split(","):
            yield Variant(
                record,
                row.line,
                row.chromosome,
                int(row.position),
                row.id or MISSING,
                row.ref,
                alt.strip() or MISSING,
            )


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
    is_bcf = Path(path).is_file() and start_of(path).startswith(BCF)
    kind = "record" if is_bcf else "line"
    return f"{path}, {kind} {line}"


def _vcf_rows(path: str | os.PathLike[str]) -> Iterator[_Row]:
    for line in vcf_lines(path):
        if not line.is_header:
            fields = line.text.split(b"\t", 5)[:5]
            yield _Row(line.number, *(field.decode(errors="backslashreplace") for field in fields))


def _table_rows(path: str | os.PathLike[str]) -> Iterator[_Row]:
    start = start_of(path)
    if start.removeprefix(BYTE_ORDER_MARK).startswith((VCF, BCF)):
        raise InputError(
            path,
            "a VCF or BCF file",
            "a table of variants",
            "Name VCF and BCF files with --vcf, or `vcf` in the configuration.",
        )
    columns: list[str] = []
    for number, text in table_lines(path, encoding_of(start)):
        values = [value.strip().strip('"').strip() for value in text.split("\t")]
        if not columns:
            columns = _table_columns(path, number, values, text)
            continue
        while len(values) > len(columns) and not values[-1]:
            values.pop()
        if len(values) != len(columns):
            raise other_columns(f"{path}, line {number}", len(values), len(columns))
        row = dict(zip(columns, values, strict=True))
        yield _Row(number, row["chrom"], row["pos"], row.get("id", ""), row["ref"], row["alt"])
    if not columns:
        raise InputError(path, "a file without text", "a table of variants", "Name another file.")


def _check(row: _Row, path: str | os.PathLike[str], *, table: bool) -> None:
    """Refuse a record without a chromosome, a position or a reference allele.

    Tables of ANNOVAR and VEP write a deletion as the alternative allele ``-``.
    """
    if not row.chromosome:
        found, expected = "no chromosome", "its name"
        remedy = "Correct or delete the line."
    elif not _POSITION.fullmatch(row.position):
        found, expected = f"the position {row.position!r}", "a whole number, counted from 1"
        remedy = (
            "Write positions without separators and exponents (in R, options(scipen = 999) keeps "
            "100000 from becoming 1e+05)."
        )
    elif not _BASES.fullmatch(row.ref):
        found = f"the reference allele {row.ref[:80]!r}"
        expected = "A, C, G, T, N or another IUPAC letter for DNA"
        remedy = _AS_IN_VCF
    elif table and any(alt.strip() in ("", "-") for alt in row.alt.split(",")):
        found = f"the alternative allele {row.alt[:80]!r}"
        expected = "A, C, G, T or N, or '.' if there is none"
        remedy = _AS_IN_VCF
    else:
        return
    raise InputError(location(path, row.line), found, expected, remedy)


def _table_columns(
    path: str | os.PathLike[str], number: int, values: list[str], text: str
) -> list[str]:
    """Lower-case names of the columns of a table."""
    columns = [value.casefold() for value in values]
    columns[0] = columns[0].removeprefix("#").strip()
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


def _unsorted(path: str | os.PathLike[str], variant: Variant, before: str) -> InputError:
    return InputError(
        location(path, variant.line),
        f"{variant.chromosome}:{variant.position} after {before}",
        "records sorted by chromosome and position, which the index of a VCF file requires",
        "Sort the file (`bcftools sort`), or write the scores to a .tsv.gz or .h5 file.",
    )
