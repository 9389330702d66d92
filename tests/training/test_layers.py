import json
import warnings

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from test_train import run
from torch import nn
from torch.utils.data import DataLoader

from noncoding.common import plot_style
from noncoding.common.errors import InputError
from noncoding.training import loggers as loggers_module
from noncoding.training.layers import SAMPLED, LayerLog, dead_units, draw_layers, is_due, sampled
from noncoding.training.loggers import flat, log_hyperparameters, loggers
from noncoding.training.module import TrainingModule

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


def test_the_norms_are_those_by_hand(tmp_path):
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
def test_times_are_spread_over_an_epoch(steps, times):
    due = [step for step in range(steps) if is_due(step, steps, times)]
    assert len(due) == min(steps, times)
    assert due[-1] == steps - 1
    gaps = np.diff([-1, *due])
    assert gaps.max() - gaps.min() <= 1


@pytest.mark.parametrize(
    ("steps", "times"), [(1, 1), (49, 1), (99, 1), (100, 2), (199, 3), (200, 4), (1013, 4)]
)
def test_times_lie_apart(steps, times):
    due = [step for step in range(steps) if is_due(step, steps, 4, apart=50)]
    assert len(due) == times
    assert due[-1] == steps - 1
    assert (np.diff(due) >= 50).all()


def test_sampling_leaves_the_random_numbers_alone():
    values = torch.arange(10.0 * SAMPLED).reshape(10, -1)
    before = torch.get_rng_state()
    drawn = sampled(values)
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(drawn, sampled(values))
    assert len(drawn) == SAMPLED
    # A uniform sample: its mean lies within five standard errors of that of all values.
    assert abs(drawn.mean() - values.mean()) < 5 * values.std() / np.sqrt(SAMPLED)
    few = torch.tensor([[1.0, torch.inf], [torch.nan, -2.0]])
    assert sampled(few).tolist() == [1.0, -2.0]


def test_a_resumed_training_records_each_step_once(stores, tmp_path, monkeypatch):
    """Cut off within the second epoch, the table becomes that of a whole training."""
    whole = run(stores, tmp_path / "whole")

    def cut(self, batch, batch_index):
        if self.current_epoch == 1 and batch_index == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TrainingModule, "on_train_batch_start", cut)
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            run(stores, tmp_path / "cut")
    unfinished = tmp_path / "cut" / "unfinished" / "layers.csv"
    # Steps 9 to 11 are recorded, but the checkpoint is that of step 8. A last line is cut off.
    assert pd.read_csv(unfinished)["step"].max() == 11
    with unfinished.open("a") as handle:
        handle.write("1")
    # Where a training is logged does not keep it from going on.
    settings = json.loads((unfinished.parent / "settings.json").read_text())
    assert "wandb" not in settings["training"]
    resumed = run(stores, tmp_path / "cut")
    assert resumed.layers.read_text() == whole.layers.read_text()
    table = pd.read_csv(resumed.layers)
    assert sorted(table["step"].unique()) == list(range(17))
    assert not table.duplicated(["step", "layer"]).any()


def norms(layers, steps=5, **dead):
    """A table of made-up norms: layer → first and last; and of four units, the dead ones."""
    return pd.DataFrame(
        [
            (step, 0, name, first + (last - first) * step / steps)
            + ((0.01, 4, dead.get(name, 0)) if step else (np.nan, np.nan, np.nan))
            for step in range(steps + 1)
            for name, (first, last) in layers.items()
        ],
        columns=[
            *("step", "epoch", "layer", "weight_norm", "gradient_norm", "units", "dead_units")
        ],
    )


@pytest.mark.parametrize(
    ("layers", "title"),
    [
        (
            {"a": (1, 2), "b": (4, 1), "c": (5, 9)},
            "b changed most: norm 4 → 1 (×0.25) in 5 steps; no unit is dead",
        ),
        ({"a": (1, 3), "b": (4, 2), "bias": (0, 9)}, "a changed most: norm 1 → 3 (×3)"),
        ({"bias": (0, 1)}, "No layer had weights"),
        ({"a": (0, 0)}, "No layer had weights"),
        ({"a": (2, 2)}, "a changed most: norm 2 → 2 (×1)"),
    ],
)
def test_the_title_names_the_layer_that_moved_most(layers, title, tmp_path):
    draw_layers(norms(layers), tmp_path / "layers.svg")
    assert title in (tmp_path / "layers.svg").read_text()


def test_dead_units_are_named_before_all_else(tmp_path):
    table = norms({"a": (1, 2), "b": (4, 1), "c": (1, 1)}, a=1, c=3)
    draw_layers(table, tmp_path / "layers.svg")
    title = "c: 3 of 4 units are dead at the end of 5 steps; 1 more with dead units"
    assert title in (tmp_path / "layers.svg").read_text()
    # A unit that rests for some batches only is not dead.
    table.loc[(table["step"] == 4) & (table["layer"] == "c"), "dead_units"] = 0
    draw_layers(table, tmp_path / "layers.svg")
    assert "a: 1 of 4 units are dead" in (tmp_path / "layers.svg").read_text()
    assert dead_units(table).to_dict("index") == {"a": {"dead_units": 1, "units": 4}}


class Gated(Line):
    """Four units of ReLU, of which the second and the last are off for every input."""

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


@pytest.mark.parametrize("layers", [2, 50, 140])
def test_labels_do_not_overlap(layers, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(plot_style.plt, "close", drawn.append)
    name = "sequence.layers.layer.{}.rel_attn.layer_norm.weight"
    table = norms({name.format(n): (n + 1, 3 * n + 1) for n in range(layers)}, steps=60)
    draw_layers(table.assign(step=table["step"] * 10_000), tmp_path / "layers.png")
    [figure] = drawn
    labels = [axes.xaxis.label for axes in figure.axes]
    assert sum(bool(label.get_text()) for label in labels) == 6
    boxes = [label.get_window_extent() for label in labels]
    for number, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0
        assert box.x1 <= figure.bbox.x1
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_a_heat_map_has_the_means_of_neighbouring_steps(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(plot_style.plt, "close", drawn.append)
    table = norms({"a": (1, 2), "b": (4, 1)}, steps=400)
    draw_layers(table, tmp_path / "layers.png")
    [figure] = drawn
    weights, ratios = (axes.collections[0] for axes in figure.axes[:2])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b"]
    assert weights.get_array().shape == (2, 200)
    assert weights.get_coordinates()[0, [0, 1, -1], 0].tolist() == [0, 2, 400]
    # Steps 1 and 2 of a: 1 + 1 / 400 and 1 + 2 / 400.
    assert weights.get_array()[0, 0] == pytest.approx(1 + 1.5 / 400)
    assert ratios.get_array()[1, -1] == pytest.approx(
        0.01 * np.mean([1 / (4 - 3 * step / 400) for step in (399, 400)])
    )


def test_the_configuration_is_logged(tmp_path):
    record = {"seed": 3, "training": {"shift": 1, "flip": True}, "sizes": {"channels": [8, 16]}}
    made = loggers(tmp_path / "unfinished", tmp_path / "tensorboard", None)
    assert [type(logger) for logger in made] == [CSVLogger, TensorBoardLogger]
    log_hyperparameters(made, record)
    for logger in made:
        logger.save()
    expected = {"seed": 3, "training/shift": 1, "training/flip": True, "sizes/channels": "[8, 16]"}
    assert dict(flat(record)) == expected
    for logger in made:
        assert dict(pl.core.saving.load_hparams_from_yaml(f"{logger.log_dir}/hparams.yaml")) == (
            expected
        )
    plugin = events(made[1].log_dir).PluginTagToContent("hparams")
    assert "_hparams_/session_start_info" in plugin


def test_weights_and_biases_is_asked_for_but_not_installed(tmp_path, monkeypatch):
    def missing(**settings):
        raise ModuleNotFoundError("wandb")

    monkeypatch.setattr(loggers_module, "WandbLogger", missing)
    with pytest.raises(InputError, match="no package wandb") as error:
        loggers(tmp_path / "unfinished", tmp_path / "tensorboard", "enhancers")
    assert "pip install wandb" in error.value.remedy


def test_weights_and_biases_gets_the_project(tmp_path, monkeypatch):
    monkeypatch.setattr(loggers_module, "WandbLogger", lambda **settings: settings)
    *_, made = loggers(tmp_path / "unfinished", tmp_path / "tensorboard", "enhancers")
    assert made == {"project": "enhancers", "save_dir": tmp_path}


def test_only_the_first_process_writes(tmp_path):
    class Other:
        is_global_zero = False

    log = LayerLog(tmp_path / "layers.csv")
    log.on_train_start(Other(), Line())
    log.on_train_batch_end(Other(), Line(), None, None, 0)
    assert not (tmp_path / "layers.csv").exists()
