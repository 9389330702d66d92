import numpy as np
import pandas as pd
import pytest
import torch
from toy_store import DANQ, DEEPSEA, LENGTH, TABLE, export_toy_model, toy_sizes

from noncoding.common.errors import InputError
from noncoding.models.architectures import create_model
from noncoding.models.earlier_model import check_earlier_model, check_pinned
from noncoding.models.ensemble import Ensemble
from noncoding.models.export import export_model, load_model
from noncoding.models.fine_tuning import (
    read_start,
    set_prevalence_of,
    start_from_model,
    target_axes,
)
from noncoding.models.lineage import lineage, overlaps
from noncoding.settings.models import FineTunedModel

# Target c is first, a second, and d is not among those of the toy model.
OTHERS = pd.DataFrame({"index": [0, 1, 2, 3], "name": ["c", "a", "d", "e"], "group": ["TF"] * 4})
HYBRID_AXES = {
    "head.score.weight": 0,
    "head.score.bias": 0,
    "head.output.weight": 0,
    "head.output.bias": 0,
    "head.preference": 1,
}
TWO_LAYERS = {"output.weight": 0, "output.bias": 0}


@pytest.fixture
def earlier(tmp_path):
    export_toy_model(tmp_path / "model")
    return load_model(tmp_path / "model")


def test_equal_targets_keep_all_weights(earlier):
    started = start_from_model(earlier, TABLE)
    assert started.initialised == []
    before, after = earlier.network.state_dict(), started.network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_weights_of_targets_are_copied_by_name(earlier):
    torch.manual_seed(5)
    network, initialised = start_from_model(earlier, OTHERS)
    assert initialised == [2, 3]
    before, after = earlier.network.state_dict(), network.state_dict()
    for name, value in before.items():
        if name not in HYBRID_AXES:
            assert torch.equal(after[name], value), name
            continue
        old, new = (
            np.moveaxis(each[name].numpy(), HYBRID_AXES[name], 0) for each in (before, after)
        )
        assert len(new) == 4
        assert (new[0] == old[2]).all() and (new[1] == old[0]).all(), name
    # Those of other targets are the random ones of a network of the same seed.
    torch.manual_seed(5)
    random = create_model(length=LENGTH, targets=4, **toy_sizes()).state_dict()
    assert torch.equal(after["head.output.weight"][2:], random["head.output.weight"][2:])
    assert torch.equal(after["head.score.weight"][2:], random["head.score.weight"][2:])


def test_logits_of_copied_targets_are_those_of_the_earlier_model(earlier):
    network, _ = start_from_model(earlier, OTHERS)
    sequences = torch.nn.functional.one_hot(torch.arange(2 * LENGTH).view(2, LENGTH) * 7 % 4, 4)
    sequences = sequences.transpose(1, 2).float()
    with torch.no_grad():
        before, after = earlier.network(sequences), network.eval()(sequences)
    torch.testing.assert_close(after[:, :2], before[:, [2, 0]])


def test_the_prevalence_of_new_targets_is_their_bias(earlier):
    network, initialised = start_from_model(earlier, OTHERS)
    kept = network.output_layer.bias.detach().clone()
    set_prevalence_of(network, torch.tensor([0.1, 0.1, 0.5, 0.2]), initialised)
    bias = network.output_layer.bias.detach()
    assert torch.equal(bias[:2], kept[:2])
    assert bias[2:].tolist() == pytest.approx([0.0, np.log(0.25)])


@pytest.mark.parametrize(
    ("sizes", "axes"),
    [
        (toy_sizes("attention"), HYBRID_AXES),
        (toy_sizes("flatten"), {"head.output.weight": 0, "head.output.bias": 0}),
        (DEEPSEA, TWO_LAYERS),
        (DANQ, TWO_LAYERS),
    ],
    ids=["attention", "flatten", "deepsea", "danq"],
)
def test_tensors_of_targets(sizes, axes):
    assert target_axes(create_model(length=LENGTH, targets=3, **sizes)) == axes


STEMS = {
    "hybrid": (
        toy_sizes(),
        {"resnet.stem.convolution.weight", "resnet.stem.norm.weight", "resnet.stem.norm.bias"},
    ),
    "deepsea": (DEEPSEA, {"convolutions.0.weight", "convolutions.0.bias"}),
    "danq": (DANQ, {"convolution.weight", "convolution.bias"}),
}


@pytest.mark.parametrize("name", STEMS)
def test_parts_of_a_network(name):
    sizes, stem = STEMS[name]
    network = create_model(length=LENGTH, targets=3, **sizes)
    parts = network.parts
    assert set(parts["stem"]) == stem
    heads = ("head.",) if name == "hybrid" else ("hidden.", "output.")
    assert parts["head"] == [n for n, _ in network.named_parameters() if n.startswith(heads)]
    names = [name for of_part in parts.values() for name in of_part]
    assert sorted(names) == sorted(name for name, _ in network.named_parameters())
    assert parts["body"]


@pytest.mark.parametrize("name", STEMS)
def test_frozen_modules_stay_in_evaluation_mode(name):
    network = create_model(length=LENGTH, targets=3, **STEMS[name][0])
    network.freeze("stem", "body")
    for _ in range(2):
        modes = {n: m.training for n, m in network.named_modules() if n}
        assert modes == {n: network.part_of(n) == "head" for n in modes}
        network.eval().train()
    trained = [n for n, p in network.named_parameters() if p.requires_grad]
    assert trained == network.parts["head"]


def test_an_earlier_model_of_another_window_or_alphabet_is_refused(tmp_path):
    export_toy_model(tmp_path / "model")
    check_earlier_model(tmp_path / "model", {"own": LENGTH})
    with pytest.raises(InputError, match=f"windows of {LENGTH} bp; expected 50 bp.*'own'"):
        check_earlier_model(tmp_path / "model", {"own": 50})
    config = tmp_path / "model" / "config.json"
    text = config.read_text()
    config.write_text(text.replace('"ACGT"', '"AGCT"'))
    with pytest.raises(InputError, match="the alphabet 'AGCT'"):
        check_earlier_model(tmp_path / "model", {"own": LENGTH})
    config.write_text(text[:20])
    with pytest.raises(InputError, match="truncated"):
        check_earlier_model(tmp_path / "model", {"own": LENGTH})
    config.unlink()
    with pytest.raises(InputError, match=r"no file config\.json"):
        check_earlier_model(tmp_path / "model", {"own": LENGTH})


def training(name, regions, fasta="f", **more):
    return {
        "dataset": "other",
        "model": name,
        "weights_sha256": name * 2,
        "data": {"train": {"fasta_sha256": fasta}},
        "regions": {"train": regions, "valid": {}},
    } | more


def test_overlaps_name_the_chromosomes_of_all_earlier_models():
    first = lineage(training("a", {"chr1": [[0, 500]], "chr2": [[0, 100], [900, 999]]}))
    assert [model["model"] for model in first] == ["a"]
    models = lineage(training("b", {"3": [[0, 50]]}, fasta="g", start_from={"models": first}))
    assert [model["model"] for model in models] == ["b", "a"]
    splits = {"valid": {"1": [[499, 600]], "3": [[50, 60]]}, "test": {"2": [[100, 900]]}}
    newest, oldest = overlaps(models, splits, "f")
    assert (newest["valid"], newest["test"], newest["same_genome"]) == ([], [], False)
    assert "no training rows" in newest["message"] and "names" in newest["message"]
    assert (oldest["valid"], oldest["test"], oldest["same_genome"]) == (["1"], [], True)
    assert "trained on chromosomes of the validation split (1): metrics" in oldest["message"]


@pytest.mark.parametrize(
    ("earlier", "splits", "why"),
    [
        ({}, {"valid": {"1": [[0, 9]]}, "test": {}}, "does not record the chromosomes"),
        (training("a", {"1": [[0, 9]]}), {"valid": None, "test": None}, "has no coordinates"),
    ],
)
def test_what_cannot_be_checked_is_said(earlier, splits, why):
    [row] = overlaps(lineage(earlier), splits, None)
    assert None in (row["valid"], row["test"])
    assert "cannot be checked" in row["message"] and why in row["message"]


def test_an_ensemble_is_no_start(earlier, tmp_path):
    folder = tmp_path / "both"
    record = {"dataset": "toy", "model": "both", "bin": 20, "validation": {}}
    record |= {"average": "logits", "members": [{"name": "tiny"}] * 2}
    export_model(Ensemble.of([earlier.network] * 2, "logits"), folder, TABLE, record)
    settings = FineTunedModel(start_from=str(folder))
    for refused in (
        lambda: check_earlier_model(folder, {"own": LENGTH}),
        lambda: read_start(folder, settings),
    ):
        with pytest.raises(
            InputError, match=r"an ensemble; expected a single network\. Start from"
        ):
            refused()


@pytest.mark.parametrize("start", ["hf:lab/yeast@main", "hf:lab/yeast@v1", f"hf:a/b@{'0' * 39}"])
def test_a_model_of_the_hub_is_named_by_its_commit(start):
    with pytest.raises(InputError, match="a branch or tag, whose content may change during a run"):
        check_pinned(start)


@pytest.mark.parametrize("start", ["yeast", "folder/model@main", f"hf:lab/yeast@{'0a' * 20}"])
def test_other_models_are_not_refused_for_their_revision(start):
    check_pinned(start)
