import warnings

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from test_train import run
from torch import nn
from torch.utils.data import DataLoader

from noncoding.training.layer_statistics import SAMPLED, LayerLog, is_due, sampled
from noncoding.training.lightning_module import TrainingModule
from noncoding.training.tables import dead_units

X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]])
Y = np.array([1.0, 0.0, 2.0])
RATE, CLIP = 0.1, 1.5


class Line(pl.LightningModule):
    """Least squares; its gradient is known in closed form."""

    def __init__(self):
        super().__init__()
        self.network = nn.Linear(2, 1)
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)
        nn.init.constant_(self.network.weight, 0.5)
        nn.init.zeros_(self.network.bias)

    def training_step(self, batch, batch_index):
        x, y = batch
        return ((self.network(x).squeeze(1) - y) ** 2).sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=RATE)


def fit(folder, accumulated=1, network=None):
    rows = [(torch.tensor(x).float(), torch.tensor(y).float()) for x, y in zip(X, Y, strict=True)]
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        accumulate_grad_batches=accumulated,
        gradient_clip_val=CLIP,
        callbacks=[LayerLog(folder / "layers.csv")],
        logger=TensorBoardLogger(folder, name=""),
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(network or Line(), DataLoader(rows, batch_size=1))
    return pd.read_csv(folder / "layers.csv")


def by_hand():
    """Norms after each of three steps of one row each."""
    weight, bias = np.array([0.5, 0.5]), 0.0
    rows = [(0, "weight", np.sqrt(0.5), np.nan), (0, "bias", 0.0, np.nan)]
    for step, (x, y) in enumerate(zip(X, Y, strict=True), start=1):
        slope = 2 * (weight @ x + bias - y)
        gradient = np.array([*(slope * x), slope])
        gradient *= min(1, CLIP / np.linalg.norm(gradient))
        weight, bias = weight - RATE * gradient[:2], bias - RATE * gradient[2]
        rows += [
            (step, "weight", np.linalg.norm(weight), np.linalg.norm(gradient[:2])),
            (step, "bias", abs(bias), abs(gradient[2])),
        ]
    return pd.DataFrame(rows, columns=["step", "layer", "weight_norm", "gradient_norm"])


def events(folder):
    found = EventAccumulator(str(folder), size_guidance={"histograms": 0})
    found.Reload()
    return found


def test_norms_equal_those_by_hand(tmp_path):
    table = fit(tmp_path)
    assert list(table.columns) == [
        *("step", "epoch", "layer", "weight_norm", "gradient_norm", "units", "dead_units")
    ]
    assert (table["epoch"] == 0).all()
    norms = table[["step", "layer", "weight_norm", "gradient_norm"]]
    pd.testing.assert_frame_equal(norms, by_hand(), rtol=1e-5)
    # The one unit of the weights; a bias has none.
    assert table.query("layer == 'bias'")[["units", "dead_units"]].isna().all(axis=None)
    assert table.query("layer == 'weight' and step > 0")["dead_units"].tolist() == [0, 0, 0]


def test_histograms_are_in_the_event_file(tmp_path):
    fit(tmp_path)
    found = events(tmp_path / "version_0")
    assert sorted(found.Tags()["histograms"]) == [
        "gradients/bias",
        "gradients/weight",
        "weights/bias",
        "weights/weight",
    ]
    last = found.Histograms("weights/weight")[-1]
    assert last.step == 3
    expected = by_hand().query("step == 3 and layer == 'weight'")["weight_norm"].item()
    assert last.histogram_value.num == 2
    assert last.histogram_value.sum_squares == pytest.approx(expected**2, rel=1e-5)


def test_accumulated_gradients_are_recorded_once_they_are_used(tmp_path):
    table = fit(tmp_path, accumulated=2)
    assert table["step"].tolist() == [0, 0, 1, 1, 2, 2]
    # The first two rows at the first weights; Lightning takes the mean.
    slopes = 2 * (X[:2] @ [0.5, 0.5] - Y[:2])
    gradient = np.append(slopes @ X[:2], slopes.sum()) / 2
    gradient *= min(1, CLIP / np.linalg.norm(gradient))
    found = table.query("step == 1")["gradient_norm"]
    expected = [np.linalg.norm(gradient[:2]), abs(gradient[2])]
    assert found.tolist() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("steps", "times"), [(1, 20), (7, 20), (20, 20), (1013, 20), (9, 4)])
def test_records_are_evenly_spaced_over_an_epoch(steps, times):
    due = [step for step in range(steps) if is_due(step, steps, times)]
    assert len(due) == min(steps, times)
    assert due[-1] == steps - 1
    gaps = np.diff([-1, *due])
    assert gaps.max() - gaps.min() <= 1


@pytest.mark.parametrize(
    ("steps", "times"), [(1, 1), (49, 1), (99, 1), (100, 2), (199, 3), (200, 4), (1013, 4)]
)
def test_histograms_have_a_minimum_distance(steps, times):
    due = [step for step in range(steps) if is_due(step, steps, 4, apart=50)]
    assert len(due) == times
    assert due[-1] == steps - 1
    assert (np.diff(due) >= 50).all()


def test_sampling_does_not_change_the_random_state():
    values = torch.arange(10.0 * SAMPLED).reshape(10, -1)
    before = torch.get_rng_state()
    few = torch.tensor([[1.0, torch.inf], [torch.nan, -2.0]], dtype=torch.bfloat16)
    drawn, all_finite = sampled([values, few])
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(drawn, sampled([values])[0])
    assert len(drawn) == SAMPLED
    # A uniform sample: its mean lies within five standard errors of that of all values.
    assert abs(drawn.mean() - values.mean()) < 5 * values.std() / np.sqrt(SAMPLED)
    assert all_finite.tolist() == [1.0, -2.0]


def test_a_resumed_training_records_each_step_once(stores, tmp_path, monkeypatch):
    """Interrupted within the second epoch, the table is that of an uninterrupted training."""
    whole = run(stores, tmp_path / "whole")

    def interrupt(self, batch, batch_index):
        if self.current_epoch == 1 and batch_index == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TrainingModule, "on_train_batch_start", interrupt)
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            run(stores, tmp_path / "cut")
    unfinished = tmp_path / "cut" / "training" / "unfinished" / "layers.csv"
    # Steps 9 to 11 are recorded, but the checkpoint is that of step 8. The last line is truncated.
    assert pd.read_csv(unfinished)["step"].max() == 11
    with unfinished.open("a") as handle:
        handle.write("1")
    resumed = run(stores, tmp_path / "cut")
    assert resumed.layers.read_text() == whole.layers.read_text()
    table = pd.read_csv(resumed.layers)
    assert sorted(table["step"].unique()) == list(range(17))
    assert not table.duplicated(["step", "layer"]).any()


class Gated(Line):
    """Four ReLU units, the second and the last of which are inactive for every input."""

    def __init__(self):
        super().__init__()
        self.network = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
        with torch.no_grad():
            self.network[0].weight.fill_(0.1)
            self.network[0].bias.copy_(torch.tensor([5.0, -5.0, 5.0, -5.0]))


def test_units_without_a_gradient_are_counted(tmp_path):
    table = fit(tmp_path, network=Gated()).query("step > 0")
    assert table.query("layer == '0.weight'")["dead_units"].tolist() == [2, 2, 2]
    assert set(table.query("layer == '0.weight'")["units"]) == {4}
    assert table.query("layer == '2.weight'")["dead_units"].tolist() == [0, 0, 0]
    assert dead_units(table).to_dict("index") == {"0.weight": {"dead_units": 2, "units": 4}}


def test_only_the_first_process_writes(tmp_path):
    class Other:
        is_global_zero = False

    log = LayerLog(tmp_path / "layers.csv")
    log.on_train_start(Other(), Line())
    log.on_train_batch_end(Other(), Line(), None, None, 0)
    assert not (tmp_path / "layers.csv").exists()
