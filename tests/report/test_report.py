"""The content of the page, against the files that it shows."""

import base64
import json
import math
import re
from html.parser import HTMLParser
from itertools import chain, pairwise
from pathlib import Path

import pandas as pd
import pytest
import yaml

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.models.export import load_model
from noncoding.report.captions import CAPTIONS, CONTENTS
from noncoding.stages.report import report

CONFIGURATION = {
    "datasets": {
        "tiny": {
            "source": "genome",
            "splits": {"train": None, "valid": ["VII"], "test": ["VIII", "IX"], "ignore": ["Mito"]},
        }
    },
    "train": {"epochs": 7, "batch_size": 8, "learning_rate": 0.002},
}
VOID = {"meta", "img", "input", "br", "link"}


class Page(HTMLParser):
    """Elements in order, and the text outside of style and script."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def made(tree, *models: str) -> Page:
    report(tree.root, models or ["small"], CONFIGURATION)
    return Page(tree.page)


def test_page_needs_no_other_file(tree):
    page = made(tree)
    for _, attributes in page.elements:
        assert attributes.get("src", "data:").startswith("data:")
    assert not page.all("link")
    style = re.search("<style>(.*)</style>", tree.page.read_text(), re.DOTALL)[1]
    assert "url(" not in style and "@import" not in style
    outside = {a["href"] for a in page.all("a") if "://" in a["href"]}
    assert outside == {"https://example.org/genome.fa.gz"}  # where the data is from


def test_every_figure_is_embedded(tree):
    page = made(tree)
    embedded = [base64.b64decode(img["src"].split(",", 1)[1]) for img in page.all("img")]
    vector = {path.read_bytes() for path in tree.root.rglob("*.svg")}
    raster = {path.read_bytes() for path in tree.root.rglob("*.png")}
    assert len(vector) == 14 and len(raster) == 4
    assert sorted(embedded) == sorted(vector | raster)
    assert all(img["alt"] for img in page.all("img"))


def test_every_figure_of_the_page_has_a_caption():
    shown = [names for stage, names in layout.FIGURES.items() if stage != "sweep"]
    assert set(chain(*shown)) == set(CAPTIONS)


def test_every_listed_file_is_an_output():
    for stage, contents in CONTENTS.items():
        outputs = [path.as_posix() for path in layout.files(stage, "")]
        for name in contents:
            assert any(f"{path}/".startswith(f"{name}/") for path in outputs), name


def test_the_page_shows_the_summary(tree):
    text = made(tree).text
    assert (
        "On 1,234 test loci of chromosomes VIII and IX, small reaches a median AUROC of 0.919 "
        "and a mean AUPR of 0.343 over 2 of 3 targets." in text
    )
    assert text.count("0.343") == 5  # finding, tile, all targets, subset, comparison
    assert "1 target without a positive test locus" in text and "NA (index 2)" in text
    parameters = sum(p.numel() for p in load_model(tree.root / "small/model").network.parameters())
    assert f"{parameters:,}" in text
    assert "3 of at most 7" in text  # epochs
    assert "REB1 TF K562 MA9.1 REB1 1,000 81 % 0.937 0.612 0.8" in text
    assert "2 motifs of 1 target REB1: MA9.1 REB1, MA8.2 REB1" in text
    assert "0.200" in text and "0.820" in text  # validation
    assert "resolution 8 bp, receptive field 39 bp" in text
    assert "55.5 %" in text.replace("\N{NO-BREAK SPACE}", " ")


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
    before_the_configuration = page.text.split("Save the configuration")[0]
    assert not re.search(r"\b(nan|none|null|inf)\b", before_the_configuration, re.IGNORECASE)
    assert "NA TF HepG2 — 0 0 % — — —" in page.text.replace("\N{NO-BREAK SPACE}", " ")
    empty = [td for td in page.all("td") if td.get("data-value") == ""]
    assert len(empty) == 3  # so that sorting puts them last


def test_several_models_side_by_side(tree):
    tree.add_model("large", mean_auprc=0.41)
    page = made(tree, "small", "large")
    assert "large, the best of 2 models, reaches" in page.text
    assert "mean AUPR of 0.410" in page.text
    assert "AUROC, small AUPR, small AUROC, large AUPR, large" in page.text
    assert len(page.all("img")) == 6 + 2 * (5 + 2 + 1 + 3 + 1)
    source = tree.page.read_text()
    assert source.count("<strong>0.410</strong>") == 2 and "<strong>0.343</strong>" not in source


def test_the_comparison_shows_differences_with_uncertainty(tree):
    page = made(tree)
    assert "GC content 2 1 −0.020 +0.115 +0.010 to +0.219 0.032" in page.text
    assert "DeepSEA (published) 2 1 −0.020 +0.115 — —" in page.text
    assert "95 % intervals of AUROC (block bootstrap) and AUPR (block bootstrap)" in page.text
    assert "The target table names no published results." in page.text


def test_agreement_with_planted_motifs_is_prominent(tree):
    assert "planted" not in made(tree).text
    tree.add_model("sure", mean_auprc=0.2, truth=0.95449)
    text = made(tree, "sure").text
    assert "Grad-CAM planted AUROC 31 0.919 0.900 to —" in text
    assert (
        "Grad-CAM detects the planted motifs with a mean per-base AUROC of 0.954 "
        "(position-matched control: 0.812)." in text
    )
    assert "Grad-CAM detects planted motifs with an AUROC of 0.954" in text


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
    table = tree.root / "other/evaluation/targets.tsv"
    table.write_text(table.read_text().replace("REB1", "ABF1"))
    with pytest.raises(InputError, match="not those of small"):
        made(tree, "small", "other")


def test_an_undefined_average_is_a_dash(tree):
    path = tree.root / "small/evaluation/summary.json"
    summary = json.loads(path.read_text())
    summary["all"]["auprc"] = dict.fromkeys(summary["all"]["auprc"])
    path.write_text(json.dumps(summary))
    assert "a mean AUPR of — over" in made(tree).text


def test_results_of_other_versions_are_listed(tree):
    assert "computed with the same versions" in made(tree).text
    path = tree.root / "small/explain/summary.json"
    summary = json.loads(path.read_text())
    path.write_text(json.dumps(summary | {"versions": {"torch": "1.0", "python": "3.2"}}))
    text = made(tree).text
    assert "small was explained with torch 1.0 and python 3.2." in text
    assert "computed with the same versions" not in text


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
