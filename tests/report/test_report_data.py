"""The section on data: chosen bins, exclusion and negatives."""

import json

import pytest
from report_page import CONFIGURATION, Page, made

from noncoding.report.sources import chromosomes_of_splits, source_facts
from noncoding.stages.report import report

COUNTS = {
    "bins": "group TF",
    "windows_off_chromosome": 3,
    "windows_guarded": 12,
    "windows_unknown_bases": 1234,
    "windows_excluded": {"blacklist.bed.gz": 70, "own.bed": 5},
    "windows_excluded_any": 72,
    "negatives": {
        "train": {"wanted": 9000, "drawn": 8765, "difference": {"gc": 0.01234, "repeats": 0.5}},
        "valid": {"wanted": 10, "drawn": 0, "difference": {}},
    },
}


@pytest.fixture
def describe(tree):
    """Changes the summary of the stage, and gives the page."""

    def page(counts, **of_split):
        path = tree.root / "data" / "summary.json"
        summary = json.loads(path.read_text())
        for split in summary.values():
            split["source"]["counts"] = counts
            split |= of_split
        path.write_text(json.dumps(summary))
        return made(tree)

    return page


def facts(page):
    """The table of the source, by label."""
    return dict(next(rows for rows in page.tables if rows[0][0].strip() == "Type"))


def of_source(page):
    return {label.strip(): " ".join(text.split()) for label, text in facts(page).items()}


def test_chosen_bins_and_excluded_windows_are_shown(describe):
    shown = of_source(describe(COUNTS))
    assert shown["Type"] == "Genome and peak files"
    assert shown["Bins that become rows"] == "positive for a target of group TF"
    assert shown["Windows excluded: within the guard distance of another split"] == "12"
    assert shown["Windows excluded: too many unknown bases (N)"] == "1,234"
    assert shown["Windows excluded: beyond the end of their chromosome or region"] == "3"
    excluded = shown["Windows excluded: in an excluded region"]
    assert excluded == "72 blacklist.bed.gz (70), own.bed (5)"


def test_negatives_are_shown(describe):
    page = describe(COUNTS)
    columns = ("Requested", "Drawn", "Difference in GC content", "Difference in soft-masked bases")
    assert page.table(*columns) == [
        ["train", "9,000", "8,765", "0.0123", "0.5000"],
        ["valid", "10", "0", "—", "—"],
    ]
    matched = {"train": {"wanted": 4, "drawn": 4, "difference": {"gc": 0.0}}}
    page = describe(COUNTS | {"negatives": matched})
    assert page.table("Requested", "Drawn") == [["train", "4", "4", "0.0000"]]


def test_loci_without_a_label_are_counted(describe):
    page = describe(COUNTS, unlabelled_loci=1230, share_of_windows_with_n=0.0125)
    rows = page.table("Loci without a label", "Windows with N")
    assert [row[4:6] for row in rows] == [["1,230", "1.25 %"]] * 2


@pytest.mark.parametrize("excluded", [None, 17, {}])
def test_stores_without_such_counts(describe, excluded):
    counts = {} if excluded is None else {"windows_excluded": excluded}
    page = describe(counts)
    shown = of_source(page)
    assert shown["Bins that become rows"] == "positive for any target"
    assert shown.get("Windows excluded: in an excluded region") == (
        "17" if excluded == 17 else None
    )
    assert "Negatives:" not in page.text and "Loci without a label" not in page.text


@pytest.mark.parametrize(
    ("bins", "expected"),
    [
        ("any target", "positive for any target"),
        ("all", "all"),
        ("group TF", "positive for a target of group TF"),
        ("group TF, DNase", "positive for a target of group TF or DNase"),
        ("file allTFs.pos.bed.tar.gz", "those in allTFs.pos.bed.tar.gz"),
    ],
)
def test_bins_in_words(bins, expected):
    found = {fact.label: fact.text for fact in source_facts("genome", {"counts": {"bins": bins}})}
    assert found["Bins that become rows"] == expected


def test_a_bundle_has_no_chosen_bins():
    facts = source_facts("bundle", {"url": "https://example.org/bundle.tar.gz"})
    assert [fact.label for fact in facts] == ["Type", "Published at"]


def test_splits_by_file_and_rows(tree):
    splits = {"train": {"rows": 2200000}, "valid": {"bed": {"url": ["https://a.b/c/valid.bed"]}}}
    splits |= {"test": {"bed": "regions/test.bed"}, "guard": 1000, "ignore": ["Mito"]}
    assert chromosomes_of_splits(splits) == {
        "train": ["2,200,000 loci in order"],
        "valid": ["regions in valid.bed"],
        "test": ["regions in test.bed"],
    }
    assert chromosomes_of_splits(None) == {}
    configuration = CONFIGURATION | {"datasets": {"tiny": {"source": "genome", "splits": splits}}}
    report(tree.root, ["small"], configuration)
    page = Page(tree.page)
    assert [row[1] for row in page.table("Chromosomes", "Loci")] == [
        "2,200,000 loci in order",
        "regions in test.bed",
    ]
    assert "On 1,234 test loci, small reaches" in page.text
