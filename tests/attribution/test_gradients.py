"""Methods for bases, on networks with a closed form."""

import numpy as np
import pytest
import torch
from linear import Linear, Rectified, on_both_strands, sequences, weights
from toy_store import BEST, DANQ, DEEPSEA, LENGTH, toy_sizes

from noncoding.attribution.gradients import (
    corrected_gradient,
    deeplift_shap,
    integrated_gradients,
    shuffled,
)
from noncoding.attribution.in_silico_mutagenesis import base_effects
from noncoding.attribution.methods import METHODS, BaseMethod, attribute
from noncoding.attribution.strands import logits
from noncoding.models.architectures import create_model

WITH_REFERENCES = (integrated_gradients, deeplift_shap)


@pytest.fixture
def linear():
    return Linear(weights(30)).eval()


def test_the_corrected_gradient_is_the_weights_less_their_mean(linear):
    expected = on_both_strands(weights(30))
    expected = expected - expected.mean(axis=0)
    given = sequences(3, 30)
    np.testing.assert_allclose(
        corrected_gradient(linear, given, 0), np.broadcast_to(expected, given.shape), atol=1e-6
    )
    np.testing.assert_allclose(
        corrected_gradient(linear, given, 1), np.broadcast_to(-expected, given.shape), atol=1e-6
    )


def test_mutagenesis_is_the_weights_less_the_mean_of_the_others(linear):
    expected = on_both_strands(weights(30))
    expected = expected - (expected.sum(axis=0) - expected) / 3
    found = base_effects(linear, sequences(2, 30), 0)
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), atol=1e-5)
    part = base_effects(linear, sequences(2, 30), 0, 5, 9)
    np.testing.assert_allclose(part, found[:, :, 5:9], atol=1e-6)


def test_mutagenesis_substitutes_one_base_at_a_time():
    network = Rectified(20).eval()
    given = sequences(1, 20)
    found = base_effects(network, given, 0)[0]
    for position in (0, 7, 19):
        changed = np.repeat(given, 4, axis=0)
        changed[:, :, position] = np.eye(4, dtype=np.uint8)
        heights = logits(network, changed, 0)
        lost = [heights[base] - np.delete(heights, base).mean() for base in range(4)]
        np.testing.assert_allclose(found[:, position], lost, atol=1e-5)


@pytest.mark.parametrize("method", WITH_REFERENCES)
def test_contributions_are_the_weights_less_those_of_the_references(method, linear):
    given = sequences(2, 30)
    of_strands = on_both_strands(weights(30))
    references = shuffled(given).numpy()
    # The weight of a base less that of the base of the reference.
    without = (references * of_strands).sum(axis=2, keepdims=True)
    expected = (of_strands - without).mean(axis=1)
    np.testing.assert_allclose(method(linear, given, 0), expected, atol=1e-5)


@pytest.mark.parametrize(("method", "tolerance"), zip(WITH_REFERENCES, (0.03, 1e-4), strict=True))
def test_contributions_sum_to_the_logit(method, tolerance):
    network = Rectified(40).eval()
    given = sequences(3, 40)
    references = shuffled(given).numpy()
    without = logits(network, references.reshape(-1, 4, 40), 0).reshape(3, -1).mean(axis=1)
    worth = logits(network, given, 0) - without
    found = (method(network, given, 0) * given).sum(axis=(1, 2))
    np.testing.assert_allclose(found, worth, atol=tolerance)


def dinucleotides(one_hot):
    bases = one_hot.argmax(axis=0)
    return np.bincount(4 * bases[:-1] + bases[1:], minlength=16)


def test_references_have_the_dinucleotides_of_their_sequence():
    given = sequences(3, 200)
    references = shuffled(given, 4).numpy()
    assert references.shape == (3, 4, 4, 200)
    for sequence, own in zip(given, references, strict=True):
        for reference in own:
            np.testing.assert_array_equal(dinucleotides(sequence), dinucleotides(reference))
            assert (reference != sequence).any()
    np.testing.assert_array_equal(references, shuffled(given, 4).numpy())


@pytest.mark.parametrize("name", METHODS)
def test_unknown_bases_contribute_nothing(name):
    torch.manual_seed(0)
    network = create_model(length=LENGTH, targets=3, **toy_sizes()).eval()
    given = sequences(2, LENGTH)
    given[0, :, 3:9] = 0
    layer = dict(network.named_modules())[network.gradcam_layer]
    found = attribute([name], network, layer, given, 1)[name]
    assert np.isfinite(found).all()
    if isinstance(METHODS[name], BaseMethod):
        assert (found[0, 3:9] == 0).all()
    assert not any(module.training for module in network.modules())


@pytest.mark.parametrize("name", ["gradcam", "hirescam", "gradient", "mutagenesis"])
def test_the_map_of_the_reverse_complement_is_mirrored(name):
    torch.manual_seed(0)
    network = create_model(length=LENGTH, targets=3, **toy_sizes()).eval()
    layer = dict(network.named_modules())[network.gradcam_layer]
    given = sequences(2, LENGTH)
    back = np.ascontiguousarray(given[:, ::-1, ::-1])
    one, other = (attribute([name], network, layer, x, 0)[name] for x in (given, back))
    np.testing.assert_allclose(one, other[:, ::-1], atol=1e-5)


ADDITIVE = {
    "deepsea": DEEPSEA,
    "danq": DANQ,
    "flatten": toy_sizes("flatten", "none"),
    "attention": toy_sizes("attention", "none"),
    **{kind: toy_sizes(kind=kind) for kind in ("lstm", "bert", "rotary", "transformer_xl")},
    "best": BEST,
    "both strands": toy_sizes("flatten", "none"),
}
ADDITIVE["both strands"]["resnet"] |= {"stem_both_strands": True, "stem_activation": "exponential"}
ADDITIVE["both strands"]["head"] |= {"weight_norm": True}


@pytest.mark.parametrize("architecture", ADDITIVE)
def test_deeplift_is_complete_for_every_architecture(architecture):
    torch.manual_seed(0)
    network = create_model(length=LENGTH, targets=2, **ADDITIVE[architecture]).eval()
    for name, parameter in network.named_parameters():
        # Initial biases of zero would hide errors.
        if parameter.ndim == 1 and "norm" not in name:
            parameter.data.normal_(0, 0.3)
        parameter.data.mul_(2)
    given = sequences(3, LENGTH)
    references = shuffled(given).numpy()
    without = logits(network, references.reshape(-1, 4, LENGTH), 0).reshape(3, -1).mean(axis=1)
    worth = logits(network, given, 0) - without
    found = (deeplift_shap(network, given, 0) * given).sum(axis=(1, 2))
    assert np.abs(worth).max() > 0.005
    np.testing.assert_allclose(found, worth, atol=1e-3 * np.abs(worth).max())
