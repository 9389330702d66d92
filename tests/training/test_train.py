import hashlib
import json

import pandas as pd
import pytest
import running
import torch
from running import Made, interrupted_after_an_epoch
from sklearn.metrics import average_precision_score, roc_auc_score
from toy_store import TABLE, toy_sizes, toy_split, write_toy_store

from noncoding.common.errors import InputError
from noncoding.layout import FINISHED, files
from noncoding.models.export import load_model
from noncoding.prediction.inference import strand_averaged


def run(stores, folder, sizes=None, **training):
    return running.run(folder, stores, sizes or toy_sizes(), training)


def weights(made):
    return load_model(made.model).network.state_dict()


def equal(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_it_learns_a_planted_motif(stores, tmp_path):
    stores["train"] = write_toy_store(tmp_path / "more.h5", rows=512)
    made = run(stores, tmp_path / "run", epochs=8)
    sequences, labels = toy_split(64, 1)
    with torch.no_grad():
        logits = load_model(made.model).network(torch.from_numpy(sequences).float())
    # Target a is a planted motif.
    assert roc_auc_score(labels[:, 0], logits[:, 0]) > 0.95
    metrics = pd.read_csv(made.metrics)
    losses = metrics["train_loss_epoch"].dropna()
    assert losses.iloc[-1] < losses.iloc[0]


def test_the_validation_figures_are_exact(stores, tmp_path):
    made = run(stores, tmp_path / "run", epochs=1)
    trained = load_model(made.model)
    sequences, labels = toy_split(64, 1)
    given = strand_averaged(trained.network, torch.from_numpy(sequences).float())
    validation = trained.training["validation"]
    expected = average_precision_score(labels, given, average="macro")
    assert validation["AUPR, mean over targets"] == pytest.approx(expected, abs=1e-5)
    expected = roc_auc_score(labels, given, average="macro")
    assert validation["AUROC, mean over targets"] == pytest.approx(expected, abs=1e-5)


def test_all_outputs_are_written(stores, tmp_path):
    made = run(stores, tmp_path / "run")
    assert all(path.is_file() for path in files("train", tmp_path / "run"))
    assert list(made.tensorboard.rglob("events.out.tfevents.*"))
    # From the state, the results can be written again until they are accepted.
    assert (made.unfinished / FINISHED).exists()
    # The exported weights are those of the checkpoint.
    state = torch.load(made.best, weights_only=True)["state_dict"]
    assert equal(weights(made), {name.removeprefix("network."): v for name, v in state.items()})


def test_same_seed_same_weights(stores, tmp_path):
    one, two = run(stores, tmp_path / "one"), run(stores, tmp_path / "two")
    assert equal(weights(one), weights(two))


def test_an_interrupted_training_is_resumed(stores, tmp_path):
    """A resumed training ends with the weights of an uninterrupted one."""
    whole = run(stores, tmp_path / "whole", epochs=3)

    with interrupted_after_an_epoch():
        run(stores, tmp_path / "cut", epochs=3)
    assert (tmp_path / "cut" / "training" / "unfinished" / "last.ckpt").exists()
    resumed = run(stores, tmp_path / "cut", epochs=3)
    assert equal(weights(whole), weights(resumed))
    epochs = pd.read_csv(resumed.metrics).dropna(subset="valid_auprc")["epoch"]
    assert epochs.tolist() == [0, 1, 2]


def test_a_checkpoint_of_another_configuration_is_refused(stores, tmp_path):
    made = Made(tmp_path / "run")
    made.unfinished.mkdir(parents=True)
    (made.unfinished / "last.ckpt").write_bytes(b"weights")
    (made.unfinished / "settings.json").write_text(json.dumps({"seed": 4}))
    with pytest.raises(InputError, match="a checkpoint of another configuration") as error:
        run(stores, tmp_path / "run")
    assert "seed" in error.value.found
    assert str(made.unfinished) in error.value.remedy
    assert (made.unfinished / "last.ckpt").read_bytes() == b"weights"


def test_a_loss_that_is_not_finite_stops(stores, tmp_path):
    made = run(stores, tmp_path / "run")
    before = made.best.read_bytes()
    with pytest.raises(InputError, match=r"NaN or infinity in .*; expected a finite loss") as error:
        run(stores, tmp_path / "run", learning_rate=1e30, gradient_clip=1e30)
    assert "Lower learning_rate" in error.value.remedy
    assert "epoch 1, batch" in error.value.where
    assert made.best.read_bytes() == before


def test_stores_of_different_targets_are_refused(stores, tmp_path):
    other = TABLE.assign(name=["x", "y", "z"])
    valid = write_toy_store(tmp_path / "other.h5", table=other)
    with pytest.raises(InputError, match="target table"):
        run(stores | {"valid": valid}, tmp_path / "run")


def test_early_stopping(stores, tmp_path):
    made = run(stores, tmp_path / "run", epochs=30, patience=1, learning_rate=1e-12)
    assert pd.read_csv(made.metrics)["epoch"].max() < 29


def test_initial_motifs_are_recorded(stores, tmp_path):
    path = tmp_path / "motifs.meme"
    rows = "\n".join(["0.97 0.01 0.01 0.01"] * 5)
    path.write_text(
        "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF MA0001.1 A\n"
        f"letter-probability matrix: alength= 4 w= 5 nsites= 9 E= 0\n{rows}\nURL http://x\n"
    )
    started = running.run(tmp_path / "run", stores, toy_sizes(), {"epochs": 1}, motifs=path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    record = load_model(started.model).training
    assert record["motifs_sha256"] == digest
    assert record["motif_start"] == {
        "kernels": ["MA0001.1 A"],
        "targets": [{"index": 0, "name": "a", "motifs": ["MA0001.1 A"]}],
    }
