"""Lines of files of variants in any form, and damaged files."""

import gzip

import pysam
import pytest
from variant_contents import HEADER, TABLE, VCF, bgzip, read, save

from noncoding.common.errors import InputError
from noncoding.data.variants.variant import Variant


def test_the_bgzip_of_the_tests_is_that_of_htslib(tmp_path):
    with pysam.BGZFile(str(save(tmp_path, bgzip(VCF.encode())))) as file:
        assert [*map(bytes.decode, file)] == VCF.splitlines()


def test_long_records_and_bytes_that_are_not_utf8_are_read(tmp_path):
    ref = "ACGT" * 50_000
    record = f"chr1\t3\tn\xe4me\t{ref}\tA\t.\t.\tX={'x' * 300_000}\n".encode("latin-1")
    (found,) = read(save(tmp_path, HEADER.encode() + record))
    assert found == Variant(0, 7, "chr1", 3, "n\\xe4me", ref, "A")


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
