"""VCF files with scores, read back with pysam."""

import gzip
import json
import logging
import math
from urllib.parse import unquote

import numpy as np
import pysam
import pytest
from toy_scores import PROVENANCE, TARGETS, scored, write

from noncoding.common.errors import InputError
from noncoding.data.genome.chromosomes import Genome
from noncoding.data.variants.files import read_variants

HEADER = (
    "##fileformat=VCFv4.2\n"
    "##contig=<ID=chr1,length=1000>\n##contig=<ID=chr2,length=500>\n"
    '##INFO=<ID=END,Number=1,Type=Integer,Description="Last position">\n'
    '##INFO=<ID=NOTE,Number=1,Type=String,Description="Text">\n'
    '##INFO=<ID=DB,Number=0,Type=Flag,Description="In dbSNP">\n'
    '##FILTER=<ID=q10,Description="Low quality">\n'
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
)
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\n"
RECORDS = [
    "chr1\t0\tstart\tN\tA\t.\t.\t.\tGT\t0/1\t1/1",
    "chr1\t7\trs1;rs2\tA\tC\t10.50\tPASS\tDB;NOTE=x\tGT\t0/1\t1/1",
    "chr1\t7\trs1;rs2\tA\tC\t10.50\tPASS\tDB;NOTE=x\tGT\t0/1\t1/1",
    "chr1\t9\t.\tg\tT,GA,*,<DEL>\t1e3\tq10\tEND=12\tGT\t0/1\t3/4",
    "chr1\t20\t.\tC\t.\t.\t.\tNOTE=y\tGT\t0/0\t0/0",
    f"chr2\t5\t.\tACG\tA\t.\t.\tNOTE={'long' * 50_000}\tGT\t0|1\t.",
    "chr2\t6\tcafé\tC\tC]chr1:7]\t.\t.\t.\tGT\t0/0\t0/0",
]
VCF = HEADER + COLUMNS + "\n".join(RECORDS) + "\n"
OWN = "NONCODING_"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "variants.vcf"
    path.write_text(VCF, encoding="utf-8")
    return path


def text(path):
    return gzip.decompress(path.read_bytes()).decode()


def without_scores(content):
    """A VCF file without what starts with the name of our fields."""
    lines = []
    for line in content.splitlines():
        if line.startswith(("##noncoding=", f"##INFO=<ID={OWN}")):
            continue
        fields = line.split("\t")
        if not line.startswith("#"):
            info = [each for each in fields[7].split(";") if not each.startswith(OWN)]
            fields[7] = ";".join(info) or "."
        lines.append("\t".join(fields))
    return "\n".join(lines) + "\n"


def check_scores(path, blocks):
    """Compare the fields that pysam reads with the scores of all alleles."""
    alleles = iter(
        (variant, scores, number)
        for placed, scores in blocks
        for number, variant in enumerate(placed)
    )
    with pysam.VariantFile(str(path)) as file:
        for record in file:
            alts = record.alts or ()
            if not alts:
                next(alleles)
                assert not [key for key in record.info if key.startswith(OWN)]
            for place, alt in enumerate(alts):
                placed, scores, number = next(alleles)
                assert (record.pos, alt) == (placed.variant.position, placed.variant.alt)
                found = {
                    key.removeprefix(OWN): values[place]
                    for key, values in record.info.items()
                    if key.startswith(OWN)
                }
                row = int(scores.max_target[number])
                share = scores.background_share
                assert found.pop("STATUS") == placed.status
                assert found.pop("MAX_TARGET_INDEX") == (None if row < 0 else TARGETS["index"][row])
                name = found.pop("MAX_TARGET")
                assert unquote(name) == ("." if row < 0 else TARGETS["label"][row])
                numbers = {"MAX_LOGIT_DIFFERENCE": scores.max_logit_difference[number]}
                if share is not None:
                    numbers["BACKGROUND_SHARE"] = share[number]
                for key, value in numbers.items():
                    expected = None if math.isnan(value) else value
                    assert found.pop(key) == expected
                assert not found
    assert next(alleles, None) is None


@pytest.mark.parametrize("block", [1, 2, 100])
@pytest.mark.parametrize("background", [True, False])
def test_the_scores_are_added_and_all_else_is_unchanged(tmp_path, source, block, background):
    out = tmp_path / "scores.vcf.gz"
    blocks = write(out, source, block=block, background=background)
    assert without_scores(text(out)) == VCF
    check_scores(out, blocks)
    (line,) = [line for line in text(out).splitlines() if line.startswith("##noncoding=")]
    assert json.loads(line.partition("=")[2]) == PROVENANCE


def test_the_fields_are_described_in_the_header(tmp_path, source):
    out = tmp_path / "scores.vcf.gz"
    write(out, source)
    with pysam.VariantFile(str(out)) as file:
        own = {key: value for key, value in file.header.info.items() if key.startswith(OWN)}
    assert len(own) == 5
    assert all(each.number == "A" and each.description for each in own.values())


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
def test_line_breaks_and_compression_change_nothing(tmp_path, source, line_break, wrap):
    plain = tmp_path / "plain.vcf.gz"
    write(plain, source)
    other = tmp_path / "other.vcf"
    other.write_bytes(wrap(VCF.replace("\n", line_break).encode()))
    out = tmp_path / "scores.vcf.gz"
    write(out, other)
    assert text(out) == text(plain)


def test_bytes_that_are_not_utf8_are_unchanged(tmp_path):
    source, out = tmp_path / "variants.vcf", tmp_path / "scores.vcf.gz"
    content = VCF.encode().replace("é".encode(), b"\xe9").replace(b"NOTE=y", b"NOTE=\xff")
    source.write_bytes(content)
    write(out, source)
    found = gzip.decompress(out.read_bytes()).decode("latin-1")
    assert without_scores(found) == content.decode("latin-1")


@pytest.mark.parametrize("info", ["", ".", "DB"])
def test_records_without_samples_are_annotated(tmp_path, info):
    source, out = tmp_path / "variants.vcf", tmp_path / "scores.vcf.gz"
    content = HEADER + COLUMNS.partition("\tFORMAT")[0] + f"\nchr1\t1\t.\tA\tC\t.\t.\t{info}\n"
    source.write_text(content)
    blocks = write(out, source)
    check_scores(out, blocks)
    assert f"\t{'DB;' if info == 'DB' else ''}{OWN}STATUS=scored;" in text(out)


def test_scores_of_an_earlier_run_are_replaced_with_a_warning(tmp_path, source, caplog):
    once, twice = tmp_path / "once.vcf.gz", tmp_path / "twice.vcf.gz"
    write(once, source, seed=1)
    with caplog.at_level(logging.WARNING):
        assert not caplog.messages
        blocks = write(twice, once, seed=2, background=False)
    assert "scores of an earlier run, which are replaced" in caplog.text
    assert without_scores(text(twice)) == VCF
    check_scores(twice, blocks)
    assert text(twice).count("##noncoding=") == 1
    assert text(twice).count(f"##INFO=<ID={OWN}STATUS") == 1


def test_bcf_files_are_written_as_text(tmp_path, source):
    bcf, out = tmp_path / "variants.bcf", tmp_path / "scores.vcf.gz"
    with (
        pysam.VariantFile(str(source)) as file,
        pysam.VariantFile(str(bcf), "wb", header=file.header) as binary,
    ):
        plain = str(file.header)
        for record in file:
            plain += str(record)
            binary.write(record)
    blocks = write(out, bcf)
    assert without_scores(text(out)) == plain
    check_scores(out, blocks)


def test_tables_are_written_as_vcf(tmp_path):
    source, out = tmp_path / "variants.tsv", tmp_path / "scores.vcf.gz"
    rows = [
        "chrom\tpos\tid\tref\talt\tgene",
        "2\t3\t\tac\tA,T\tx",
        "2\t9\tz\tA\t.\tx",
        "u\t1\t.\tA\tC\tx",
    ]
    source.write_text("\n".join(rows) + "\n")
    blocks = write(out, source, table=True)
    assert without_scores(text(out)).splitlines() == [
        "##fileformat=VCFv4.3",
        "##contig=<ID=2,length=500>",
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO",
        "2\t3\t.\tac\tA,T\t.\t.\t.",
        "2\t9\tz\tA\t.\t.\t.\t.",
        "u\t1\t.\tA\tC\t.\t.\t.",
    ]
    check_scores(out, blocks)
    again = list(read_variants(out, table=False))
    assert [each[3:] for each in again] == [
        placed.variant[3:] for alleles, _ in blocks for placed in alleles
    ]


@pytest.mark.parametrize("name", ["variants.vcf", "variants.tsv"])
def test_files_without_variants_are_written(tmp_path, name):
    source, out = tmp_path / name, tmp_path / "scores.vcf.gz"
    table = name.endswith(".tsv")
    source.write_text("chrom\tpos\tref\talt\n" if table else HEADER + COLUMNS)
    write(out, source, table=table)
    with pysam.VariantFile(str(out)) as file:
        assert list(file) == []
        assert f"{OWN}STATUS" in file.header.info


@pytest.mark.parametrize(
    ("length", "kind", "other"), [(2**29, ".tbi", ".csi"), (2**29 + 1, ".csi", ".tbi")]
)
def test_the_index_finds_records_also_on_long_chromosomes(tmp_path, source, length, kind, other):
    out = tmp_path / "scores.vcf.gz"
    stale = tmp_path / f"scores.vcf.gz{other}"
    stale.write_bytes(b"")
    last = f"chr2\t{length}\tlast\tA\tC\t.\t.\t.\tGT\t0/0\t0/0\n"
    source.write_text(VCF + last, encoding="utf-8")
    write(out, source, genome=Genome("genome.fa", {"chr1": 1000, "chr2": length}))
    assert (tmp_path / f"scores.vcf.gz{kind}").exists()
    assert not stale.exists()
    with pysam.VariantFile(str(out)) as file:
        assert [record.pos for record in file.fetch("chr1", 7, 15)] == [9]
        assert [record.id for record in file.fetch("chr2", length - 1, length)] == ["last"]
        assert len(list(file.fetch("chr1"))) == 5


@pytest.mark.parametrize("number", [0, 3, 6])
def test_a_file_that_changed_since_it_was_scored_is_refused(tmp_path, source, number):
    blocks = scored(source, table=False)
    out = tmp_path / "scores.vcf.gz"
    other = RECORDS[number].replace("\tA", "\tG").replace("\tN", "\tG").replace("\tg", "\tT")
    changed = (
        RECORDS[:number] + RECORDS[number + 1 :],
        [*RECORDS, RECORDS[-1]],
        [*RECORDS[:number], other.replace("\tC\t", "\tT\t"), *RECORDS[number + 1 :]],
    )
    for content in changed:
        source.write_text(HEADER + COLUMNS + "\n".join(content) + "\n", encoding="utf-8")
        with pytest.raises(InputError, match="other records than those that were scored"):
            write(out, source, blocks=blocks)
        assert not out.exists()


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (RECORDS[::-1], "line 11: found chr2:5 after position 6"),
        ([*RECORDS, RECORDS[0]], "line 17: found chr1:0 after records of chr2"),
        ([RECORDS[0].replace("\t0\t", "\t2147483648\t")], "line 10: found position 2147483648"),
    ],
)
def test_unsorted_files_and_too_large_positions_are_refused(tmp_path, source, records, message):
    source.write_text(HEADER + COLUMNS + "\n".join(records) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        write(tmp_path / "scores.vcf.gz", source)


def test_a_failed_run_leaves_the_previous_file_and_index(tmp_path, source):
    out = tmp_path / "scores.vcf.gz"
    blocks = write(out, source)

    def failing():
        yield from blocks[:1]
        raise KeyboardInterrupt

    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(KeyboardInterrupt):
        write(out, source, blocks=failing())
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_numbers_keep_their_precision(tmp_path, source):
    out = tmp_path / "scores.vcf.gz"
    blocks = scored(source, table=False)
    for _, scores in blocks:
        scores.max_logit_difference[:] *= np.float32(1e-12)
    write(out, source, blocks=blocks)
    check_scores(out, blocks)
