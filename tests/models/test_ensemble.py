"""Ensembles of small networks, against the predictions of their members."""

import math

import pytest
import torch
from elsewhere import logits_elsewhere
from toy_store import DANQ, DEEPSEA, LENGTH, TABLE, toy_sizes

from noncoding.data.one_hot import reverse_complement
from noncoding.models.architectures import ARCHITECTURES, create_model
from noncoding.models.ensemble import Ensemble, EnsembleConfig, logit_of_mean_probability
from noncoding.models.export import export_model, load_model
from noncoding.prediction.inference import strand_averaged

RECORD = {
    "dataset": "toy",
    "model": "both",
    "bin": 20,
    "average": "probabilities",
    "members": [{"name": "first"}, {"name": "second"}],
    "validation": {"AUPR, mean over targets": 0.5},
}
SIZES = {"hybrid": toy_sizes(), "danq": DANQ, "deepsea": DEEPSEA}


@pytest.fixture
def members():
    """One of each architecture, with logits of some size."""
    assert set(SIZES) == set(ARCHITECTURES)
    torch.manual_seed(0)
    made = [create_model(length=LENGTH, targets=3, **sizes).eval() for sizes in SIZES.values()]
    for network in made:
        network.output_layer.weight.data.mul_(20)
    return made


@pytest.fixture
def sequences():
    bases = torch.randint(4, (6, LENGTH), generator=torch.Generator().manual_seed(1))
    return torch.nn.functional.one_hot(bases, 4).transpose(1, 2).float()


@torch.no_grad()
def test_probabilities_are_the_mean_of_those_of_the_members(members, sequences):
    ensemble = Ensemble.of(members, "probabilities")
    for given in (sequences, reverse_complement(sequences)):
        expected = sum(member(given).double().sigmoid() for member in members) / 3
        found = ensemble(given).sigmoid().double()
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)
    expected = sum(strand_averaged(member, sequences).double() for member in members) / 3
    found = strand_averaged(ensemble, sequences).double()
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


@torch.no_grad()
def test_logits_are_averaged_on_request(members, sequences):
    expected = sum(member(sequences) for member in members) / 3
    ensemble = Ensemble.of(members, "logits")
    torch.testing.assert_close(ensemble(sequences), expected, atol=1e-6, rtol=1e-6)
    of_probabilities = Ensemble.of(members, "probabilities")
    torch.testing.assert_close(of_probabilities.mean_logits(sequences), ensemble(sequences))
    assert not torch.allclose(of_probabilities(sequences), expected, atol=1e-3)


def test_the_members_are_copied(members, sequences):
    ensemble = Ensemble.of(members, "probabilities")
    before = ensemble(sequences)
    for member in members:
        for weights in member.parameters():
            weights.data.zero_()
    torch.testing.assert_close(ensemble(sequences), before)
    assert not any(module.training for module in ensemble.modules())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        # The mean of e^-200 and e^-300 is e^-200 / 2; 1 less such a mean has the opposite sign.
        ([-200, -300], -200 - math.log(2)),
        ([200, 300], 200 + math.log(2)),
        ([1000, -1000], 0),
        ([60, 60], 60),
        ([-1e4, -1e4], -1e4),
        ([0, 0, 0], 0),
        ([2, 2, 2], 2),
    ],
)
def test_extreme_logits_are_averaged_exactly(logits, expected, dtype):
    given = torch.tensor(logits, dtype=dtype)[:, None].requires_grad_()
    found = logit_of_mean_probability(given)
    assert found.dtype == dtype
    precision = torch.finfo(dtype).eps
    assert found.item() == pytest.approx(expected, rel=2 * precision, abs=1e-6)
    found.sum().backward()
    assert torch.isfinite(given.grad).all()


def test_ordinary_logits_against_float64():
    logits = torch.randn(5, 1000, generator=torch.Generator().manual_seed(0)) * 4
    expected = torch.logit(logits.double().sigmoid().mean(dim=0))
    found = logit_of_mean_probability(logits)
    torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=1e-5)


def test_a_network_in_bf16_gives_logits_in_bf16(members, sequences):
    ensemble = Ensemble.of(members[2:] * 2, "probabilities").to(torch.bfloat16)
    assert ensemble(sequences.bfloat16()).dtype == torch.bfloat16


@pytest.mark.parametrize("average", ["probabilities", "logits"])
def test_an_exported_ensemble_loads_with_and_without_this_project(
    members, sequences, average, tmp_path
):
    ensemble = Ensemble.of(members, average)
    folder = tmp_path / "model"
    export_model(ensemble, folder, TABLE, RECORD | {"average": average})
    expected = ensemble(sequences).detach()
    loaded = load_model(folder)
    assert (loaded.length, loaded.bin) == (LENGTH, 20)
    torch.testing.assert_close(loaded.network(sequences).detach(), expected)
    [elsewhere] = logits_elsewhere([folder], sequences, tmp_path / "scratch")
    torch.testing.assert_close(elsewhere, expected)
    card = (folder / "README.md").read_text()
    assert f"- An ensemble: the mean of the {average} of first, second.\n" in card


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"members": []}, "without members"),
        ({"average": "ranks"}, "'ranks'"),
        ({"length": LENGTH + 2}, r"members of length \[40\] in an ensemble of 42"),
        ({"targets": 4}, r"members of targets \[3\] in an ensemble of 4"),
        ({"members": [{"model_type": "bert"}]}, "type 'bert', not one of noncoding-hybrid"),
    ],
)
def test_a_configuration_of_no_ensemble_is_refused(members, change, message):
    config = Ensemble.of(members, "logits").config.to_dict()
    with pytest.raises(ValueError, match=message):
        Ensemble(EnsembleConfig.from_dict(config | change))
