"""Chromosome names of published assemblies."""

import pytest

from noncoding.data.genome.chromosome_names import (
    chromosome_map_for,
    described_chromosome,
    is_alternative,
    is_organelle,
    is_sex_chromosome,
)


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


# Names in peak files and FASTA files as their sources have them.
HUMAN = [*map(str, range(1, 23)), "X", "Y", "MT"]
YEAST = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "Mito"]


@pytest.mark.parametrize(
    ("names", "chromosomes", "expected"),
    [
        (["chr1", "chrX", "chrM", "chrUn_1"], HUMAN, {"chr1": "1", "chrX": "X", "chrM": "MT"}),
        (["1", "MT", "II"], ["chr1", "chrM", "chrIII"], {"1": "chr1", "MT": "chrM"}),
        (["1", "chr2"], ["chr1", "chr2"], {"1": "chr1"}),
        (
            ["CHR1", "Chr02", "chromosome_3"],
            HUMAN,
            {"CHR1": "1", "Chr02": "2", "chromosome_3": "3"},
        ),
        # Yeast: UCSC, Rossi et al. and SGD have Roman or Arabic numbers; Ensembl has Roman ones.
        (["chrIV", "chrX", "chrM"], YEAST, {"chrIV": "IV", "chrX": "X", "chrM": "Mito"}),
        (["chr4", "chr10", "chrmt"], YEAST, {"chr4": "IV", "chr10": "X", "chrmt": "Mito"}),
        (["chrIV", "chrX"], ["1", "2", "4", "10"], {"chrIV": "4", "chrX": "10"}),
        (["chr1", "chrX"], ["I", "II", "III", "IV", "V", "X"], {"chr1": "I", "chrX": "X"}),
        # An X among Arabic numbers is the sex chromosome.
        (["chr1", "chrX"], ["1", "2", "10"], {"chr1": "1"}),
        (["chrX"], ["1", "2", "10"], {}),
        (["ChrM", "ChrC"], ["1", "Mt", "Pt"], {"ChrM": "Mt", "ChrC": "Pt"}),
        (["Mt", "Pt"], ["Chr1", "ChrM", "ChrC"], {"Mt": "ChrM", "Pt": "ChrC"}),
        (["chrA", "chrC"], ["A", "B", "C"], {"chrA": "A", "chrC": "C"}),
        (["chrUn_KI270302v1"], ["KI270302.1", "KI270706.1"], {"chrUn_KI270302v1": "KI270302.1"}),
        (["chr1_KI270706v1_random"], ["KI270706.1"], {"chr1_KI270706v1_random": "KI270706.1"}),
        (["2L", "contig_12"], ["chr2L", "contig_1", "contig_2"], {"2L": "chr2L"}),
        # Two chromosomes of the genome could be meant.
        (["Chr1"], ["chr1", "1"], {}),
        (["chr3"], ["scaffold3"], {}),
    ],
)
def test_names_of_the_same_meaning_are_mapped(names, chromosomes, expected):
    assert chromosome_map_for(names, chromosomes) == expected


# Headers of RefSeq and GenBank.
@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("Homo sapiens chromosome 1, GRCh38.p14 Primary Assembly", "1"),
        ("Homo sapiens chromosome X, GRCh38.p14 Primary Assembly", "X"),
        ("Saccharomyces cerevisiae S288C chromosome IV, complete sequence", "IV"),
        ("TPA_inf: Saccharomyces cerevisiae S288C chromosome VIII, complete sequence", "VIII"),
        ("Drosophila melanogaster chromosome 3R", "3R"),
        ("Homo sapiens mitochondrion, complete genome", "mitochondrion"),
        ("Arabidopsis thaliana chloroplast, complete genome", "chloroplast"),
        ("Homo sapiens chromosome 1 unlocalized genomic scaffold, GRCh38.p14", None),
        ("dna:chromosome chromosome:R64-1-1:I:1:230218:1 REF", None),
        ("", None),
    ],
)
def test_descriptions_of_ncbi_name_the_chromosome(description, name):
    assert described_chromosome(description) == name


def test_accessions_are_mapped_by_their_descriptions():
    described = {"NC_001133.9": "I", "NC_001136.10": "IV", "NC_001224.1": "mitochondrion"}
    for names in (["chrI", "chrIV", "chrM"], ["I", "IV", "Mito"], ["chr1", "chr4", "MT"]):
        found = chromosome_map_for(names, described, described)
        assert found == dict(zip(names, described, strict=True))
    assert chromosome_map_for(["NC_001133.9"], described, described) == {}


# Of GRCh38, GRCm39 and R64 in RefSeq, which dbSNP names contigs by.
ACCESSIONS = {
    "human": {"NC_000001.11": "1", "NC_000010.11": "10", "NC_000022.11": "22"}
    | {"NC_000023.11": "X", "NC_000024.10": "Y", "NC_012920.1": "MT"},
    "mouse": {"NC_000067.7": "1", "NC_000076.7": "10", "NC_000085.7": "19"}
    | {"NC_000086.8": "X", "NC_000087.8": "Y", "NC_005089.1": "MT"},
    "yeast": {"NC_001133.9": "I", "NC_001136.10": "IV", "NC_001142.9": "X"}
    | {"NC_001148.4": "XVI", "NC_001224.1": "Mito"},
}
ARABIC = {"I": "1", "IV": "4", "X": "10", "XVI": "16", "Mito": "M"}
NAMES = {
    organism + form: {accession: form.format(name) for accession, name in names.items()}
    for organism, names in ACCESSIONS.items()
    for form in ("{}", "chr{}")
} | {"arabic": {accession: ARABIC[name] for accession, name in ACCESSIONS["yeast"].items()}}


@pytest.mark.parametrize("form", NAMES)
@pytest.mark.parametrize("version", [True, False])
def test_accessions_of_refseq_are_mapped_in_both_directions(form, version):
    pairs = {
        accession if version else accession.partition(".")[0]: name
        for accession, name in NAMES[form].items()
    }
    back = {name: accession for accession, name in pairs.items()}
    assert chromosome_map_for(pairs, back) == pairs
    assert chromosome_map_for(back, pairs) == back
    for accession, name in pairs.items():
        assert chromosome_map_for([accession], back) == {accession: name}
        assert chromosome_map_for([name], pairs) == {name: accession}


@pytest.mark.parametrize(
    ("name", "chromosome", "same"),
    [
        ("NC_000001", "NC_000001.11", True),
        ("NC_000001.11", "NC_000001", True),
        # Of another assembly, and of another organism.
        ("NC_000001.10", "NC_000001.11", False),
        ("NC_000067.7", "NC_000001.11", False),
        ("NC_000067", "NC_000001", False),
        ("NC_004354.4", "1", False),
        ("NT_000001.1", "1", False),
    ],
)
def test_accessions_are_the_same_only_in_the_same_version(name, chromosome, same):
    expected = {name: chromosome} if same else {}
    assert chromosome_map_for([name], [chromosome]) == expected
    described = {chromosome: "1"} if chromosome.startswith("NC") else {}
    assert chromosome_map_for([name], [chromosome], described) == expected


@pytest.mark.parametrize(
    "header",
    ["Mito", "chrM", "MT", "Pt", "NC_012920.1", "NC_001224", "NC_1.1 A b mitochondrion, complete"],
)
def test_organelles_are_recognised(header):
    assert is_organelle(*header.split(None, 1))


def test_chromosomes_are_no_organelles():
    assert not any(map(is_organelle, ["chr1", "X", "C", "MTR_1", "plasmid"]))


def test_x_is_a_sex_chromosome_unless_it_is_the_tenth():
    assert is_sex_chromosome("chrX", ["chr1", "chrX"])
    assert is_sex_chromosome("W", ["1", "W", "Z"])
    assert is_sex_chromosome("X", ["I", "II", "III", "IV", "V", "X"])
    assert not is_sex_chromosome("X", YEAST)
    assert not is_sex_chromosome("I", YEAST)
