"""Findings and legibility of the figures."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from figure_checks import LONG_NAME, assert_legible, assert_whole, logos, saved_by
from matplotlib.legend import Legend
from synthetic import synthetic_attributions

from noncoding.attribution.checks.figure import draw_faithfulness, faithfulness_finding
from noncoding.attribution.checks.table import MATCHED
from noncoding.attribution.figures import (
    draw_sequence,
    draw_summary,
    sequence_finding,
    summary_finding,
)
from noncoding.attribution.methods import METHODS
from noncoding.attribution.receptive_field import Grid, Resolution


def peaked(at, length=400):
    """A map with a peak."""
    heights = np.zeros((2, length), np.float32)
    heights[:, at : at + 8] = 1
    return heights


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({}, "no motif is known"),
        ({"motif": "M"}, "this sequence has no match of M"),
        ({"motif": "M", "hits": [[(98, 110)], []]}, "1 of 2 methods have their strongest 40 bp"),
        ({"sites": [[(98, 110), (296, 312)], []]}, "2 of 2 methods have their strongest 40 bp on"),
    ],
)
def test_finding_of_a_sequence(changes, finding):
    target = synthetic_attributions(
        length=400, maps={"hirescam": peaked(100), "gradient": peaked(300)}, **changes
    )
    title, details = sequence_finding(target, 0)
    assert title.startswith("Reb1: ")
    assert finding in (details if "known" in finding else title)


def test_finding_of_a_summary():
    target = synthetic_attributions(length=400, bin=20, maps={"gradcam": peaked(192)})
    assert summary_finding(target)[0] == "Reb1: 100% of Grad-CAM is within the 20-bp bin"
    nowhere = synthetic_attributions(length=400, bin=20, maps={"gradcam": 0 * peaked(192)})
    assert summary_finding(nowhere)[0] == "Reb1: Grad-CAM is nowhere positive"
    there = synthetic_attributions(
        length=400, maps={"gradcam": peaked(100)}, sites=[[(100, 108)], []]
    )
    title, details = summary_finding(there)
    assert title == "Reb1: Grad-CAM finds the planted motifs"
    assert "per-base AUROC 1.00" in details
    elsewhere = synthetic_attributions(
        length=400, maps={"gradcam": peaked(100)}, sites=[[(200, 208)], []]
    )
    assert "often misses" in summary_finding(elsewhere)[0]


def awkward(methods, **changes):
    """A long name, a long motif, small values and a large receptive field."""
    generator = np.random.default_rng(0)
    target = synthetic_attributions()
    maps = {name: 1e-5 * generator.normal(size=(2, 40)) for name in methods}
    loci = target.sequences.table.assign(chromosome="chr14_GL000009v2_random")
    return synthetic_attributions(
        name=LONG_NAME,
        maps=maps,
        motif="MA1234.1 VERYLONGNAME::OTHERNAME(var.2)",
        sequences=target.sequences._replace(table=loci),
        resolution=Resolution(Grid(10, -3, 4, 10), 39),
        **changes,
    )


@pytest.mark.parametrize(
    "target",
    [
        synthetic_attributions(motif="M", hits=[[(3, 12)], []], sites=[[(3, 12)], []]),
        synthetic_attributions(resolution=None, maps={"gradient": peaked(10, 40)}),
        awkward(["hirescam"]),
        awkward(list(METHODS), hits=[[(3, 12), (30, 40)], []], sites=[[(0, 9)], []]),
    ],
    ids=["plain", "bases", "one layer method", "all methods"],
)
def test_figures_are_legible(tmp_path, target):
    one, both = (
        [tmp_path / f"{name}.{kind}" for kind in ("svg", "png")] for name in ("one", "mean")
    )
    [sequence] = saved_by(draw_sequence, target, 0, *one)
    [mean] = saved_by(draw_summary, target, *both)
    assert_legible(sequence)
    assert_legible(mean)
    titles = {METHODS[method].title for method in target.maps}
    assert titles <= {axes.get_title("left") for axes in sequence.axes}
    assert " ".join(sequence.get_suptitle().split()).startswith(f"{target.name}: ")
    assert [axes.get_title("left") for axes in mean.axes] == [
        f"{METHODS[method].title}, mean of 2" for method in target.maps
    ]
    assert all(path.exists() for path in (*one, *both))


def test_letters_of_the_logo_are_not_clipped(tmp_path):
    target = awkward(list(METHODS))
    [figure] = saved_by(draw_sequence, target, 0, tmp_path / "one.png")
    [logo] = logos(figure)
    assert_whole(logo)
    assert logo.get_xlim() == (-0.5, 40.5)
    # All 40 bases are shown, with ticks below the centres of letters.
    labels = [text.get_text() for text in logo.get_xticklabels()]
    ticks = dict(zip(labels, logo.get_xticks(), strict=True))
    assert ticks["−20"] == 0.5 and ticks["10"] == 30.5


def checks(values):
    rows = [
        {"method": method, "check": "deletion, beyond random", "value": value}
        for method, value in values.items()
    ]
    return pd.DataFrame(rows).assign(index=None, target="all", sequences=3, low=0.1, high=0.9)


def test_finding_of_the_checks():
    table = checks({"gradcam": 0.2, "hirescam": 0.7})
    title, details = faithfulness_finding(table)
    assert title == "Shuffling the top-ranked bases of HiResCAM reduces the logit most"
    assert details.startswith("by 70% more") and details.endswith("Grad-CAM (20%)")
    assert "could not be evaluated" in faithfulness_finding(table[table["method"] == "none"])[0]
    # One method is not compared with itself, and a loss is no gain.
    assert faithfulness_finding(table[:1])[0].endswith("reduces the logit beyond random")
    assert "No method" in faithfulness_finding(checks({"gradcam": -0.1, "hirescam": 0}))[0]


@pytest.mark.parametrize("methods", [["gradcam"], list(METHODS)])
def test_the_figure_of_all_checks_is_legible(tmp_path, methods):
    shown = [
        "planted AUROC",
        "planted AUPR",
        "known motif, enrichment",
        "rank correlation with mutagenesis",
        "deletion, beyond random",
        "insertion, beyond random",
    ]
    parts = ["head", "sequence.layers.1", *(f"resnet.blocks.{number}" for number in range(6))]
    named = [*shown, *(f"{check}{MATCHED}" for check in shown if "motif" not in check)]
    named += [f"rank correlation after randomising {part}" for part in parts]
    table = pd.concat([checks(dict.fromkeys(methods, 0.5)).assign(check=name) for name in named])
    orders = [*methods, *(f"{method}{MATCHED}" for method in methods), "random"]
    rows = product(orders, ("deletion", "insertion"), (0, 0.1, 0.2))
    curves = pd.DataFrame(rows, columns=["order", "kind", "share"]).assign(index=1, worth=0.5)
    [figure] = saved_by(draw_faithfulness, table, curves, tmp_path / "checks.svg")
    assert_legible(figure)
    assert figure.get_suptitle() == faithfulness_finding(table)[0]
    [legend] = figure.findobj(Legend)
    titles = [METHODS[method].title for method in methods]
    assert [text.get_text() for text in legend.get_texts()] == [*titles, "Random order"]


@pytest.mark.parametrize(
    "defined", [[], ["deletion, beyond random"], ["planted AUROC", "deletion, beyond random"]]
)
@pytest.mark.parametrize("undefined", [np.nan, np.inf])
def test_checks_without_values_have_no_panel(tmp_path, defined, undefined):
    names = ["planted AUROC", "known motif, enrichment", "deletion, beyond random"]
    table = pd.concat(
        [
            checks({"gradcam": 0.5 if name in defined else undefined}).assign(check=name)
            for name in names
        ]
    )
    curves = pd.DataFrame({"order": ["gradcam"] * 4, "kind": ["deletion", "insertion"] * 2})
    curves = curves.assign(share=[0, 0, 0.2, 0.2], index=1, worth=0.5)
    [figure] = saved_by(draw_faithfulness, table, curves, tmp_path / "checks.svg")
    assert_legible(figure)
    # Below them are deletion, insertion and randomisation.
    assert len(figure.axes) == len(defined) + 3
