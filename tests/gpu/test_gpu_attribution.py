"""Attributions on a GPU are those of the CPU."""

import numpy as np
import pytest
from gpu import ARCHITECTURES, DEVICE, LENGTH, random_network
from linear import sequences

from noncoding.attribution.first_layer import first_layer, strongest_filter
from noncoding.attribution.gradcam import named_layer
from noncoding.attribution.methods import METHODS, attribute
from noncoding.attribution.receptive_field import layer_resolution
from noncoding.attribution.strands import logits

pytestmark = pytest.mark.gpu

TOLERANCES = dict.fromkeys(METHODS, 1e-4) | {"mutagenesis": 1e-3, "deeplift_shap": np.inf}
"""In fp32, as a share of the largest value of the maps. Mutagenesis takes differences of similar
logits. DeepLIFT divides differences of activations, which is unstable where a sequence and its
reference have nearly the same one: single values differ, and maps are compared as a whole."""
CORRELATION = 0.99
"""Minimum correlation of maps."""
GIVEN = sequences(2, LENGTH)
TARGET = 1


def on_both(compute, architecture):
    """Results of a function of a network and its layer for Grad-CAM, of the device and the CPU."""
    results = []
    for device in (DEVICE, "cpu"):
        network = random_network(architecture).to(device)
        results.append(compute(network, named_layer(network, network.gradcam_layer)))
    return results


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_attributions_are_those_of_the_cpu(architecture, method, full_precision):
    def maps(network, layer):
        # Grad-CAM shows no contribution below zero, and may therefore be zero for a target.
        targets = [
            attribute([method], network, layer, GIVEN, target)[method] for target in (0, TARGET)
        ]
        return np.stack(targets)

    given, expected = on_both(maps, architecture)
    largest = np.abs(expected).max()
    assert given.shape == (2, 2, LENGTH)
    assert largest > 0
    np.testing.assert_allclose(given, expected, rtol=0, atol=TOLERANCES[method] * largest)
    assert np.corrcoef(given.ravel(), expected.ravel())[0, 1] > CORRELATION


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_resolution_of_the_layer_is_that_of_the_cpu(architecture, full_precision):
    given, expected = on_both(
        lambda network, layer: layer_resolution(network, layer, GIVEN), architecture
    )
    assert given == expected


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_strongest_filter_is_that_of_the_cpu(architecture, full_precision):
    given, expected = on_both(
        lambda network, _: strongest_filter(network, first_layer(network), GIVEN, TARGET),
        architecture,
    )
    assert given.name == expected.name
    np.testing.assert_allclose(given.contributions, expected.contributions, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_logits_are_those_of_the_cpu(architecture, full_precision):
    given, expected = on_both(lambda network, _: logits(network, GIVEN, TARGET), architecture)
    np.testing.assert_allclose(given, expected, rtol=1e-4, atol=1e-5)
