"""The state of an interrupted training: moved, damaged, of other data, or locked."""

import json
import os
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
from running import Made, run
from safetensors.torch import load_file
from toy_store import DEEPSEA, write_toy_store

from noncoding.common.errors import InputError
from noncoding.common.locks import exclusive
from noncoding.layout import FINISHED
from noncoding.models.export import load_model
from noncoding.stages import train
from noncoding.training import unfinished
from noncoding.training.checkpoints import load_checkpoint
from noncoding.training.lightning_module import TrainingModule
from noncoding.training.unfinished import Unfinished

WORSENING = {"epochs": 6, "learning_rate": 0.3, "ema_decay": 0.0, "gradient_clip": 1e30}
"""With such large steps, an early epoch is the best."""


def interrupted(folder, stores, monkeypatch, epoch=1, **training):
    """Train up to an epoch, then interrupt."""

    def interrupt(self):
        if self.current_epoch == epoch:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TrainingModule, "on_train_epoch_start", interrupt)
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            run(folder, stores, DEEPSEA, training)
    assert (Made(folder).unfinished / "last.ckpt").exists()
    return Made(folder)


def weights(made):
    return load_file(made.model / "model.safetensors")


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def trained(monkeypatch):
    """A list of the epochs that are trained after this call."""
    epochs = []
    monkeypatch.setattr(
        TrainingModule, "on_train_epoch_start", lambda self: epochs.append(self.current_epoch)
    )
    return epochs


def test_a_setting_that_was_removed_is_named(tmp_path):
    started = Unfinished(tmp_path)
    before = {"seed": 1, "start_from": {"model": "earlier"}}
    assert started.start(before, writes=True) is None
    started.resume_point.touch()
    with pytest.raises(InputError, match=r"different: start_from"):
        started.start({"seed": 1}, writes=True)
    assert started.start(before, writes=True) == started.resume_point


def test_a_training_that_was_moved_keeps_its_best_epoch(stores, tmp_path, monkeypatch):
    whole = run(tmp_path / "whole", stores, DEEPSEA, WORSENING)
    best = load_model(whole.model).training["validation"]
    curve = pd.read_csv(whole.metrics).dropna(subset="valid_auprc").set_index("epoch")
    assert best["best epoch"] == curve["valid_auprc"].idxmax() + 1
    # It is interrupted after its best epoch, which must be remembered.
    assert best["best epoch"] < WORSENING["epochs"]
    interrupted(tmp_path / "interrupted", stores, monkeypatch, best["best epoch"], **WORSENING)
    shutil.move(tmp_path / "interrupted", tmp_path / "moved")
    moved = run(tmp_path / "moved", stores, DEEPSEA, WORSENING)
    assert load_model(moved.model).training["validation"] == best
    assert same(weights(moved), weights(whole))
    assert str(tmp_path).encode() not in moved.best.read_bytes()


@pytest.mark.parametrize("split", ["train", "valid"])
def test_as_many_other_rows_are_refused(split, stores, tmp_path, monkeypatch):
    interrupted(tmp_path / "run", stores, monkeypatch)
    rows = {"train": 128, "valid": 64}[split]
    write_toy_store(stores[split], rows=rows, seed=9)
    with pytest.raises(InputError, match=r"of other data \(different: data_sha256\)"):
        run(tmp_path / "run", stores, DEEPSEA, {})


class Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def empty(path):
    path.write_bytes(b"")


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-50])


def flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40  # in the weights
    path.write_bytes(content)


def gone(path):
    path.unlink()


def malicious(path):
    torch.save({"state_dict": Malicious(path.with_name("owned"))}, path)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("last.ckpt", empty),
        ("last.ckpt", cut_short),
        ("last.ckpt", flipped),
        ("last.ckpt", malicious),
        ("best.ckpt", empty),
        ("best.ckpt", gone),
        ("best.ckpt", malicious),
        ("settings.json", empty),
        ("settings.json", cut_short),
        ("settings.json", gone),
    ],
)
def test_damaged_state_is_named_with_what_to_delete(name, damage, stores, tmp_path, monkeypatch):
    made = interrupted(tmp_path / "run", stores, monkeypatch, learning_rate=1e-12)
    damage(made.unfinished / name)
    before = (made.unfinished / "last.ckpt").read_bytes()
    with pytest.raises(InputError) as error:
        # Without a better epoch, which would replace the checkpoint.
        monkeypatch.setattr(TrainingModule, "on_validation_epoch_end", worse)
        run(tmp_path / "run", stores, DEEPSEA, {"learning_rate": 1e-12})
    assert error.value.where == str(made.unfinished / name)
    assert f"delete {made.unfinished} to train from the start" in error.value.remedy
    assert not (made.unfinished / "owned").exists()
    if name != "best.ckpt":
        assert (made.unfinished / "last.ckpt").read_bytes() == before


def test_a_checkpoint_that_memory_does_not_hold_is_not_called_damaged(tmp_path, monkeypatch):
    torch.save({"epoch": 1}, tmp_path / "last.ckpt")
    assert load_checkpoint(tmp_path / "last.ckpt") == {"epoch": 1}

    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr(torch, "load", full)
    with pytest.raises(MemoryError):
        load_checkpoint(tmp_path / "last.ckpt")


def worse(self):
    for name in ("train_loss_epoch", "valid_auroc", "valid_auprc"):
        self.log(name, 0.0)
    self._validated.clear()


def zeros(path):
    path.write_bytes(bytes(4000))


@pytest.mark.parametrize("damage", [empty, zeros, gone])
def test_lost_logs_do_not_cost_the_model(damage, stores, tmp_path, monkeypatch):
    whole = run(tmp_path / "whole", stores, DEEPSEA, {})
    made = interrupted(tmp_path / "run", stores, monkeypatch)
    damage(made.unfinished / "layers.csv")
    for table in made.unfinished.glob("csv/*/metrics.csv"):
        damage(table)
    run(tmp_path / "run", stores, DEEPSEA, {})
    assert same(weights(made), weights(whole))


def test_results_that_were_not_accepted_are_written_again(stores, tmp_path, monkeypatch):
    made = run(tmp_path / "run", stores, DEEPSEA, {})
    expected = weights(made)
    shutil.rmtree(made.model)
    for path in (made.best, made.last, made.metrics):
        path.unlink()
    epochs = trained(monkeypatch)
    run(tmp_path / "run", stores, DEEPSEA, {})
    assert epochs == []
    assert same(weights(made), expected)
    assert made.best.exists() and made.last.exists() and made.metrics.exists()


@pytest.mark.parametrize("changed", ["settings", "code"])
def test_after_a_change_a_training_that_had_ended_is_repeated(
    changed, stores, tmp_path, monkeypatch
):
    run(tmp_path / "run", stores, DEEPSEA, {})
    epochs = trained(monkeypatch)
    if changed == "code":
        monkeypatch.setattr(unfinished, "_code", lambda: "another")
    run(tmp_path / "run", stores, DEEPSEA, {"weight_decay": 0.1} if changed == "settings" else {})
    assert epochs == [0, 1]


def test_code_that_is_edited_during_a_training_is_not_recorded(tmp_path, monkeypatch):
    """The file of a module may even be missing at the end."""
    unfinished._code.cache_clear()
    state = Unfinished(tmp_path)
    state.start({"seed": 1})
    expected = unfinished._code()
    monkeypatch.setattr(unfinished, "source_files", lambda *_: [tmp_path / "removed.py"])
    state.finish()
    assert json.loads((tmp_path / FINISHED).read_text()) == expected


@pytest.mark.parametrize("ended", [None, "by this code", "by other code"])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("interrupted", [False, True])
def test_all_processes_of_a_training_find_the_same_and_only_the_first_changes_it(
    ended, seed, interrupted, tmp_path
):
    state = Unfinished(tmp_path)
    state.start({"seed": seed})
    if interrupted:
        state.resume_point.touch()
    if ended:
        state.finish()
    if ended == "by other code":
        (tmp_path / FINISHED).write_text('"another"')

    def started(writes):
        try:
            return state.start({"seed": 1}, writes=writes)
        except InputError as error:
            return str(error)

    left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    found = started(False)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == left
    assert started(True) == started(False) == found


@pytest.mark.parametrize(("rank", "stays"), [("0", False), ("1", True)])
def test_a_further_process_deletes_nothing(rank, stays, stores, tmp_path, monkeypatch):
    state = Unfinished(Made(tmp_path).unfinished)
    state.start({"seed": "another"})
    state.finish()
    monkeypatch.setenv("LOCAL_RANK", rank)
    monkeypatch.setattr(train, "SplitsDataModule", lambda *_, **__: sys.exit())
    with pytest.raises(SystemExit):
        run(tmp_path, stores, DEEPSEA, {})
    assert (state.folder / FINISHED).exists() == stays


def test_a_second_training_in_the_same_folder_is_refused(stores, tmp_path):
    made = Made(tmp_path / "run")
    fragment = rf"process {os.getpid()} of \S+ on "
    with exclusive(made.unfinished), pytest.raises(InputError, match=fragment):
        run(tmp_path / "run", stores, DEEPSEA, {})
    assert not made.unfinished.exists()
