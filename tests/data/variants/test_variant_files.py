"""Tables of variants, and the order of variants."""

import gzip

import pytest
from variant_contents import HEADER, TABLE, VCF, bgzip, expected, read, save

from noncoding.common.errors import InputError
from noncoding.data.variants.files import check_order, chromosomes_of
from noncoding.data.variants.variant import Variant


@pytest.mark.parametrize("wrap", [bytes, bgzip, gzip.compress])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_tables_of_any_form_are_read(tmp_path, wrap, encoding, line_break):
    path = save(tmp_path, wrap(TABLE.replace("\n", line_break).encode(encoding)))
    assert read(path, table=True) == expected(first_line=2)


def test_tables_of_spreadsheets_are_read(tmp_path):
    content = '## made by hand\n\n"pos"\t"ref"\t"alt"\t"chrom"\t\n'
    content += '10\tA\t"C,T"\tchr1\t\n\n11\tG\t.\tchr1\t\n'
    assert read(save(tmp_path, content), table=True) == [
        Variant(0, 4, "chr1", 10, ".", "A", "C"),
        Variant(0, 4, "chr1", 10, ".", "A", "T"),
        Variant(1, 6, "chr1", 11, ".", "G", "."),
    ]


def test_files_without_records_have_no_variants(tmp_path):
    assert read(save(tmp_path, HEADER)) == []
    assert read(save(tmp_path, "chrom\tpos\tref\talt\n"), table=True) == []


def test_chromosomes_are_listed_in_order(tmp_path):
    assert chromosomes_of(save(tmp_path, VCF), table=False) == ["chr1", "chr2"]
    content = "chrom\tpos\tref\talt\nb\t1\tA\tC\na\t1\tA\tC\nb\t2\tA\tC\n"
    assert chromosomes_of(save(tmp_path, content), table=True) == ["b", "a"]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["an empty file"]),
        ("\n\n", ["a file without text"]),
        (VCF, ["a VCF or BCF file", "--vcf"]),
        (gzip.compress(b"BCF\2\2", mtime=0), ["a VCF or BCF file", "--vcf"]),
        ("chrom\tpos\tref\n", ["line 1", "no column 'alt'", "chrom, pos, ref, alt"]),
        ("chrom,pos,ref,alt\n", ["line 1", "no column 'chrom'", "Separate columns by tabs."]),
        ("chr1\t10\tA\tC\n", ["line 1", "no column 'chrom'", "name them in the first line"]),
        ("chrom\tpos\tref\talt\tPos\n", ["line 1", "the column 'pos' twice"]),
        ("chrom\tpos\tref\talt\n\nchr1\t1\tA\n", ["line 3", "3 columns", "expected 4"]),
        ("chrom\tpos\tref\talt\nchr1\t1\tA\tC\tT\n", ["line 2", "5 columns", "expected 4"]),
        ("chrom\tpos\tref\talt\nchr1\t1,000\tA\tC\n", ["line 2", "'1,000'"]),
        ("chrom\tpos\tref\talt\nchr1\t1\t-\tC\n", ["line 2", "'-'", "base before"]),
        ("chrom\tpos\tref\talt\nchr1\t1\tA\t-\n", ["line 2", "allele '-'", "base before"]),
        ("chrom\tpos\tref\talt\nchr1\t1\tA\tC, -\n", ["line 2", "allele 'C, -'"]),
        ("chrom\tpos\tref\talt\nchr1\t1\tA\t\n", ["line 2", "allele ''", "'.' if there is none"]),
        ("chrom\tpos\tref\talt\nchr1\t1\tA\tC,\n", ["line 2", "allele 'C,'"]),
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
