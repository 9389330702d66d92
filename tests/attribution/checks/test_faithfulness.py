"""Checks of maps and networks with known results."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from linear import Linear, Rectified, weights
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score
from synthetic import LENGTH, synthetic_attributions
from toy_store import toy_sizes

from noncoding.attribution.checks import faithfulness
from noncoding.attribution.checks.deletion_insertion import perturbation_curves
from noncoding.attribution.checks.model_randomisation import parts
from noncoding.attribution.checks.table import MATCHED, faithfulness_table
from noncoding.attribution.methods import attribute
from noncoding.attribution.receptive_field import Grid, Resolution
from noncoding.models.architectures import create_model


def maps(**given):
    """Maps of a layer with a step of 4 bp."""
    return {name: np.array(rows, np.float32).repeat(4, axis=1) for name, rows in given.items()}


def by_check(rows):
    return faithfulness_table(list(rows)).set_index(["method", "check", "target"])


def planted(gradcam, hirescam, sites, name="A"):
    target = synthetic_attributions(
        name=name, length=8, maps=maps(gradcam=gradcam, hirescam=hirescam), sites=sites
    )
    return faithfulness.planted_checks(target)


def test_agreement_with_planted_motifs():
    # Two positions of 4 bp; planted are four bases of the first and two of the second sequence.
    of = by_check(planted([[1, 0], [1, 0]], [[0, 1], [1, 0]], [[(0, 4)], [(0, 2)]]))["value"]
    second = (1 + 4 / 6 - 2 / 6) / 2 + 1 / 6
    assert of["gradcam", "planted AUROC", "A"] == pytest.approx((1 + second) / 2)
    assert of["hirescam", "planted AUROC", "A"] == pytest.approx((0 + second) / 2)
    precision = average_precision_score([1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0])
    assert of["gradcam", "planted AUPR", "A"] == pytest.approx((1 + precision) / 2)
    assert of["gradcam", "planted AUPR", "all"] == of["gradcam", "planted AUPR", "A"]
    assert of["gradcam", "peak to planted motif, bp", "A"] == pytest.approx(0.5)


def test_means_are_over_targets():
    sites = [[(0, 4)]] * 3
    rows = [
        *planted([[1, 0]] * 3, [[1, 0]] * 3, sites),
        *planted([[0, 1]] * 3, [[1, 0]] * 3, sites, name="B"),
    ]
    table = by_check(rows)
    row = table.loc[("gradcam", "planted AUROC", "all")]
    assert (row["value"], row["low"], row["high"], row["sequences"]) == (0.5, 0, 1, 6)
    assert table.loc[("hirescam", "planted AUROC", "B"), "low"] == 1


def test_there_are_no_rows_without_planted_or_known_motifs():
    assert not list(planted([[1, 0]], [[1, 0]], [[]]))
    assert not list(faithfulness.motif_checks(synthetic_attributions()))


def enriched(peaks, sites, motif="M", **changes):
    """Checks of sequences of 400 bp, each with one peak and one match."""
    heights = np.zeros((len(peaks), 400))
    for row, peak in enumerate(peaks):
        heights[row, peak - 5 : peak + 5] = 1
    hits = [[(site - 5, site + 5)] for site in sites]
    target = synthetic_attributions(
        length=400, maps={"gradient": heights}, hits=hits, motif=motif, **changes
    )
    return target, list(faithfulness.motif_checks(target, ", all loci"))


def test_enrichment_is_relative_to_position_matched_windows():
    _, rows = enriched([100, 100, 300, 300], [100, 300, 300, 300])
    table = by_check(rows)
    shares = {
        "known motif in strongest window": 3 / 4,
        # Of twelve pairs: 0 and 1 for the first two windows, 2 for each of the last two.
        "known motif in position-matched window": 5 / 12,
        "known motif, enrichment": 9 / 5,
    }
    for check, value in shares.items():
        assert table["value"]["gradient", f"{check}, all loci", "Reb1"] == pytest.approx(value)
        assert table["value"]["gradient", f"{check}, all loci", "all"] == pytest.approx(value)


def test_a_constant_map_has_an_enrichment_of_one():
    sites = np.random.default_rng(0).integers(150, 250, 30)
    target, rows = enriched([200] * 30, sites)
    row = by_check(rows).loc[("gradient", "known motif, enrichment, all loci", "Reb1")]
    assert row["value"] == pytest.approx(1)
    assert row["low"] <= 1 <= row["high"]
    assert row["high"] - row["low"] < 0.2
    assert faithfulness.undefined_enrichment(target, rows) == []


@pytest.mark.parametrize("sure", [0.7, 0.0])
def test_coverage_of_the_intervals_of_the_enrichment(sure):
    """Maps that peak at the site with a given probability, and otherwise at random."""
    generator = np.random.default_rng(1)
    count, runs = 20, 100

    def drawn(number):
        sites = generator.integers(100, 300, number)
        follow = generator.random(number) < sure
        return np.where(follow, sites, generator.integers(100, 300, number)), sites

    near = np.mean([-20 <= j - i < 20 for i in range(200) for j in range(200)])
    truth = (sure + (1 - sure) * near) / near
    covered = 0
    for _ in range(runs):
        _, rows = enriched(*drawn(count))
        last = rows[-1]
        assert last.check.startswith("known motif, enrichment")
        covered += last.low <= truth <= last.high
    assert covered >= 0.88 * runs


def test_the_mean_enrichment_is_the_ratio_of_the_mean_shares():
    _, often = enriched([100, 100, 300, 300], [100, 300, 300, 300])
    _, never = enriched([100, 100], [300, 200], name="B", index=8)
    table = by_check([*often, *never])["value"]
    of = "gradient", "known motif, enrichment, all loci"
    assert np.isnan(table[*of, "B"])
    assert table[*of, "all"] == pytest.approx((3 / 4 + 0) / (5 / 12 + 0))


@pytest.mark.parametrize(
    ("peaks", "sites", "reason"),
    [
        ([100], [100], "found 1 sequence"),
        ([100, 300], [100, 300], r"same positions of other sequences \(Gradient × input\)"),
    ],
)
def test_an_undefined_enrichment_is_explained(peaks, sites, reason):
    target, rows = enriched(peaks, sites)
    by = {row.check.split(", all")[0]: row for row in rows}
    assert by["known motif in strongest window"].value == 1
    assert np.isnan(by["known motif, enrichment"].value)
    [problem] = faithfulness.undefined_enrichment(target, rows)
    assert re.match(f"Reb1: enrichment of M is not defined: .*{reason}", problem)


def test_targets_with_the_same_name_have_separate_rows():
    _, one = enriched([100, 100, 300, 300], [100, 300, 300, 300])
    _, other = enriched([200] * 4, [200] * 4, index=8)
    table = faithfulness_table([*one, *other])
    values = table[table["check"] == "known motif, enrichment, all loci"]
    assert values["index"].tolist() == [7, 8, pd.NA]
    assert values["value"].tolist() == pytest.approx([9 / 5, 1, (7 / 4) / (17 / 12)])


def bell_of(count):
    """The same map for all sequences, without ties."""
    return np.tile(np.exp(-0.5 * ((np.arange(LENGTH) - 19.4) / 5) ** 2), (count, 1))


def test_controls_of_a_constant_map_equal_its_checks():
    given = synthetic_attributions(index=0)
    generator = np.random.default_rng(0)
    sites = [[(start, start + 4)] for start in generator.integers(14, 22, 2)]
    effects = generator.normal(size=(2, LENGTH))
    own = {"gradient": bell_of(2), "mutagenesis": effects}
    target = synthetic_attributions(index=0, sites=sites, maps=own)
    network = Linear(weights(LENGTH)).eval()
    curves = perturbation_curves(network, given.sequences.one_hot, own, 0)
    rows = [
        *faithfulness.planted_checks(target),
        *faithfulness.agreement_checks(target),
        *faithfulness.perturbation_checks(target, curves),
    ]
    of = by_check(rows)["value"]["gradient", :, "Reb1"]
    checks = {check.removesuffix(MATCHED) for check in of.index if check.endswith(MATCHED)}
    assert checks == {
        "planted AUROC",
        "planted AUPR",
        "rank correlation with mutagenesis",
        "deletion, beyond random",
        "insertion, beyond random",
    }
    assert of["planted AUROC"] > 0.8
    for check in checks:
        assert of[f"{check}{MATCHED}"] == pytest.approx(of[check])


def test_agreement_is_over_the_positions_of_the_layer():
    target = synthetic_attributions()
    effects = np.random.default_rng(3).normal(size=(2, LENGTH)).astype(np.float32)
    target = synthetic_attributions(maps=target.maps | {"mutagenesis": effects})
    table = by_check(faithfulness.agreement_checks(target))["value"]
    summed = effects.reshape(2, 10, 4).sum(axis=2)
    expected = [
        spearmanr(one, other).statistic
        for one, other in zip(target.maps["gradcam"][:, ::4], summed, strict=True)
    ]
    found = table["gradcam", "rank correlation with mutagenesis", "Reb1"]
    assert found == pytest.approx(np.mean(expected))
    assert ("mutagenesis", "rank correlation with mutagenesis", "Reb1") not in table
    assert not list(faithfulness.agreement_checks(synthetic_attributions()))


def test_contributions_of_a_linear_network_are_complete():
    network = Linear(weights(LENGTH)).eval()
    target = synthetic_attributions()
    methods = ["integrated_gradients", "deeplift_shap"]
    own = attribute(methods, network, None, target.sequences.one_hot, 0)
    target = synthetic_attributions(index=0, maps=own | {"gradient": target.maps["gradient"]})
    table = by_check(faithfulness.completeness_checks(target, network))["value"]
    for method in methods:
        assert table[method, "completeness", "Reb1"] == pytest.approx(1, abs=1e-4)
    assert ("gradient", "completeness", "Reb1") not in table


def test_half_of_the_contributions_are_half_complete():
    network = Rectified(LENGTH).eval()
    given = synthetic_attributions().sequences.one_hot
    own = attribute(["deeplift_shap"], network, None, given, 0)
    target = synthetic_attributions(index=0, maps={"deeplift_shap": own["deeplift_shap"] / 2})
    table = by_check(faithfulness.completeness_checks(target, network))["value"]
    assert table["deeplift_shap", "completeness", "Reb1"] == pytest.approx(0.5, abs=1e-3)


def test_maps_change_with_the_weights():
    torch.manual_seed(0)
    network = create_model(length=LENGTH, targets=3, **toy_sizes()).eval()
    layer = network.gradcam_layer
    given = synthetic_attributions(index=1)
    methods = ["hirescam", "mutagenesis"]
    own = attribute(
        methods, network, network.get_submodule(layer), given.sequences.one_hot, given.index
    )
    target = synthetic_attributions(
        index=1, maps=own, resolution=Resolution(Grid(5, -6, 8, 20), 20)
    )
    rows = list(faithfulness.randomisation_checks(target, network, layer))
    every = parts(network)
    of_layer = [row for row in rows if row.method == "hirescam"]
    assert [row.check.split()[-1] for row in of_layer] == every
    assert {row.sequences for row in of_layer} == {2}
    slow = [row for row in rows if row.method == "mutagenesis"]
    assert [row.check.split()[-1] for row in slow] == [every[0], every[-1]]
    assert {row.sequences for row in slow} == {1}
    assert abs(of_layer[-1].value) < 0.9
