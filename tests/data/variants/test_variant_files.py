"""VCF, BCF and tables of variants."""

import bz2
import gzip
import lzma

import pysam
import pytest

from noncoding.common.errors import InputError
from noncoding.data.variants.files import check_order, chromosomes_of, read_variants
from noncoding.data.variants.variant import Variant

HEADER = (
    "##fileformat=VCFv4.2\n"
    '##INFO=<ID=DB,Number=0,Type=Flag,Description="In dbSNP">\n'
    '##INFO=<ID=END,Number=1,Type=Integer,Description="Last position">\n'
    "##contig=<ID=chr1,length=1000>\n##contig=<ID=chr2,length=1000>\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
)
RECORDS = [
    ("chr1", 10, "rs1", "A", "C", ".", "PASS", "DB"),
    ("chr1", 12, ".", "G", "T,GA,*", "10", ".", "."),
    ("chr2", 5, "sv;x", "T", "<DEL>", ".", ".", "."),
    ("chr2", 7, ".", "C", "C[chr1:5[", ".", ".", "."),
    ("chr2", 9, ".", "ca", ".", ".", ".", "."),
]
VCF = HEADER + "".join("\t".join(map(str, record)) + "\n" for record in RECORDS)
ALLELES = [
    ("chr1", 10, "rs1", "A", "C"),
    ("chr1", 12, ".", "G", "T"),
    ("chr1", 12, ".", "G", "GA"),
    ("chr1", 12, ".", "G", "*"),
    ("chr2", 5, "sv;x", "T", "<DEL>"),
    ("chr2", 7, ".", "C", "C[chr1:5["),
    ("chr2", 9, ".", "ca", "."),
]
RECORD_OF_ALLELE = [0, 1, 1, 1, 2, 3, 4]
TABLE = "#Chrom\tPOS\tgene\tref\tALT\tid\n" + "".join(
    f"{chromosome}\t{position}\tx\t{ref}\t{alt}\t{name}\n"
    for chromosome, position, name, ref, alt, *_ in RECORDS
)


def bgzip(content):
    """Blocks of bgzip, with its end."""
    return gzip_blocks(content) + bytes.fromhex(
        "1f8b08040000000000ff0600424302001b0003000000000000000000"
    )


def gzip_blocks(content, size=64):
    """Blocks as the BGZF specification describes them."""
    blocks = []
    for start in range(0, len(content), size):
        plain = gzip.compress(content[start : start + size], mtime=0)
        extra = b"\x06\x00BC\x02\x00" + (len(plain) + 7).to_bytes(2, "little")
        blocks.append(plain[:3] + b"\x04" + plain[4:10] + extra + plain[10:])
    return b"".join(blocks)


def save(tmp_path, content):
    path = tmp_path / "variants"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def save_bcf(tmp_path, mode="wb"):
    path = tmp_path / "whole.bcf"
    with (
        pysam.VariantFile(str(save(tmp_path, VCF))) as file,
        pysam.VariantFile(str(path), mode, header=file.header) as bcf,
    ):
        for record in file:
            bcf.write(record)
    return path


def read(path, *, table=False):
    return list(read_variants(path, table=table))


def expected(first_line, alleles=ALLELES):
    return [
        Variant(record, first_line + record, *allele)
        for record, allele in zip(RECORD_OF_ALLELE, alleles, strict=True)
    ]


@pytest.mark.parametrize("wrap", [bytes, bgzip, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_vcf_files_of_any_form_are_read(tmp_path, wrap, line_break, mark):
    path = save(tmp_path, wrap(mark + VCF.replace("\n", line_break).encode()))
    assert read(path) == expected(first_line=7)


def test_the_bgzip_of_the_tests_is_that_of_htslib(tmp_path):
    with pysam.BGZFile(str(save(tmp_path, bgzip(VCF.encode())))) as file:
        assert [*map(bytes.decode, file)] == VCF.splitlines()


@pytest.mark.parametrize("mode", ["wb", "wb0"])
def test_bcf_files_have_the_alleles_of_the_vcf_file(tmp_path, mode):
    assert read(save_bcf(tmp_path, mode)) == expected(first_line=1)


@pytest.mark.parametrize("wrap", [bytes, bgzip, gzip.compress])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_tables_of_any_form_are_read(tmp_path, wrap, encoding, line_break):
    path = save(tmp_path, wrap(TABLE.replace("\n", line_break).encode(encoding)))
    assert read(path, table=True) == expected(first_line=2)


def test_tables_of_spreadsheets_are_read(tmp_path):
    content = (
        '## made by hand\n\n"pos"\t"ref"\t"alt"\t"chrom"\t\n10\tA\t"C,T"\tchr1\t\n\n11\tG\t\tchr1\n'
    )
    content = content.replace("11\tG\t\tchr1\n", "11\tG\t\tchr1\t\n")
    assert read(save(tmp_path, content), table=True) == [
        Variant(0, 4, "chr1", 10, ".", "A", "C"),
        Variant(0, 4, "chr1", 10, ".", "A", "T"),
        Variant(1, 6, "chr1", 11, ".", "G", "."),
    ]


def test_long_records_and_bytes_that_are_not_utf8_are_read(tmp_path):
    ref = "ACGT" * 50_000
    record = f"chr1\t3\tn\xe4me\t{ref}\tA\t.\t.\tX={'x' * 300_000}\n".encode("latin-1")
    (found,) = read(save(tmp_path, HEADER.encode() + record))
    assert found == Variant(0, 7, "chr1", 3, "n\\xe4me", ref, "A")


def test_files_without_records_have_no_variants(tmp_path):
    assert read(save(tmp_path, HEADER)) == []
    assert read(save(tmp_path, "chrom\tpos\tref\talt\n"), table=True) == []


def test_chromosomes_are_listed_in_order(tmp_path):
    assert chromosomes_of(save(tmp_path, VCF), table=False) == ["chr1", "chr2"]
    content = "chrom\tpos\tref\talt\nb\t1\tA\tC\na\t1\tA\tC\nb\t2\tA\tC\n"
    assert chromosomes_of(save(tmp_path, content), table=True) == ["b", "a"]


def with_record(*fields):
    return HEADER + "chr1\t1\t.\tA\tC\t.\t.\t.\n" + "\t".join(fields) + "\n"


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["variants", "an empty file"]),
        (gzip.compress(b""), ["variants", "an empty file"]),
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


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["an empty file"]),
        ("\n\n", ["a file without text"]),
        (VCF, ["a VCF or BCF file", "--vcf"]),
        (gzip.compress(b"BCF\2\2"), ["a VCF or BCF file", "--vcf"]),
        ("chrom\tpos\tref\n", ["line 1", "no column 'alt'", "chrom, pos, ref, alt"]),
        ("chrom,pos,ref,alt\n", ["line 1", "no column 'chrom'", "Separate columns by tabs."]),
        ("chr1\t10\tA\tC\n", ["line 1", "no column 'chrom'", "name them in the first line"]),
        ("chrom\tpos\tref\talt\tPos\n", ["line 1", "the column 'pos' twice"]),
        ("chrom\tpos\tref\talt\n\nchr1\t1\tA\n", ["line 3", "3 columns", "expected 4"]),
        ("chrom\tpos\tref\talt\nchr1\t1\tA\tC\tT\n", ["line 2", "5 columns", "expected 4"]),
        ("chrom\tpos\tref\talt\nchr1\t1,000\tA\tC\n", ["line 2", "'1,000'"]),
        ("chrom\tpos\tref\talt\nchr1\t1\t-\tC\n", ["line 2", "'-'", "base before"]),
        ("chrom\tpos\tref\talt\n\t1\tA\tC\n", ["line 2", "no chromosome"]),
        (bytes(range(256)), ["line 1", "binary data"]),
        ("chrom\tpos\tref\talt\tid\nc\t1\tA\tC\t\xe4".encode("latin-1"), ["line 2", "not UTF-8"]),
    ],
)
def test_errors_of_tables_name_the_line(tmp_path, content, parts):
    with pytest.raises(InputError) as error:
        read(save(tmp_path, content), table=True)
    for part in parts:
        assert part in str(error.value)


@pytest.mark.parametrize("name", ["missing.vcf", "."])
def test_missing_files_and_folders_are_refused(tmp_path, name):
    with pytest.raises(InputError, match=r"found (no such file|a folder)"):
        read(tmp_path / name)


@pytest.mark.parametrize(("content", "table"), [(VCF, False), (TABLE, True)])
def test_truncated_compressed_files_are_refused_wherever_they_end(tmp_path, content, table):
    whole = bgzip(content.encode())
    for size in range(19, len(whole), 3):
        with pytest.raises(InputError, match=r"end early|truncated file"):
            read(save(tmp_path, whole[:size]), table=table)
    for size in range(19, len(single := gzip.compress(content.encode())), 7):
        with pytest.raises(InputError, match="end early"):
            read(save(tmp_path, single[:size]), table=table)


def test_truncated_bcf_files_are_refused(tmp_path):
    whole, end = save_bcf(tmp_path).read_bytes(), 28
    for size in (len(whole) - end, len(whole) - 1, len(whole) // 2):
        with pytest.raises(InputError, match=r"truncated file|end early"):
            read(save(tmp_path, whole[:size]))
    plain = gzip.decompress(whole)
    with pytest.raises(InputError, match=r"after record 4: .*end early"):
        read(save(tmp_path, plain[:-3]))


@pytest.mark.parametrize("rows", ["", "b\t1\tA\tC\nb\t1\tA\tG\nb\t3\tA\tC,T\na\t2\tA\tC\n"])
def test_sorted_files_are_accepted(tmp_path, rows):
    check_order(save(tmp_path, "chrom\tpos\tref\talt\n" + rows), table=True)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a\t2\tA\tC\na\t1\tA\tC\n", "line 3: found a:1 after position 2"),
        ("a\t1\tA\tC\nb\t1\tA\tC\na\t2\tA\tC\n", "line 4: found a:2 after records of b"),
    ],
)
def test_unsorted_files_are_refused_with_the_line(tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        check_order(save(tmp_path, "chrom\tpos\tref\talt\n" + rows), table=True)
