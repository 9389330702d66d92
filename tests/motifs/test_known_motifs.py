"""Known motifs of targets, for names of data sets and databases and the DeepSEA table."""

import logging
import os
import re
from pathlib import Path

import pandas as pd
import pytest

from noncoding.common.errors import InputError
from noncoding.data.targets import read_targets
from noncoding.motifs.known_motifs import match_motifs
from noncoding.motifs.meme import read_motifs

DEEPSEA = Path(__file__).parents[2] / "resources" / "deepsea_targets.tsv"
JASPAR = os.environ.get("NONCODING_JASPAR")

KEYS = [
    "MA0139.1 CTCF",
    "MA0139.2 CTCF",
    "MA0058.3 MAX",
    "MA0059.1 MAX::MYC",
    "MA0147.3 MYC",
    "MA0063.2 NKX2-5",
    "MA0466.3 CEBPB",
    "MA0491.2 JUND",
    "MA0060.3 NFYA",
    "MA0107.1 RELA",
    "MA0105.4 NFKB1",
    "MA0138.2 REST",
    "MA0080.6 Spi1",
    "MA0035.4 GATA1",
    "MA0007.3 AR",
    "MA0159.1 RARA(var.2)",
    "MA0160.1 RARA",
    # Motifs with names of cell lines, marks and short words.
    "X1 A549",
    "X2 H3K4me3",
    "X3 DNase",
    "X4 so",
    "X5 h",
    "X6 K562",
    "X7 Pol2",
]


def matched(keys=KEYS, **columns):
    return match_motifs(pd.DataFrame(columns), keys)


CTCF, CEBPB, JUND = ["MA0139.2 CTCF", "MA0139.1 CTCF"], ["MA0466.3 CEBPB"], ["MA0491.2 JUND"]
MYC, NFYA = ["MA0147.3 MYC", "MA0059.1 MAX::MYC"], ["MA0060.3 NFYA"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ctcf", CTCF),
        ("K562 CTCF", CTCF),
        ("A549.CEBPB", CEBPB),
        ("CEBPB A549", CEBPB),
        ("A549.JUND", JUND),
        ("A549_JunD_EtOH_0.02pct", JUND),
        ("eGFP-JunD", JUND),
        ("K562 eGFP-JunD", JUND),
        ("3xFLAG-CTCF", CTCF),
        ("FLAG_HA_CTCF", CTCF),
        ("V5-CEBPB", CEBPB),
        ("CTCF-GFP", CTCF),
        ("HA-h", []),
        ("CTCF/HepG2", CTCF),
        ("CTCF;rep1", CTCF),
        ("SRX12345-GATA1", ["MA0035.4 GATA1"]),
        ("NKX2-5", ["MA0063.2 NKX2-5"]),
        ("heart.Nkx2-5", ["MA0063.2 NKX2-5"]),
        ("NF-YA", NFYA),
        ("HeLa-S3 NF-YA", NFYA),
        ("c-Myc", MYC),
        ("H1-hESC c-Myc", MYC),
        ("MAX", ["MA0058.3 MAX", "MA0059.1 MAX::MYC"]),
        ("MAX::MYC", ["MA0059.1 MAX::MYC"]),
        ("NFKB", ["MA0107.1 RELA", "MA0105.4 NFKB1"]),
        ("GM12878 NF-kB", ["MA0107.1 RELA", "MA0105.4 NFKB1"]),
        ("NRSF", ["MA0138.2 REST"]),
        ("GM12891 PU.1", ["MA0080.6 Spi1"]),
        ("RARA", ["MA0160.1 RARA", "MA0159.1 RARA(var.2)"]),
        ("LNCaP AR", ["MA0007.3 AR"]),
        ("LNCaP ar", []),
        # Whole names.
        ("A549", ["X1 A549"]),
        ("so", ["X4 so"]),
        ("S2.so", ["X4 so"]),
        # Not proteins.
        ("So many", []),
        ("A549.DNase", []),
        ("K562.Pol2", []),
        ("Pol2-4H8", []),
        ("HFF-Myc DNase", []),
        ("GATA1-high H3K4me3", []),
        ("K562 H3K27ac", []),
        ("GATA", []),
        ("GATA_1", []),
        ("CTCFL", []),
    ],
)
def test_a_target_is_matched_by_its_protein(name, expected):
    assert matched(name=[name]) == [expected]


def test_the_assay_is_used_if_the_name_is_not_a_motif():
    assert matched(
        name=["K562 x", "reb", "CTCF", "JUND high"],
        assay=["CTCF", "ChIP-seq", "ChIP-exo", "DNase"],
    ) == [CTCF, [], CTCF, []]
    assert matched(name=["A549 GATA1"], assay=["ChIP-seq"]) == [["MA0035.4 GATA1"]]


def test_cell_type_and_treatment_are_ignored():
    columns = {"name": ["MYC tumour CEBPB JUND"], "assay": ["ChIP-seq"]}
    assert matched(**columns) == [[]]
    assert matched(**columns, cell_type=["MYC tumour"], treatment=["JUND"]) == [CEBPB]


def test_ambiguous_names_are_reported(caplog):
    with caplog.at_level(logging.WARNING):
        assert matched(name=["CTCF in JUND knock-out"]) == [[]]
    assert "several motifs: CTCF in JUND knock-out (CTCF, JUND)" in caplog.text
    assert "column 'motif'" in caplog.text


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("MA0139.1", ["MA0139.1 CTCF"]),
        ("ma0139", ["MA0139.2 CTCF"]),
        ("MA0139.1 CTCF", ["MA0139.1 CTCF"]),
        ("ctcf", CTCF),
        ("MAX::MYC", ["MA0059.1 MAX::MYC"]),
        ("", JUND),
    ],
)
def test_the_motif_column_overrides_the_name(entry, expected):
    assert matched(name=["JUND"], motif=[entry]) == [expected]


def test_an_unknown_motif_in_the_motif_column_is_refused():
    with pytest.raises(InputError, match=r"'motif', target 'a': found 'MA9\.1'.* of the 24 motifs"):
        matched(name=["a"], motif=["MA9.1"])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["CTCF_HUMAN.H11MO.1.A", "CTCF_HUMAN.H11MO.0.A"], [1, 0]),
        (["CTCF.H12CORE.1.P.B", "CTCF.H12CORE.0.P.B", "CTCFL.H12CORE.0.P.B"], [1, 0]),
        (["CTCF_MOUSE.H10MO.A"], [0]),
        (["MA0139.2 MA0139.2.CTCF"], [0]),
        (["M02273_2.00 (CTCF)_(Homo_sapiens)_(DBD_1.00)"], [0]),
        (["CTCF(Zf)/CD4+-CTCF-ChIP-Seq(GSE20898)/Homer"], [0]),
        (["MA0531.1 Su(H)", "MA0001.1 Ctcf"], [1]),
    ],
)
def test_names_of_other_databases(keys, expected):
    assert matched(keys, name=["K562 CTCF"]) == [[keys[number] for number in expected]]
    assert matched(keys, name=["Su"]) == [[]]


def spellings(table):
    """Names of the 919 targets in the style of other data sets."""
    cell, assay, treatment = table["cell_type"], table["assay"], table["treatment"]
    return {
        "cell.assay": cell + "." + assay,
        "assay cell": assay + " " + cell,
        "cell_assay_treatment": cell + "_" + assay + "_" + treatment,
        "cell-assay": cell + "-" + assay,
    }


def test_no_target_of_deepsea_is_matched_by_its_cell_type_or_treatment():
    """With a database that has a motif for every word of the table."""
    table = read_targets(DEEPSEA)
    columns = table[["cell_type", "assay", "treatment"]].to_numpy().ravel()
    words = {word for text in columns for word in [text, *re.split(r"[\s._+()-]+", text)] if word}
    keys = [f"X {word.replace(' ', '_')}" for word in sorted(words)]
    is_protein = (table["group"] == "TF") & ~table["assay"].str.startswith(("Pol2", "Pol3"))
    for own, assay, protein in zip(
        match_motifs(table, keys), table["assay"], is_protein, strict=True
    ):
        assert any(key.upper() == f"X {assay}".upper() for key in own) == protein
        assert protein or own == []
    for spelling in ("cell.assay", "assay cell", "cell_assay_treatment"):
        names = spellings(table)[spelling]
        found = match_motifs(pd.DataFrame({"name": names}), keys)
        for name, own, assay, protein in zip(names, found, table["assay"], is_protein, strict=True):
            # With an unknown cell line named like a motif, no motif rather than a wrong one.
            allowed = {assay.upper(), *assay.upper().split("-")} if protein else set()
            assert {key[2:].upper() for key in own} <= allowed, (name, own)


@pytest.mark.skipif(not JASPAR, reason="NONCODING_JASPAR does not name a MEME file")
def test_the_deepsea_table_and_jaspar():
    """JASPAR 2022 CORE, non-redundant, all taxa; pairs of assay and motif were curated."""
    table = read_targets(DEEPSEA)
    motifs = read_motifs(JASPAR)
    found = match_motifs(table, motifs)
    counts = table.assign(found=[bool(own) for own in found]).groupby("group")["found"].sum()
    assert counts.to_dict() == {"DNase": 0, "Histone": 0, "TF": 457}
    of_assay = dict(zip(table["assay"], found, strict=True))
    for assay, motif in {
        "c-Myc": "MA0147.3 MYC",
        "NRSF": "MA0138.2 REST",
        "PU.1": "MA0080.6 Spi1",
        "eGFP-JunD": "MA0492.1 JUND",
        "HA-E2F1": "MA0024.3 E2F1",
        "PAX5-C20": "MA0014.3 PAX5",
        "NF-E2": "MA0841.1 NFE2",
        "TAL1": "MA0140.2 GATA1::TAL1",
        "NFKB": "MA0107.1 RELA",
    }.items():
        assert of_assay[assay][0] == motif
    for assay in ("Pol2", "Pol3", "p300", "EZH2", "TAF1", "Rad21", "HDAC2"):
        assert of_assay[assay] == []
    for names in spellings(table).values():
        assert match_motifs(pd.DataFrame({"name": names}), motifs) == found
