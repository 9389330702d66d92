"""VCF and BCF files."""

import bz2
import gzip
import lzma
import random

import pysam
import pytest
from variant_contents import HEADER, TABLE, VCF, bgzip, expected, read, save, save_bcf

from noncoding.common.errors import InputError
from noncoding.data.variants.vcf import vcf_lines


@pytest.mark.parametrize("wrap", [bytes, bgzip, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_vcf_files_of_any_form_are_read(tmp_path, wrap, line_break, mark):
    path = save(tmp_path, wrap(mark + VCF.replace("\n", line_break).encode()))
    assert read(path) == expected(first_line=7)


@pytest.mark.parametrize("mode", ["wb", "wb0"])
def test_bcf_files_have_the_alleles_of_the_vcf_file(tmp_path, mode):
    assert read(save_bcf(tmp_path, mode)) == expected(first_line=1)


def test_lines_are_those_of_the_file(tmp_path):
    lines = list(vcf_lines(save(tmp_path, VCF)))
    assert "".join(line.text.decode() + "\n" for line in lines) == VCF
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert [line.is_header for line in lines] == [True] * 6 + [False] * 5


def test_random_records_are_those_that_htslib_reads(tmp_path):
    generator = random.Random(0)

    def bases():
        return "".join(generator.choices("ACGTacgtN", k=generator.choice([1, 1, 1, 2, 30])))

    rows = [
        (
            generator.choice(["chr1", "chr2"]),
            generator.randrange(2**31 - 100),
            generator.choice([".", "rs1", "a;b"]),
            bases(),
            generator.choice([".", "*", "<DUP>", f"{bases()},{bases()},<*>", bases(), "A]chr1:3]"]),
            *("12.5", "PASS", "DB"),
        )
        for _ in range(300)
    ]
    path = save(tmp_path, HEADER + "".join("\t".join(map(str, row)) + "\n" for row in rows))
    with pysam.VariantFile(str(path)) as file:
        alleles = [
            (record.chrom, record.pos, record.id or ".", record.ref, alt)
            for record in file
            for alt in record.alts or (".",)
        ]
    assert [each[2:] for each in read(path)] == alleles


def with_record(*fields):
    return HEADER + "chr1\t1\t.\tA\tC\t.\t.\t.\n" + "\t".join(fields) + "\n"


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["variants", "an empty file"]),
        (gzip.compress(b"", mtime=0), ["variants", "an empty file"]),
        (
            VCF.partition("#CHROM")[2].partition("\n")[2],
            ["line 1", "chr1\\t10", "##fileformat=VCF"],
        ),
        (VCF.partition("\n")[2], ["line 1", "##INFO", "##fileformat=VCF"]),
        (TABLE, ["line 1", "#Chrom", "--table"]),
        (bytes(range(256)), ["line 1", "binary data"]),
        (HEADER.partition("#CHROM")[0], ["ends within its header", "#CHROM POS ID REF ALT"]),
        (HEADER.partition("#CHROM")[0] + "chr1\t1\t.\tA\tC\t.\t.\t.\n", ["line 6", "column names"]),
        (HEADER.replace("\tINFO", ""), ["line 6", "column names", "--table"]),
        (HEADER.replace("\t", " "), ["line 6", "separated by tabs"]),
        (with_record("chr1", "2", ".", "A", "C"), ["line 8", "5 columns", "expected 8"]),
        (with_record("chr1 2 . A C . . ."), ["line 8", "1 columns"]),
        (VCF + HEADER, ["line 12", "a header line below", "bcftools concat"]),
        (with_record("", "2", ".", "A", "C", ".", ".", "."), ["line 8", "no chromosome"]),
        (with_record("chr1", "x", ".", "A", "C", ".", ".", "."), ["line 8", "position 'x'"]),
        (with_record("chr1", ".", ".", "A", "C", ".", ".", "."), ["line 8", "position '.'"]),
        (with_record("chr1", "-1", ".", "A", "C", ".", ".", "."), ["line 8", "position '-1'"]),
        (with_record("chr1", "1e5", ".", "A", "C", ".", ".", "."), ["line 8", "'1e5'", "scipen"]),
        (with_record("chr1", "2", ".", "", "C", ".", ".", "."), ["line 8", "reference allele ''"]),
        (
            with_record("chr1", "2", ".", ".", "C", ".", ".", "."),
            ["line 8", "reference allele '.'"],
        ),
        (with_record("chr1", "2", ".", "AQ", "C", ".", ".", "."), ["line 8", "allele 'AQ'"]),
    ],
)
def test_errors_of_vcf_files_name_the_line(tmp_path, content, parts):
    with pytest.raises(InputError) as error:
        read(save(tmp_path, content))
    for part in parts:
        assert part in str(error.value)


def test_truncated_bcf_files_are_refused(tmp_path):
    whole, end = save_bcf(tmp_path).read_bytes(), 28
    for size in (len(whole) - end, len(whole) - 1, len(whole) // 2):
        with pytest.raises(InputError, match=r"truncated file|end early"):
            read(save(tmp_path, whole[:size]))
    plain = gzip.decompress(whole)
    with pytest.raises(InputError, match=r"after record 4: .*end early"):
        read(save(tmp_path, plain[:-3]))
