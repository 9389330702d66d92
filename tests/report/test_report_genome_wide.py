"""The section of the page on all bins of the test chromosomes."""

import pytest
from report_page import made

from noncoding.common.errors import InputError

SPACE = "\N{NO-BREAK SPACE}"


def test_metrics_on_all_bins_stand_beside_those_on_labelled_bins(tree):
    tree.evaluate_genome_wide()
    page = made(tree, genome_wide=True)
    text = page.text.replace(SPACE, " ")
    assert (
        "On all 25,678 bins of the test chromosomes, small reaches a mean AUROC of 0.891 and a "
        "mean AUPR of 0.046 over 2 of 3 targets (mean prevalence 0.312 %). On the 1,234 labelled "
        "bins among them (4.81 %), the same predictions have a mean AUROC of 0.865 and a mean "
        "AUPR of 0.212 (mean prevalence 5.12 %)."
    ) in text
    assert (
        "On all 25,678 bins of the test chromosomes, with and without labels, small has a mean "
        "AUPR of 0.046 (mean prevalence 0.312 %)."
    ) in text
    assert "Labelled bin A bin of the test split that is positive" in text
    [rows] = [rows for rows in page.tables if "Labelled bins" in " ".join(rows[0])]
    cells = [[" ".join(cell.split()).replace(SPACE, " ") for cell in row] for row in rows[2:]]
    numbers = ["5.12 %", "0.865", "0.212", "4.1", "0.312 %", "0.891", "0.046", "14.6"]
    assert cells == [
        ["all targets", "2 of 3", *numbers],
        ["TF", "2 of 3", *numbers],
        ["DNase", "0 of 3", *numbers],
    ]
    links = [link["href"] for link in page.all("a")]
    assert "data/genome_wide.h5" in links and "small/genome_wide/predictions.h5" in links
    assert "small/genome_wide/figures/genome_wide_gain.png" in links
    assert "#genome-wide" in links


def test_each_model_has_a_row(tree):
    tree.add_model("large", mean_auprc=0.41)
    tree.rank("large", "small")
    tree.evaluate_genome_wide("large")
    tree.evaluate_genome_wide("small")
    page = made(tree, "small", "large", genome_wide=True)
    [rows] = [rows for rows in page.tables if "Labelled bins" in " ".join(rows[0])]
    assert [row[-10].strip() for row in rows[2:]] == ["large", "small"] * 3


def test_undefined_metrics_on_labelled_bins_are_dashes(tree):
    """Where a data set has one target, all labelled bins are positive."""
    tree.evaluate_genome_wide(defined=False)
    page = made(tree, genome_wide=True)
    assert (
        "labelled bins among them (4.81 %), no target has both positives and negatives, so neither "
        "metric is defined there." in page.text.replace(SPACE, " ")
    )
    [rows] = [rows for rows in page.tables if "Labelled bins" in " ".join(rows[0])]
    assert [cell.strip() for cell in rows[2][2:6]] == ["—"] * 4
    # Its figures would have no point.
    links = [link["href"] for link in page.all("a")]
    assert not any("genome_wide_" in link for link in links)


def test_the_section_is_there_only_if_all_bins_were_evaluated(tree):
    tree.evaluate_genome_wide()
    page = made(tree)
    assert "genome_wide" not in tree.page.read_text() and "#genome-wide" not in page.text


def test_a_missing_summary_is_named_with_its_stage(tree):
    tree.evaluate_genome_wide()
    (tree.root / "small/genome_wide/summary.json").unlink()
    with pytest.raises(InputError) as error:
        made(tree, genome_wide=True)
    assert error.value.remedy == "Run the stage 'evaluate_genome_wide' again."
