"""Add the scores of variants to a VCF file."""

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pandas as pd
import pysam

from noncoding.common.bgzip import new_bgzip
from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write
from noncoding.data.genome.chromosome_names import chromosome_map_for
from noncoding.data.genome.chromosomes import Genome
from noncoding.data.variants.files import MISSING, chromosomes_of, read_variants
from noncoding.data.variants.variant import Variant
from noncoding.data.variants.vcf import VCF_COLUMNS, Line, vcf_lines
from noncoding.prediction.variant_scores import Blocks

log = logging.getLogger(__name__)

_PROVENANCE = b"##noncoding="
"""Start of the header line that says what the scores were made of, as JSON."""
_REF, _INFO = (VCF_COLUMNS.index(name) for name in ("REF", "INFO"))
LONGEST_OF_TBI = 1 << 29
"""Maximum length in bp of a chromosome in an index ``.tbi``."""


class _Field(NamedTuple):
    id: str
    type: str
    description: str


_FIELDS = (
    _Field(
        "NONCODING_STATUS",
        "String",
        "Whether the allele was scored (scored, scored_padded, swapped), or why not",
    ),
    _Field(
        "NONCODING_MAX_TARGET_INDEX",
        "Integer",
        "Index of the target with the largest absolute logit difference",
    ),
    _Field(
        "NONCODING_MAX_TARGET",
        "String",
        "Name of that target, with URL encoding of special characters",
    ),
    _Field(
        "NONCODING_MAX_LOGIT_DIFFERENCE",
        "Float",
        "Logit of ALT minus logit of REF for that target, mean of the strands",
    ),
    _Field(
        "NONCODING_BACKGROUND_SHARE",
        "Float",
        "Share of random variants whose largest absolute difference is at least as large",
    ),
)
"""Of INFO, one value per alternative allele."""
_OWN = tuple(field.id.encode() for field in _FIELDS)
_OWN_HEADERS = tuple(b"##INFO=<ID=" + name + b"," for name in _OWN)


class _Annotation(NamedTuple):
    variant: Variant
    values: list[str]  # of the first fields


def write_vcf(
    out: str | os.PathLike[str],
    blocks: Blocks,
    targets: pd.DataFrame,
    source: str | os.PathLike[str],
    table: bool,
    genome: Genome,
    provenance: Mapping[str, object],
) -> None:
    """Write a VCF file, compressed with bgzip, and its index.

    Each record of a VCF or BCF file gets fields at the end of INFO, which the header describes;
    its other text is unchanged, except that lines end with LF. Records without an alternative
    allele get none. Fields and header lines of an earlier run are replaced. The records of a table
    are written as VCF. The index is ``.tbi``, or ``.csi`` where chromosomes are longer than
    `LONGEST_OF_TBI`.

    Parameters are those of `noncoding.prediction.variant_output.write_variants`; the file of
    variants is sorted.

    Raises
    ------
    InputError
        The file of variants cannot be read or was changed since it was scored.
    """
    lines = _lines_of_table(source, genome) if table else vcf_lines(source)
    last = max(genome.lengths.values(), default=0)
    verbosity = pysam.set_verbosity(0)  # htslib would warn of position 0, which VCF files may have
    try:
        with atomic_write(out) as [partial]:
            with new_bgzip(partial) as file:
                for text, end in _annotated(lines, blocks, targets, source, provenance):
                    file.write(text + b"\n")
                    last = max(last, end)
            kind, other = (".csi", ".tbi") if last > LONGEST_OF_TBI else (".tbi", ".csi")
            with atomic_write(f"{out}{kind}") as [index]:
                pysam.tabix_index(
                    str(partial), preset="vcf", index=str(index), csi=kind == ".csi", force=True
                )
    finally:
        pysam.set_verbosity(verbosity)
    Path(f"{out}{other}").unlink(missing_ok=True)


def _annotated(
    lines: Iterable[Line],
    blocks: Blocks,
    targets: pd.DataFrame,
    source: str | os.PathLike[str],
    provenance: Mapping[str, object],
) -> Iterator[tuple[bytes, int]]:
    """All lines with the scores, and the last position of each record."""
    records = groupby(_alleles(blocks, targets), key=lambda allele: allele.variant.record)
    replaced = False
    for line in lines:
        if line.text.startswith((_PROVENANCE, *_OWN_HEADERS)):
            replaced = True
            continue
        if line.is_header:
            if not line.text.startswith(b"##"):
                for own in _header(provenance):
                    yield own, 0
            yield line.text, 0
            continue
        _, group = next(records, (0, iter(())))
        alleles = list(group)
        if not alleles or not _is_of(line, variant := alleles[0].variant):
            raise _changed(source)
        yield _with_info(line.text, alleles), variant.position + len(variant.ref) - 1
    if next(records, None):
        raise _changed(source)
    if replaced:
        log.warning("%s holds scores of an earlier run, which are replaced", source)


def _alleles(blocks: Blocks, targets: pd.DataFrame) -> Iterator[_Annotation]:
    """Values of the fields of each allele."""
    names = [quote(name, safe="/()+") for name in targets["label"]]
    indices = targets["index"].to_list()
    for placed, scores in blocks:
        columns = [scores.max_logit_difference.astype(str).tolist()]
        if scores.background_share is not None:
            columns.append(scores.background_share.astype(str).tolist())
        largest = scores.max_target.tolist()
        for allele, row, *numbers in zip(placed, largest, *columns, strict=True):
            values = [str(allele.status), MISSING, MISSING, *[MISSING] * len(columns)]
            if row >= 0:
                values[1:] = [str(indices[row]), names[row], *numbers]
            yield _Annotation(allele.variant, values)


def _is_of(line: Line, variant: Variant) -> bool:
    """Whether a line is the record of a variant."""
    fields = line.text.split(b"\t", len(VCF_COLUMNS))
    return line.number == variant.line and fields[_REF] == variant.ref.encode()


def _header(provenance: Mapping[str, object]) -> Iterator[bytes]:
    """Lines that describe the fields."""
    for field in _FIELDS:
        description = f'Number=A,Type={field.type},Description="{field.description}"'
        yield f"##INFO=<ID={field.id},{description}>".encode()
    yield _PROVENANCE + json.dumps(provenance).encode()


def _with_info(text: bytes, alleles: list[_Annotation]) -> bytes:
    """A record with its fields at the end of INFO, in the place of earlier ones."""
    columns = text.split(b"\t", len(VCF_COLUMNS))
    fields = columns[_INFO].split(b";") if columns[_INFO] not in (b"", b".") else []
    fields = [field for field in fields if field.partition(b"=")[0] not in _OWN]
    if [each.variant.alt for each in alleles] != [MISSING]:
        by_field = zip(*(each.values for each in alleles), strict=True)
        # A run without a background has no value of the last field.
        for name, values in zip(_OWN, by_field, strict=False):
            fields.append(name + b"=" + ",".join(values).encode())
    columns[_INFO] = b";".join(fields) or MISSING.encode()
    return b"\t".join(columns)


def _lines_of_table(source: str | os.PathLike[str], genome: Genome) -> Iterator[Line]:
    """A table as VCF; numbers of lines are those of the table."""
    yield Line(0, b"##fileformat=VCFv4.3")
    chromosomes = chromosomes_of(source, table=True)
    names = chromosome_map_for(chromosomes, genome.lengths, genome.described)
    for name in chromosomes:
        if length := genome.lengths.get(names.get(name, name)):
            yield Line(0, f"##contig=<ID={name},length={length}>".encode())
    yield Line(0, "\t".join(VCF_COLUMNS).encode())
    variants = read_variants(source, table=True)
    for _, group in groupby(variants, key=lambda variant: variant.record):
        alleles = list(group)
        first = alleles[0]
        alts = ",".join(each.alt for each in alleles)
        fields = [first.chromosome, str(first.position), first.id, first.ref, alts, *3 * MISSING]
        yield Line(first.line, "\t".join(fields).encode())


def _changed(source: str | os.PathLike[str]) -> InputError:
    return InputError(
        source,
        "other records than those that were scored",
        "a file that does not change during the run",
        "Run the same command again.",
    )
