"""Chromosome names of published assemblies."""

import pytest

from noncoding.data.genome.chromosome_names import chromosome_map_for, is_alternative


# Headers of GRCh38, GRCh37 and GRCm39 from UCSC, Ensembl, NCBI and the analysis sets.
@pytest.mark.parametrize(
    "header",
    [
        "chr3_KI270777v1_alt",
        "chr1_KI270706v1_random",
        "chr1_KN196472v1_fix",
        "chr6_cox_hap2",
        "chr17_ctg5_hap1",
        "chrUn_KN707606v1_decoy",
        "chrEBV",
        "NC_007605",
        "hs37d5",
        "HLA-A*01:01:01:01",
        "CHR_HSCHR1_1_CTG3",
        "CHR_HG1342_HG2282_PATCH",
        "CHR_MG104_PATCH",
        "CHR_MMCHR1_CHORI29_IDD5_1",
        "HSCHR6_MHC_APD_CTG1",
        "HSCHR1_RANDOM_CTG5",
        "HG7_PATCH",
        "KI270777.1 Homo sapiens chromosome 3 genomic scaffold, GRCh38.p14 alternate locus group "
        "ALT_REF_LOCI_1",
        "NT_187361.1 Homo sapiens chromosome 1 unlocalized genomic scaffold, GRCh38.p14",
        "NW_009646195.1 Homo sapiens chromosome 1 genomic patch of type FIX, GRCh38.p14",
        "3_x dna:chromosome chromosome:GRCh38:3_x:1:198295559:1 HAP",
        "1_x dna:chromosome chromosome:GRCh38:1_x:1:248956422:1 PATCH_FIX",
    ],
)
def test_alternatives_of_chromosomes_are_recognised(header):
    assert is_alternative(*header.split(None, 1))


@pytest.mark.parametrize(
    "header",
    [
        "chr1",
        "1 dna:chromosome chromosome:GRCh38:1:1:248956422:1 REF",
        "X",
        "MT",
        "chrM",
        "chr2R",
        "chr_1",
        "CHR_1",
        "chrUn_KI270302v1",
        "NC_000001.11 Homo sapiens chromosome 1, GRCh38.p14 Primary Assembly",
        "NT_033777.3 Drosophila melanogaster chromosome 3R",
        "scaffold_12",
        "Hap1",
        "chr1_hap1",
        "SUPER_1_hap2",
        "HSP70",
        "ctg1",
    ],
)
def test_chromosomes_and_scaffolds_are_no_alternatives(header):
    assert not is_alternative(*header.split(None, 1))


def test_names_that_differ_by_their_prefix_are_mapped():
    assert chromosome_map_for(["chr1", "chrX", "chrM", "chrUn_1"], ["1", "X", "MT"]) == {
        "chr1": "1",
        "chrX": "X",
        "chrM": "MT",
    }
    assert chromosome_map_for(["1", "MT", "II"], ["chr1", "chrM", "chrIII"]) == {
        "1": "chr1",
        "MT": "chrM",
    }
