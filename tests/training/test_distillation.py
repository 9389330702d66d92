"""Trainings whose labels are the predictions of a teacher."""

import json
import logging

import numpy as np
import pytest
import running
import torch
import torch.nn.functional as F
from toy_store import LENGTH, TABLE, toy_sizes, write_toy_store

from noncoding.common.errors import InputError
from noncoding.data.store import Store
from noncoding.models.export import load_model
from noncoding.models.lineage import lineage
from noncoding.stages.ensemble import ensemble
from noncoding.training.lightning_module import TrainingModule
from noncoding.training.teacher import Teacher


@pytest.fixture
def splits(tmp_path):
    """Stores of chromosomes I, II and III."""
    return {
        split: write_toy_store(tmp_path / f"{split}.h5", rows=96, chromosome=chromosome)
        for split, chromosome in (("train", "I"), ("valid", "II"), ("test", "III"))
    }


@pytest.fixture
def teacher(splits, tmp_path):
    """An ensemble of two trained models."""
    sizes = toy_sizes()
    members = {
        name: running.run(tmp_path / name, splits, sizes, {"epochs": epochs}).model
        for name, epochs in (("one", 1), ("two", 2))
    }
    ensemble(
        members,
        splits["valid"],
        tmp_path / "both",
        average="probabilities",
        batch_size=32,
        dataset="toy",
        model="both",
    )
    return tmp_path / "both" / "model"


def distil(folder, splits, teacher, training=None):
    return running.run(folder, splits, toy_sizes(), training or {"epochs": 1}, teacher=teacher)


def test_the_labels_are_the_mean_probabilities_of_the_members(splits, teacher, tmp_path):
    with Store(splits["valid"]) as store:
        sequences = torch.from_numpy(store.sequences(slice(0, 40))).float()
        taught = Teacher.read(teacher, store).labels(sequences)
    with torch.no_grad():
        members = [
            load_model(tmp_path / name / "model").network.eval()(sequences).sigmoid()
            for name in ("one", "two")
        ]
    torch.testing.assert_close(taught, (members[0] + members[1]) / 2, atol=1e-6, rtol=1e-5)
    assert not taught.requires_grad


def test_the_loss_is_the_cross_entropy_with_the_teacher_for_augmented_sequences(
    splits, teacher, tmp_path, monkeypatch
):
    seen = []
    loss = TrainingModule.loss

    def recorded(self, sequences, labels):
        found = loss(self, sequences, labels)
        seen.append((sequences.clone(), labels.clone(), found.item()))
        return found

    monkeypatch.setattr(TrainingModule, "loss", recorded)
    distil(tmp_path / "run", splits, teacher, {"epochs": 1, "shift": 3})
    network = load_model(teacher).network.eval()
    with Store(splits["train"]) as store:
        rows = {row.tobytes() for row in store.sequences(slice(0, store.rows))}
    moved = 0
    for sequences, labels, value in seen:
        with torch.no_grad():
            expected = network(sequences).sigmoid()
        torch.testing.assert_close(labels, expected, atol=1e-6, rtol=1e-5)
        moved += sum(row.numpy().astype(np.uint8).tobytes() not in rows for row in sequences)
        assert value > 0
    assert moved > 0  # the teacher sees what the network sees


def test_a_student_learns_from_the_teacher_and_not_from_the_labels(splits, tmp_path):
    training = {"epochs": 15, "patience": 15, "learning_rate": 1e-2, "warmup_steps": 5}
    teacher = running.run(tmp_path / "teacher", splits, toy_sizes(), training).model
    with Store(splits["train"]) as store:
        sequences = torch.from_numpy(store.sequences(slice(0, store.rows))).float()
        labels = store.labels()
        taught = Teacher.read(teacher, store).labels(sequences)
    opposite = write_toy_store(tmp_path / "opposite.h5", rows=96, labels=1 - labels)
    made = distil(tmp_path / "run", splits | {"train": opposite}, teacher, training)
    with torch.no_grad():
        logits = load_model(made.model).network.eval()(sequences)
    mean = taught.mean(0, keepdim=True).logit().expand_as(taught)
    loss, loss_of_mean = (F.binary_cross_entropy_with_logits(x, taught) for x in (logits, mean))
    assert loss < loss_of_mean
    assert loss < F.binary_cross_entropy_with_logits(logits, torch.from_numpy(1.0 - labels))


def test_the_teacher_belongs_to_no_weights_and_is_not_changed(splits, teacher, tmp_path):
    before = load_model(teacher).network.state_dict()
    made = distil(tmp_path / "run", splits, teacher)
    state = torch.load(made.last, weights_only=True)["state_dict"]
    assert not [name for name in state if "teacher" in name or "member" in name]
    after = load_model(teacher).network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_resumed_distillation_ends_with_the_same_weights(splits, teacher, tmp_path):
    training = {"epochs": 2}
    whole = distil(tmp_path / "whole", splits, teacher, training)
    with running.interrupted_after_an_epoch():
        distil(tmp_path / "cut", splits, teacher, training)
    # Another teacher, or none, is another training.
    for other in (tmp_path / "one" / "model", None):
        with pytest.raises(InputError, match=r"another configuration.*teacher"):
            distil(tmp_path / "cut", splits, other, training)
    resumed = distil(tmp_path / "cut", splits, teacher, training)
    one, other = (load_model(made.model).network.state_dict() for made in (whole, resumed))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_record_names_the_members_of_the_teacher_and_overlaps(
    splits, teacher, tmp_path, caplog
):
    moved = {"train": splits["valid"], "valid": splits["test"], "test": splits["train"]}
    with caplog.at_level(logging.INFO):
        made = distil(tmp_path / "run", moved, teacher)
    text = "trained on chromosomes of the test split (I): metrics on these"
    assert [r.levelname for r in caplog.records if text in r.getMessage()] == ["WARNING"] * 2
    record = json.loads((made.model / "training.json").read_text())["teacher"]
    of_teacher = json.loads((teacher / "training.json").read_text())
    assert record["weights_sha256"] == of_teacher["weights_sha256"]
    found = [(each["weights_sha256"], each["regions"]) for each in record["models"]]
    expected = [
        (member["weights_sha256"], {"I": [[0, 96 * LENGTH]]}) for member in of_teacher["members"]
    ]
    assert found == expected
    card = (made.model / "README.md").read_text()
    assert "Distilled from: tiny on toy, tiny on toy." in card
    assert text in card
    # A model that learns from this one descends from all.
    again = distil(tmp_path / "again", moved, made.model)
    models = json.loads((again.model / "training.json").read_text())["teacher"]["models"]
    assert [each["regions"] for each in models[1:]] == [regions for _, regions in expected]
    assert len(models) == 3


def test_members_of_different_data_have_their_own_regions():
    members = [{"model": n, "regions": {"train": {n: [[0, 9]]}}, "name": n} for n in ("a", "b")]
    found = lineage({"dataset": "own", "model": "both", "members": members})
    assert [(each["model"], each["dataset"], each["regions"]) for each in found] == [
        ("a", "own", {"a": [[0, 9]]}),
        ("b", "own", {"b": [[0, 9]]}),
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"length": 50}, f"windows of {LENGTH} bp; expected 50 bp"),
        ({"table": TABLE.assign(name=["a", "b", "other"])}, "3 targets"),
        ({"bin_length": 12}, "labelled bins of 10 bp; expected 12 bp"),
    ],
)
def test_a_teacher_of_another_task_is_refused(teacher, tmp_path, changes, message):
    other = {
        split: write_toy_store(tmp_path / f"{split}_other.h5", rows=96, **changes)
        for split in ("train", "valid", "test")
    }
    with pytest.raises(InputError, match=message):
        distil(tmp_path / "run", other, teacher)
    assert not (tmp_path / "run" / "model").exists()
