"""The section of regions and variants."""

import json
import re

import pytest
from report_page import made

from noncoding.common.errors import InputError
from noncoding.data.variants.variant import Status
from noncoding.report.captions import STATUSES
from noncoding.report.findings import SCORED, strongest_variant

SPACE = "\N{NO-BREAK SPACE}"
SECTION = "Regions and variants"


def summary_of(tree):
    return json.loads((tree.root / "small/variants/patients.json").read_text())


def test_without_entries_there_is_no_section(tree):
    assert SECTION not in made(tree).text


def test_every_status_is_explained():
    assert STATUSES.keys() == set(Status)
    scored = [status for status in Status if STATUSES[status].split(";")[0] == "scored"]
    assert list(SCORED) == scored


def test_variants_are_shown_with_counts_and_effects(tree):
    page = made(tree, applied=tree.apply())
    assert page.text.count(SECTION) == 2  # in the contents, too
    assert (
        "1,203 of 1,207 alternative alleles were scored. The strongest effect is that of "
        "chr8:1,234,567 A>G on <script>alert('x')</script> & \"q\": logit difference −2.346, "
        "probability 0.813 → 0.294." in page.text
    )
    assert [row[:2] for row in page.table("Status", "Alleles")] == [
        ["scored", "1,200"],
        ["scored_padded", "3"],
        ["ref_mismatch", "4"],
    ]
    first, second, third = page.table("Position", "REF", "ALT")
    assert first[:4] == ["chr8:1,234,567", "rs1", "A", "G"]
    assert first[5:] == ["−2.346", "0.001", "0.813 → 0.294"]
    assert second[1:4] == ["—", "A", "ACGTACGT… (17 bp)"]
    assert third[5] == "+0.500"


def test_scores_without_a_background_and_probabilities_have_no_such_columns(tree):
    applied = tree.apply()
    summary = summary_of(tree)
    summary["background"] = 0
    for row in summary["strongest"]:
        for key in ("ref_probability", "alt_probability", "background_share"):
            row[key] = None
    (tree.root / "small/variants/patients.json").write_text(json.dumps(summary))
    page = made(tree, applied=applied)
    assert len(page.table("Position", "REF", "ALT")[0]) == 6
    assert "logit difference −2.346." in page.text
    assert "Background share" not in page.text


def test_probabilities_near_0_and_1_are_not_shown_as_such(tree):
    applied = tree.apply()
    summary = summary_of(tree)
    summary["strongest"][0] |= {"ref_probability": 8e-6, "alt_probability": 0.9999}
    (tree.root / "small/variants/patients.json").write_text(json.dumps(summary))
    page = made(tree, applied=applied)
    assert "probability <0.001 → >0.999." in page.text
    assert page.table("Position", "REF", "ALT")[0][-1] == "<0.001 → >0.999"


def test_regions_are_shown_with_their_targets(tree):
    page = made(tree, applied=tree.apply())
    assert "2,200 windows of 40 bp, 2 targets. Folder of bigWig files: small/regions/track" in (
        page.text
    )
    [row] = page.table("Mean probability", "Labelled bin")
    assert row[1:] == ["0.043", "12", "0.980", "chr8:1,001-1,020"]


def test_figures_and_files_are_linked(tree):
    page = made(tree, applied=tree.apply())
    links = {a["href"] for a in page.all("a")}
    assert {"small/variants/patients.vcf.gz", "small/regions/track"} <= links
    assert "small/variants/patients/001-chr8-1234567-A-G.svg" in links
    shown = [img["alt"] for img in page.all("img") if "both alleles" in img["alt"]]
    assert shown == [
        "In-silico mutagenesis of both alleles of chr8:1,234,567 A>G",
        f"In-silico mutagenesis of both alleles of chr8:1,234,567 A>ACGTACGT… (17{SPACE}bp)",
    ]
    assert "small was applied to patients with torch 0.1." in page.text


def test_entries_of_several_models_have_headings_of_their_own(tree):
    tree.add_model("large", mean_auprc=0.41)
    tree.rank("large", "small")
    applied = [*tree.apply("small"), *tree.apply("large")]
    text = made(tree, "small", "large", applied=applied).text
    headings = re.findall(r"(Variants|Regions): (\w+), (\w+)", text)
    assert headings == [
        ("Variants", "patients", "large"),
        ("Variants", "patients", "small"),
        ("Regions", "track", "large"),
        ("Regions", "track", "small"),
    ]


def test_a_file_of_no_scored_allele_is_described():
    summary = {"statuses": {"unknown_contig": 1}, "strongest": []}
    assert strongest_variant(summary) == "0 of 1 alternative allele was scored."


@pytest.mark.parametrize(
    ("missing", "stage"),
    [
        ("small/variants/patients.json", "score_variants"),
        ("small/variants/patients/001-chr8-1234567-A-G.png", "score_variants"),
        ("small/regions/track.json", "predict_regions"),
    ],
)
def test_a_missing_file_is_named_with_its_stage(tree, missing, stage):
    applied = tree.apply()
    (tree.root / missing).unlink()
    with pytest.raises(InputError) as error:
        made(tree, applied=applied)
    assert error.value.remedy == f"Run the stage '{stage}' again."
