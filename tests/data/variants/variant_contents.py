"""Contents of files of variants."""

import gzip

import pysam

from noncoding.data.variants.files import read_variants
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


def expected(first_line):
    """The alleles of `VCF` and `TABLE`, in a file whose first record is on a line."""
    return [
        Variant(record, first_line + record, *allele)
        for record, allele in zip(RECORD_OF_ALLELE, ALLELES, strict=True)
    ]
