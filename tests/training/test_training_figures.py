import numpy as np
import pandas as pd
import pytest

from noncoding.common import plot_style
from noncoding.layout import figures
from noncoding.stages.plot_training import plot_training
from noncoding.training.figures import draw_layers
from noncoding.training.tables import LAYER_COLUMNS, dead_units, learning_curve


def norms(layers, steps=5, **dead):
    """A table of norms, linear from first to last, of layers of four units, some of them dead."""
    return pd.DataFrame(
        [
            (step, 0, name, first + (last - first) * step / steps)
            + ((0.01, 4, dead.get(name, 0)) if step else (np.nan, np.nan, np.nan))
            for step in range(steps + 1)
            for name, (first, last) in layers.items()
        ],
        columns=LAYER_COLUMNS,
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
def test_the_title_names_the_layer_that_changed_most(layers, title, tmp_path):
    draw_layers(norms(layers), tmp_path / "layers.svg")
    assert title in (tmp_path / "layers.svg").read_text()


def test_dead_units_take_precedence_in_the_title(tmp_path):
    table = norms({"a": (1, 2), "b": (4, 1), "c": (1, 1)}, a=1, c=3)
    draw_layers(table, tmp_path / "layers.svg")
    title = "c: 3 of 4 units are dead at the end of 5 steps; 1 more with dead units"
    assert title in (tmp_path / "layers.svg").read_text()
    # A unit that is inactive for some batches only is not dead.
    table.loc[(table["step"] == 4) & (table["layer"] == "c"), "dead_units"] = 0
    draw_layers(table, tmp_path / "layers.svg")
    assert "a: 1 of 4 units are dead" in (tmp_path / "layers.svg").read_text()
    assert dead_units(table).to_dict("index") == {"a": {"dead_units": 1, "units": 4}}


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


def test_the_learning_curve_has_one_row_per_epoch_and_the_title_names_the_best(tmp_path):
    nothing = dict.fromkeys(("train_loss_epoch", "valid_loss", "valid_auroc", "valid_auprc"))
    metrics = pd.DataFrame(
        [
            {"epoch": 0, "step": 1, "train_loss_step": 0.9} | nothing,
            {"epoch": 0, "step": 7, "train_loss_epoch": 0.7, "valid_loss": 0.6}
            | {"valid_auroc": 0.75, "valid_auprc": 0.25},
            {"epoch": 1, "step": 9, "train_loss_step": 0.6} | nothing,
            {"epoch": 1, "step": 15, "train_loss_epoch": 0.5, "valid_loss": 0.7}
            | {"valid_auroc": 0.5, "valid_auprc": 0.125},
        ]
    )
    curve = learning_curve(metrics.sample(frac=1, random_state=1))
    assert curve.loc[1].tolist() == [0.7, 0.6, 0.75, 0.25]
    assert curve.loc[2].tolist() == [0.5, 0.7, 0.5, 0.125]
    metrics.to_csv(tmp_path / "metrics.csv", index=False)
    norms({"a": (1, 2), "b": (4, 1)}).to_csv(tmp_path / "layers.csv", index=False)
    plot_training(tmp_path / "metrics.csv", tmp_path / "layers.csv", tmp_path)
    drawn = figures("plot_training", tmp_path)
    assert all(path.stat().st_size for paths in drawn for path in paths)
    assert "Best after epoch 1 of 2: validation AUPR 0.250, AUROC 0.750" in drawn[0][0].read_text()
