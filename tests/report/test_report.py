"""The content of the page, against the files that it shows."""

import math
import re
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
import yaml
from report_page import CONFIGURATION, Page, made

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.report.captions import CONTENTS


def test_page_needs_no_other_file(tree):
    page = made(tree)
    for _, attributes in page.elements:
        assert attributes.get("src", "data:").startswith("data:")
    assert not page.all("link")
    style = re.search("<style>(.*)</style>", tree.page.read_text(), re.DOTALL)[1]
    assert "url(" not in style and "@import" not in style
    outside = {a["href"] for a in page.all("a") if "://" in a["href"]}
    assert outside == {"https://example.org/genome.fa.gz"}  # where the data is from


def test_every_listed_file_is_an_output():
    for stage, contents in CONTENTS.items():
        outputs = [path.as_posix() for path in layout.files(stage, "")]
        for name in contents:
            assert any(f"{path}/".startswith(f"{name}/") for path in outputs), name


def decimals(value, digits=3):
    return "—" if pd.isna(value) else f"{value:.{digits}f}"


def signed(value):
    return f"{value:+.3f}".replace("-", "−")


def test_numbers_of_the_tables_are_those_of_the_files(tree):
    page = made(tree)
    read = {"sep": "\t", "keep_default_na": False, "na_values": [""]}
    metrics = pd.read_csv(tree.root / "small/evaluation/targets.tsv", **read)
    shown = page.table("Index", "Gain")
    assert len(shown) == len(metrics) == 3
    for row, expected in zip(
        shown, metrics.replace("NaN", math.nan).to_dict("records"), strict=True
    ):
        numbers = {
            key: float(expected[key]) for key in metrics if key.startswith(("auroc", "auprc"))
        }
        for metric, cell in (("auroc", row[-3]), ("auprc", row[-2])):
            limits = [numbers[f"{metric}_low"], numbers[f"{metric}_high"]]
            interval = "" if math.isnan(limits[0]) else f" {limits[0]:.3f}–{limits[1]:.3f}"
            assert cell == f"{decimals(numbers[metric])}{interval}"
        assert row[-1] == decimals(numbers["auprc_over_prevalence"], 1)
        assert row[-5] == f"{int(expected['test_positives']):,}"
    ranks = pd.read_csv(tree.root / "compare/ranking.tsv", **read)
    assert page.table("Mean AUPR", "Median AUROC") == [
        [
            *(row["classifier"], row["kind"], str(row["targets"]), decimals(row["mean_auprc"])),
            f"{row['mean_auprc_low']:.3f}–—",
            decimals(row["median_auroc"]),
            f"{row['median_auroc_low']:.3f}–—",
        ]
        for row in ranks.to_dict("records")
    ]
    pairs = pd.read_csv(tree.root / "compare/pairs.tsv", **read)
    for row, expected in zip(page.table("Higher", "Lower"), pairs.to_dict("records"), strict=True):
        lower = expected["targets"] - expected["wins"] - expected["ties"]
        assert row[:4] == [
            expected["second"],
            *map(str, (expected["targets"], expected["wins"], lower)),
        ]
        assert row[4:6] == [
            signed(expected["median_difference"]),
            signed(expected["mean_difference"]),
        ]
        known = not pd.isna(expected["low"])
        assert row[6] == (
            f"{signed(expected['low'])} to {signed(expected['high'])}" if known else "—"
        )


def test_the_source_is_shown_without_local_paths(tree):
    text = made(tree).text
    assert "https://example.org/genome.fa.gz" in text and "c0ffee" * 8 in text
    assert "p.tgz" in text and "/data/me" not in tree.page.read_text()
    assert "CBF1 (12)" in text and "GAL80" in text


def test_names_are_escaped(tree):
    page = made(tree)
    assert len(page.all("script")) == 1  # the table's own
    assert "<script>alert('x')</script> & \"q\"" in page.text
    assert any("alert('x')" in img["alt"] for img in page.all("img"))


def test_a_missing_number_is_a_dash(tree):
    page = made(tree)
    before_the_configuration = page.text.split("save the configuration")[0]
    assert not re.search(r"\b(nan|none|null|inf)\b", before_the_configuration, re.IGNORECASE)
    assert "NA TF HepG2 — 0 0 % — — —" in page.text.replace("\N{NO-BREAK SPACE}", " ")
    empty = [td for td in page.all("td") if td.get("data-value") == ""]
    assert len(empty) == 3  # so that sorting puts them last


def test_motif_enrichment_is_shown_for_the_largest_set_of_sequences(tree):
    text = made(tree).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "MA1.1 HOSTILE 61 % of 31 × 10.0 (0.9–—)" in text


def test_learned_motifs_are_shown(tree):
    text = made(tree).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "1 of 1 known motif recovered" in text
    found = "TF-MoDISco, for 1 123 TTACCCGG MA2.1 OTHER 3 × 10⁻⁹ MA1.1 HOSTILE 0.04"
    assert found in text
    assert "for 2" in text and "for 3" not in text
    assert "first layer, filter 7" in text


def test_problems_are_listed(tree):
    text = made(tree).text
    assert "Not shown: NA has no positive test locus" in text
    assert "Not shown: NA: found 0 positive loci" in text


def test_links_are_relative_to_the_page(tree):
    targets = {a["href"] for a in made(tree).all("a")}
    assert {"data/train.h5", "small/evaluation/targets.tsv", "small/explain/maps.h5"} <= targets
    assert not any(target.startswith(("/", "file:", "..")) for target in targets)


def test_links_within_the_page_and_heading_levels_are_valid(tree):
    page = made(tree)
    places = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    inside = {a["href"][1:] for a in page.all("a") if a["href"].startswith("#")}
    assert inside and inside <= places
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(next_ - one <= 1 for one, next_ in pairwise(levels))


def test_the_configuration_is_shown_as_valid_yaml(tree):
    made(tree)
    shown = Page(tree.page)
    text = "".join(shown.words)
    start = text.index("datasets:\n")
    end = text.index("Software versions")
    assert yaml.safe_load(text[start:end]) == CONFIGURATION


@pytest.mark.parametrize(
    ("missing", "stage"),
    [
        ("data/summary.json", "describe"),
        ("data/figures/base_composition.svg", "describe"),
        ("compare/ranking.tsv", "compare"),
        ("small/model/training.json", "train"),
        ("small/training/metrics.csv", "train"),
        ("small/training/figures/learning_curve.svg", "plot_training"),
        ("small/training/figures/layers.svg", "plot_training"),
        ("small/evaluation/summary.json", "evaluate"),
        ("small/evaluation/figures/curves.svg", "evaluate"),
        ("small/explain/targets.tsv", "explain"),
        ("small/explain/figures/001-hostile.png", "explain"),
        ("small/explain/figures/faithfulness.svg", "explain"),
        ("small/motifs/summary.json", "motifs"),
        ("small/motifs/figures/001-hostile.png", "motifs"),
    ],
)
def test_missing_file_is_named_with_its_stage(tree, missing, stage):
    (tree.root / missing).unlink()
    with pytest.raises(InputError, match=re.escape(Path(missing).name)) as error:
        made(tree)
    assert error.value.remedy == f"Run the stage '{stage}' again."
    assert not tree.page.exists()


def test_damaged_summary_is_refused(tree):
    path = tree.root / "small/evaluation/summary.json"
    path.write_text(path.read_text()[:50])
    with pytest.raises(InputError, match="not JSON"):
        made(tree)


def test_models_of_different_targets_are_refused(tree):
    tree.add_model("other", mean_auprc=0.4)
    tree.rank("small", "other")
    table = tree.root / "other/evaluation/targets.tsv"
    table.write_text(table.read_text().replace("REB1", "ABF1"))
    with pytest.raises(InputError, match="not those of small"):
        made(tree, "small", "other")


def test_targets_with_the_same_name_are_told_apart_by_their_cell_types(tree):
    path = tree.root / "small/evaluation/targets.tsv"
    table = pd.read_csv(path, sep="\t", keep_default_na=False)
    table.assign(name="CTCF").to_csv(path, sep="\t", index=False)
    text = made(tree).text
    for cell_type in table["cell_type"]:
        assert f"CTCF ({cell_type}) TF" in text


def test_targets_with_the_same_name_are_not_mixed(tree):
    folder = tree.root / "small/explain"
    targets = pd.read_csv(folder / "targets.tsv", sep="\t", keep_default_na=False)
    checks = pd.read_csv(folder / "faithfulness.tsv", sep="\t")
    shared = targets["name"].iloc[0]
    targets.loc[1] = targets.loc[0].to_dict() | {"index": 2}
    targets.to_csv(folder / "targets.tsv", sep="\t", index=False)
    other = checks.assign(index=2, value=checks["value"] / 2)
    pd.concat([checks, other]).to_csv(folder / "faithfulness.tsv", sep="\t", index=False)
    text = made(tree).text.replace("\N{NO-BREAK SPACE}", " ")
    assert f"{shared} MA1.1 HOSTILE 61 % of 31 × 10.0" in text
    assert f"{shared} MA1.1 HOSTILE 30.5 % of 31 × 5.0" in text


@pytest.mark.parametrize(
    ("value", "high", "shown"),
    [
        (None, None, "61 % of 31 —"),
        (10.0, math.inf, "× 10.0 (at least 0.9)"),
        (10.0, 12.0, "× 10.0 (0.9–12.0)"),
    ],
)
def test_enrichment_may_be_undefined_or_unbounded(tree, value, high, shown):
    path = tree.root / "small/explain/faithfulness.tsv"
    checks = pd.read_csv(path, sep="\t")
    ratio = checks["check"].str.startswith("known motif, enrichment")
    checks.loc[ratio, ["value", "high"]] = value, high
    checks.to_csv(path, sep="\t", index=False)
    assert shown in made(tree).text.replace("\N{NO-BREAK SPACE}", " ")
