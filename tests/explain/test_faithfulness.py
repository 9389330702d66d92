"""Checks of maps, on maps and networks whose answer is known."""

import numpy as np
import pytest
import torch
from linear import Linear, Rectified, sequences, weights
from made_up import LENGTH, made_up
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score
from toy_store import toy_sizes

from noncoding.explain import faithfulness
from noncoding.explain.faithfulness import faithfulness_table
from noncoding.explain.grid import Grid
from noncoding.explain.methods import attribute
from noncoding.explain.perturb import perturbation_curves
from noncoding.explain.randomise import parts
from noncoding.explain.resolution import Resolution
from noncoding.models import create_model


def maps(**given):
    """Maps of positions of 4 bp."""
    return {name: np.array(rows, np.float32).repeat(4, axis=1) for name, rows in given.items()}


def by_check(rows):
    return faithfulness_table(list(rows)).set_index(["method", "check", "target"])


def planted(gradcam, hirescam, sites, name="A"):
    target = made_up(
        name=name, length=8, maps=maps(gradcam=gradcam, hirescam=hirescam), sites=sites
    )
    return faithfulness.planted_checks(target)


def test_maps_that_point_there_and_elsewhere():
    # Two positions of 4 bp each; planted: the first half, then the second two bases.
    of = by_check(planted([[1, 0], [1, 0]], [[0, 1], [1, 0]], [[(0, 4)], [(0, 2)]]))["value"]
    # Half of the marked bases are planted in the second sequence: 2 of 2, against 4 of 6 unmarked.
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


def test_without_a_truth_or_a_known_motif_there_is_no_row():
    assert not list(planted([[1, 0]], [[1, 0]], [[]]))
    assert not list(faithfulness.motif_checks(made_up()))


def test_enrichment_is_the_ratio_of_the_shares():
    length = 400
    heights = np.zeros((4, length))
    heights[:, 100:110] = 1
    hits = [[(95, 110)], [(95, 110)], [(300, 310)], []]
    target = made_up(length=length, maps={"gradient": heights}, hits=hits, motif="M")
    table = by_check(faithfulness.motif_checks(target, ", all loci"))["value"]
    top = table["gradient", "known motif in strongest window, all loci", "Reb1"]
    random = table["gradient", "known motif in random window, all loci", "Reb1"]
    assert top == 0.5
    # A match in the midst lies in 40 of the 361 windows of 40 bp.
    assert random == pytest.approx(3 * 40 / 361 / 4)
    ratio = table["gradient", "known motif, enrichment, all loci", "Reb1"]
    assert ratio == pytest.approx(top / random)


def test_agreement_is_measured_over_the_layers_positions():
    target = made_up()
    effects = np.random.default_rng(3).normal(size=(2, LENGTH)).astype(np.float32)
    target = made_up(maps=target.maps | {"mutagenesis": effects})
    table = by_check(faithfulness.agreement_checks(target, 2))["value"]
    summed = effects.reshape(2, 10, 4).sum(axis=2)
    expected = [
        spearmanr(one, other).statistic
        for one, other in zip(target.maps["gradcam"][:, ::4], summed, strict=True)
    ]
    found = table["gradcam", "rank correlation with mutagenesis", "Reb1"]
    assert found == pytest.approx(np.mean(expected))
    assert ("mutagenesis", "rank correlation with mutagenesis", "Reb1") not in table
    assert not list(faithfulness.agreement_checks(made_up(), 2))


def test_contributions_of_a_linear_network_are_complete():
    network = Linear(weights(LENGTH)).eval()
    target = made_up()
    methods = ["integrated_gradients", "deeplift_shap"]
    own = attribute(methods, network, None, target.sequences.one_hot, 0)
    target = made_up(index=0, maps=own | {"gradient": target.maps["gradient"]})
    table = by_check(faithfulness.completeness_checks(target, network, 2))["value"]
    for method in methods:
        assert table[method, "completeness", "Reb1"] == pytest.approx(1, abs=1e-4)
    assert ("gradient", "completeness", "Reb1") not in table


def test_half_of_the_contributions_are_half_complete():
    network = Rectified(LENGTH).eval()
    given = made_up().sequences.one_hot
    own = attribute(["deeplift_shap"], network, None, given, 0)
    target = made_up(index=0, maps={"deeplift_shap": own["deeplift_shap"] / 2})
    table = by_check(faithfulness.completeness_checks(target, network, 2))["value"]
    assert table["deeplift_shap", "completeness", "Reb1"] == pytest.approx(0.5, abs=1e-3)


def test_maps_change_with_the_weights_and_costly_methods_are_asked_twice():
    torch.manual_seed(0)
    network = create_model(length=LENGTH, targets=3, **toy_sizes()).eval()
    layer = network.gradcam_layer
    given = made_up(index=1)
    methods = ["hirescam", "mutagenesis"]
    own = attribute(
        methods, network, network.get_submodule(layer), given.sequences.one_hot, given.index
    )
    target = made_up(index=1, maps=own, resolution=Resolution(Grid(5, -6, 8, 20), 20))
    rows = list(faithfulness.randomisation_checks(target, network, layer, 2))
    every = parts(network)
    of_layer = [row for row in rows if row["method"] == "hirescam"]
    assert [row["check"].split()[-1] for row in of_layer] == every
    assert {row["sequences"] for row in of_layer} == {2}
    costly = [row for row in rows if row["method"] == "mutagenesis"]
    assert [row["check"].split()[-1] for row in costly] == [every[0], every[-1]]
    assert {row["sequences"] for row in costly} == {1}
    assert abs(of_layer[-1]["value"]) < 0.9


def test_curves_that_fall_faster_than_chance_gain():
    wanted = weights(LENGTH)
    network = Linear(wanted).eval()
    given = sequences(2, LENGTH)
    own = attribute(["gradient"], network, None, given, 0)["gradient"]
    target = made_up(index=0, maps={"gradient": own})
    found = perturbation_curves(network, given, {"gradient": own}, 0)
    table = by_check(faithfulness.perturbation_checks(target, found))["value"]
    lost, _ = found.gains("gradient")
    assert table["gradient", "deletion, beyond random", "Reb1"] == pytest.approx(lost.mean())
