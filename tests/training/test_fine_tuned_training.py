"""The stage `train` of models that start from an earlier one."""

import json
import logging

import pandas as pd
import pytest
import running
import torch
from toy_store import LENGTH, TABLE, toy_sizes, write_toy_store

from noncoding.common.errors import InputError
from noncoding.models.export import load_model

OTHERS = TABLE.assign(name=["c", "new", "a"])


@pytest.fixture
def earlier(stores, tmp_path):
    """A trained model of the targets a, b and c; its stores are of chromosome II and I."""
    source = {"fasta_sha256": "f"}
    for split, chromosome in (("train", "II"), ("valid", "I"), ("test", "III")):
        path = stores[split] = tmp_path / f"old_{split}.h5"
        write_toy_store(path, rows=96, chromosome=chromosome, source=source)
    return running.run(tmp_path / "earlier", stores, toy_sizes(), {"epochs": 1}).model


@pytest.fixture
def others(tmp_path):
    """Stores of other targets; the test split is on chromosome II."""
    source = {"fasta_sha256": "f"}
    return {
        split: write_toy_store(
            tmp_path / f"new_{split}.h5",
            rows=128,
            seed=7,
            table=OTHERS,
            chromosome=chromosome,
            source=source,
        )
        for split, chromosome in (("train", "V"), ("valid", "VI"), ("test", "II"))
    }


def tune(folder, stores, earlier, training=None, **settings):
    network = {"start_from": str(earlier), **settings}
    return running.run(folder, stores, network, training or {}, earlier=earlier)


def state_of(folder):
    return load_model(folder).network.state_dict()


@pytest.mark.parametrize("freeze", ["stem", "all_but_head"])
def test_frozen_weights_and_statistics_stay_the_same_bit_for_bit(earlier, others, tmp_path, freeze):
    training = {"weight_decay": 0.5, "ema_decay": 0.9, "epochs": 2}
    made = tune(tmp_path / "run", others, earlier, training, freeze=freeze)
    network = load_model(made.model).network
    before, after = state_of(earlier), network.state_dict()
    frozen = {"stem": ("stem",), "all_but_head": ("stem", "body")}[freeze]
    of_targets = {n for n in before if n.startswith(("head.output", "head.score", "head.pref"))}
    kept = {name for name in before if network.part_of(name) in frozen}
    assert any("running_mean" in name for name in kept)
    for name in kept:
        assert torch.equal(before[name], after[name]), name
    trained = [n for n, _ in network.named_parameters() if n not in kept | of_targets]
    changed = [not torch.equal(before[name], after[name]) for name in trained]
    assert sum(changed) > len(changed) / 2
    # Layers that are not trained are not in the table of layers.
    logged = set(pd.read_csv(made.layers)["layer"])
    assert logged and not logged & kept


def test_each_part_moves_by_its_rate_in_the_first_step(earlier, others, tmp_path):
    """The first step of AdamW without decay is the learning rate times the sign of the gradient."""
    rates = {"stem": 0.25, "head": 2.0}
    training = {"epochs": 1, "batch_size": 128, "weight_decay": 0.0, "learning_rate": 1e-3}
    table = tmp_path / "same.h5"
    write_toy_store(table, rows=128, seed=7)
    stores = {"train": table, "valid": table, "test": table}
    made = tune(tmp_path / "run", stores, earlier, training, rates=rates)
    network = load_model(made.model).network
    before, after = state_of(earlier), network.state_dict()
    for part, rate in (("stem", 0.25), ("body", 1.0), ("head", 2.0)):
        moved = torch.cat([(after[n] - before[n]).abs().flatten() for n in network.parts[part]])
        moved = moved[moved > 0]
        assert moved.max().item() == pytest.approx(rate * 1e-3, rel=1e-3)
        assert moved.median().item() == pytest.approx(rate * 1e-3, rel=0.02)


def test_a_resumed_fine_tuning_ends_with_the_same_weights(earlier, others, tmp_path):
    settings = {"freeze": "stem", "rates": {"body": 0.5}}
    whole = tune(tmp_path / "whole", others, earlier, **settings)
    with running.interrupted_after_an_epoch():
        tune(tmp_path / "cut", others, earlier, **settings)
    # Another earlier model, or other rates, are another training.
    with pytest.raises(InputError, match=r"another configuration.*start_from"):
        tune(tmp_path / "cut", others, earlier, freeze="stem")
    resumed = tune(tmp_path / "cut", others, earlier, **settings)
    one, other = state_of(whole.model), state_of(resumed.model)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_record_names_the_earlier_models_and_overlapping_chromosomes(
    earlier, others, tmp_path, caplog
):
    with caplog.at_level(logging.INFO):
        made = tune(tmp_path / "run", others, earlier, {"epochs": 1})
    text = "trained on chromosomes of the test split (II): metrics on these"
    assert [r.levelname for r in caplog.records if text in r.getMessage()] == ["WARNING"]
    assert "of 3 targets, the weights of 2 are copied" in caplog.text
    before = json.loads((earlier / "training.json").read_text())
    assert before["regions"] == {
        "train": {"II": [[0, 96 * LENGTH]]},
        "valid": {"I": [[0, 96 * LENGTH]]},
    }
    record = json.loads((made.model / "training.json").read_text())
    start = record["start_from"]
    assert start["weights_sha256"] == before["weights_sha256"]
    assert (start["freeze"], start["initialised_targets"]) == ("none", 1)
    [model], [overlap] = start["models"], start["overlap"]
    assert model["regions"] == before["regions"]["train"]
    assert (overlap["valid"], overlap["test"], overlap["same_genome"]) == ([], ["II"], True)
    assert record["sizes"] == toy_sizes()
    assert text in (made.model / "README.md").read_text()
    # A model that starts from this one descends from both.
    again = tune(tmp_path / "again", others, made.model, {"epochs": 1})
    start = json.loads((again.model / "training.json").read_text())["start_from"]
    assert [each["regions"] for each in start["models"]] == [
        record["regions"]["train"],
        before["regions"]["train"],
    ]
    assert start["initialised_targets"] == 0


def test_an_earlier_model_that_is_damaged_or_of_another_window_is_refused(
    earlier, others, tmp_path
):
    path = earlier / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="weights with the SHA-256"):
        tune(tmp_path / "run", others, earlier)
    content[-1] ^= 1
    path.write_bytes(content)
    long = {split: write_toy_store(tmp_path / f"{split}_50.h5", length=50) for split in others}
    with pytest.raises(InputError, match=f"windows of {LENGTH} bp; expected 50 bp"):
        tune(tmp_path / "run", long, earlier)
    assert not (tmp_path / "run" / "model").exists()
