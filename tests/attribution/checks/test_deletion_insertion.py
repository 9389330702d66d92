"""Deletion and insertion on a network whose logit is a sum over bases."""

import numpy as np
import pytest
from linear import Linear, on_both_strands, sequences

from noncoding.attribution.checks.deletion_insertion import (
    RANDOM,
    SHARES,
    perturbation_curves,
)
from noncoding.attribution.checks.table import MATCHED
from noncoding.attribution.gradients import shuffled

LENGTH = 200


@pytest.fixture
def counting():
    """Number of As in the first tenth, on both strands."""
    weights = np.zeros((4, LENGTH))
    weights[0, :20] = 1
    return Linear(weights).eval(), on_both_strands(weights)


def test_each_step_exchanges_the_strongest_bases(counting):
    network, weights = counting
    given = sequences(2, LENGTH)
    generator = np.random.default_rng(0)
    order = generator.permutation(LENGTH)
    heights = np.empty(LENGTH)
    heights[order] = np.arange(LENGTH)[::-1]
    curves = perturbation_curves(network, given, {"own": np.stack([heights] * 2)}, 0)
    references = shuffled(given, 2).numpy()
    for step, share in enumerate(SHARES):
        taken = order[: round(share * LENGTH)]
        for row in range(2):
            lost, gained = [], []
            for reference in references[row]:
                less, more = given[row].copy(), reference.copy()
                less[:, taken], more[:, taken] = reference[:, taken], given[row][:, taken]
                lost.append((less * weights).sum())
                gained.append((more * weights).sum())
            assert curves.deletion["own"][row, step] == pytest.approx(np.mean(lost), abs=1e-5)
            assert curves.insertion["own"][row, step] == pytest.approx(np.mean(gained), abs=1e-5)


def test_true_contributions_gain_over_chance_and_a_flat_map_does_not(counting):
    network, weights = counting
    given = sequences(30, LENGTH)
    # All bases are counted, so that each deletion is a loss.
    given[:, :, :20], given[:, :, -20:] = np.eye(4)[0][:, None], np.eye(4)[3][:, None]
    right = (given * weights).sum(axis=1)
    flat = np.zeros_like(right)
    curves = perturbation_curves(network, given, {"right": right, "flat": flat}, 0)
    assert curves.gains("right")[0].mean() > 0.3
    assert curves.gains("right")[1].mean() > 0.3
    assert abs(curves.gains("flat")[0].mean()) < 0.1
    orders = {"right", "flat"}
    assert set(curves.deletion) == {*orders, *(f"{name}{MATCHED}" for name in orders), RANDOM}


def test_curves_start_at_the_sequence_and_at_its_shuffles(counting):
    network, _ = counting
    curves = perturbation_curves(network, sequences(3, LENGTH), {}, 0)
    np.testing.assert_allclose(curves.deletion[RANDOM][:, 0], curves.whole, atol=1e-5)
    np.testing.assert_allclose(curves.insertion[RANDOM][:, 0], curves.none, atol=1e-5)


def test_controls_use_the_map_of_the_next_sequence(counting):
    network, _ = counting
    given = sequences(3, LENGTH)
    own = np.random.default_rng(0).random((3, LENGTH))
    curves = perturbation_curves(network, given, {"own": own, "next": own[[1, 2, 0]]}, 0)
    for found in (curves.deletion, curves.insertion):
        np.testing.assert_allclose(found[f"own{MATCHED}"], found["next"], atol=1e-5)
    alone = perturbation_curves(network, given[:1], {"own": own[:1]}, 0)
    assert set(alone.deletion) == {"own", RANDOM}
