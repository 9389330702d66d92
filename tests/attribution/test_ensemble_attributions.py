"""Maps of an ensemble, against the mean of the maps of its members."""

import numpy as np
import pytest
import torch
from linear import sequences
from toy_store import DANQ, DEEPSEA, LENGTH, toy_sizes

from noncoding.attribution.checks.model_randomisation import parts, randomised
from noncoding.attribution.gradcam import layer_names, layer_of
from noncoding.attribution.in_silico_mutagenesis import base_effects_of_targets
from noncoding.attribution.methods import METHODS, applicable_methods, attribute
from noncoding.attribution.receptive_field import layer_resolution
from noncoding.attribution.strands import logits
from noncoding.common.errors import InputError
from noncoding.models.architectures import create_model
from noncoding.models.ensemble import Ensemble

GIVEN = sequences(2, LENGTH)
KINDS = {
    "same": [toy_sizes(), toy_sizes()],
    "different": [toy_sizes(kind="lstm"), DANQ, DEEPSEA],
}


def made(sizes):
    torch.manual_seed(0)
    return [create_model(length=LENGTH, targets=2, **each).eval() for each in sizes]


@pytest.fixture(params=KINDS)
def members(request):
    return made(KINDS[request.param])


@pytest.mark.parametrize("average", ["probabilities", "logits"])
@pytest.mark.parametrize("name", METHODS)
def test_maps_are_the_mean_of_those_of_the_members(members, name, average):
    expected = np.mean(
        [
            attribute([name], each, layer_of(each, each.gradcam_layer), GIVEN, 1)[name]
            for each in members
        ],
        axis=0,
    )
    ensemble = Ensemble.of(members, average)
    layer = layer_of(ensemble, layer_names(ensemble, None))
    found = attribute([name], ensemble, layer, GIVEN, 1)[name]
    assert expected.any()
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_mutagenesis_and_logits_are_those_of_the_mean_logit(members):
    ensemble = Ensemble.of(members, "probabilities")
    for function, arguments in ((base_effects_of_targets, ([0, 1],)), (logits, (1,))):
        expected = np.mean([function(each, GIVEN, *arguments) for each in members], axis=0)
        np.testing.assert_allclose(function(ensemble, GIVEN, *arguments), expected, atol=1e-6)


def test_members_have_their_own_layers():
    same, different = (Ensemble.of(made(sizes), "logits") for sizes in KINDS.values())
    assert layer_names(same, None) == same.members[0].gradcam_layer
    names = layer_names(different, None)
    assert names.split(", ") == [member.gradcam_layer for member in different.members]
    for member, layer in zip(different.members, layer_of(different, names), strict=True):
        assert layer is member.get_submodule(member.gradcam_layer)
    methods, name, problems = applicable_methods(different, ["gradcam", "gradient"], None)
    assert (methods, name, problems) == (["gradcam", "gradient"], names, [])


def test_a_layer_that_one_member_lacks_is_unsuitable():
    ensemble = Ensemble.of(made(KINDS["different"]), "logits")
    methods, name, [problem] = applicable_methods(
        ensemble, ["gradcam", "gradient"], "resnet.blocks.0"
    )
    assert (methods, name) == (["gradient"], "")
    assert "'resnet.blocks.0'; expected a convolutional layer of DanQ" in problem
    with pytest.raises(InputError):
        layer_of(ensemble, "resnet.blocks.0")


def test_the_resolution_is_that_of_the_coarsest_layer(members):
    ensemble = Ensemble.of(members, "logits")
    layer = layer_of(ensemble, layer_names(ensemble, None))
    every = [layer_resolution(each, layer_of(each, each.gradcam_layer), GIVEN) for each in members]
    found = layer_resolution(ensemble, layer, GIVEN)
    assert found in every
    assert found.grid.step == max(each.grid.step for each in every)


def test_the_parts_of_all_members_are_randomised_together(members):
    ensemble = Ensemble.of(members, "logits")
    every = [parts(member) for member in members]
    names = parts(ensemble)
    assert len(names) == max(map(len, every))
    if every[0] == every[1]:
        assert names == every[0]
    before = {name: weights.clone() for name, weights in ensemble.named_parameters()}
    seen = []
    for name, permuted in randomised(ensemble):
        seen.append(name)
        changed = {
            key
            for key, weights in permuted.named_parameters()
            if not torch.equal(weights, before[key])
        }
        if len(seen) == 1:  # The last layers of all members, and no others.
            own = [f"members.{member}.{of[0]}." for member, of in enumerate(every)]
            assert all(any(key.startswith(each) for each in own) for key in changed)
            assert all(any(key.startswith(each) for key in changed) for each in own)
    assert seen == names
    assert {key.split(".")[1] for key in changed} == {str(each) for each in range(len(members))}
    first = [f"members.{member}.{of[-1]}." for member, of in enumerate(every)]
    assert all(any(key.startswith(each) for key in changed) for each in first)
