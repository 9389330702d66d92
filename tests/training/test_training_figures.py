import numpy as np
import pandas as pd
import pytest
from figure_checks import assert_legible, elements, saved_by

from noncoding.layout import figures
from noncoding.stages.plot_training import plot_training
from noncoding.training.figures import draw_layers, draw_learning_curve, layers_finding, part
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
    ("layers", "title", "details"),
    [
        (
            {"a": (1, 2), "b": (4, 1), "c": (5, 9)},
            "The norm of b changed most",
            "4 → 1 (×0.25) in 5 steps; no unit is dead",
        ),
        ({"a": (1, 3), "b": (4, 2), "bias": (0, 9)}, "The norm of a changed most", "1 → 3 (×3)"),
        ({"bias": (0, 1)}, "No layer had weights both before and after 5 steps", ""),
        ({"a": (0, 0)}, "No layer had weights both before and after 5 steps", ""),
        ({"a": (2, 2)}, "The norm of a changed most", "2 → 2 (×1)"),
    ],
)
def test_the_title_names_the_layer_that_changed_most(layers, title, details, tmp_path):
    [figure] = saved_by(draw_layers, norms(layers), tmp_path / "layers.svg")
    assert_legible(figure)
    found = layers_finding(norms(layers))
    assert found[0] == title == figure.get_suptitle()
    assert found[1].startswith(details)


def test_dead_units_take_precedence_in_the_title(tmp_path):
    table = norms({"a": (1, 2), "b": (4, 1), "c": (1, 1)}, a=1, c=3)
    assert layers_finding(table) == (
        "3 of 4 units of c are dead",
        "after 5 steps; layers with dead units: 2",
    )
    [figure] = saved_by(draw_layers, table, tmp_path / "layers.svg")
    assert_legible(figure)
    labels = {text.get_position()[1]: text.get_text() for text in figure.axes[0].get_yticklabels()}
    counts = {text.get_text(): labels[text.xy[1]] for text in figure.axes[2].texts}
    assert counts == {"1 of 4": "a", "3 of 4": "c"}
    # A unit that is inactive for some batches only is not dead.
    table.loc[(table["step"] == 4) & (table["layer"] == "c"), "dead_units"] = 0
    assert layers_finding(table) == ("1 of 4 units of a are dead", "after 5 steps")
    assert dead_units(table).to_dict("index") == {"a": {"dead_units": 1, "units": 4}}


@pytest.mark.parametrize(
    ("layer", "found"),
    [
        ("resnet.stem.convolution.weight", "resnet.stem"),
        ("resnet.blocks.10.reduce.2.weight", "resnet.blocks.10"),
        ("sequence.layers.layer.0.rel_attn.q", "sequence.layers.layer.0"),
        ("head.score.weight", "head"),
        ("head.preference", "head"),
        ("lstm.weight_ih_l0", "lstm"),
        ("convolutions.4.bias", "convolutions.4"),
        ("scale", "scale"),
    ],
)
def test_part_of_a_layer(layer, found):
    assert part(layer) == found


def test_layers_are_grouped_by_part(tmp_path):
    names = ["stem.norm.weight", "blocks.0.a", "blocks.0.b", "blocks.1.a", "head.bias"]
    [figure] = saved_by(draw_layers, norms(dict.fromkeys(names, (1, 2))), tmp_path / "layers.svg")
    texts = figure.axes[0].get_yticklabels()
    headings = [text.get_text() for text in texts if text.get_weight() == "bold"]
    assert headings == ["stem", "blocks.0", "blocks.1", "head"]
    rows = {round(text.get_position()[1]): text.get_text() for text in texts}
    assert [rows[row] for row in range(9)] == [
        *("stem", "norm.weight", "blocks.0", "a", "b", "blocks.1", "a", "head", "bias"),
    ]


@pytest.mark.parametrize("layers", [1, 50, 140])
def test_a_heat_map_of_many_layers_is_legible_and_small(layers, tmp_path):
    name = "sequence.layers.layer.{}.rel_attn.layer_norm.weight"
    names = [name.format(number // 8) + str(number) for number in range(layers)]
    growing = {name: (number + 1, 3 * number + 1) for number, name in enumerate(names)}
    table = norms(growing, steps=60, **{names[-1]: 3})
    path = tmp_path / "layers.svg"
    [figure] = saved_by(draw_layers, table.assign(step=table["step"] * 10_000), path)
    assert_legible(figure)
    # Headings, letters and axes; the heat maps are pixels.
    assert elements(path) < 1000


def test_a_heat_map_has_the_means_of_neighbouring_steps(tmp_path):
    table = norms({"a": (1, 2), "b": (4, 1)}, steps=400)
    [figure] = saved_by(draw_layers, table, tmp_path / "layers.png")
    weights, ratios = (axes.collections[0] for axes in figure.axes[:2])
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(labels) == 4
    # The rows of the layers; the others have the names of their parts.
    a, b = (weights.get_array()[row] for row in (1, 3))
    assert weights.get_array().mask[[0, 2]].all()
    assert len(a) == 200
    assert weights.get_coordinates()[0, [0, 1, -1], 0].tolist() == [0, 2, 400]
    # Steps 1 and 2 of a: 1 + 1 / 400 and 1 + 2 / 400; steps 1 and 2 of b: 4 - 3 / 400 and so on.
    assert a[0] == pytest.approx(1 + 1.5 / 400)
    assert b[0] == pytest.approx(4 - 3 * 1.5 / 400)
    assert ratios.get_array()[3, -1] == pytest.approx(
        0.01 * np.mean([1 / (4 - 3 * step / 400) for step in (399, 400)])
    )


@pytest.mark.parametrize("epochs", [1, 2, 200])
def test_learning_curves_are_legible(epochs, tmp_path):
    falling = 1 / np.arange(1, epochs + 1)
    curve = pd.DataFrame({"train_loss": falling, "valid_loss": falling + 0.1})
    curve = curve.assign(valid_auroc=1 - falling / 2, valid_auprc=1 - falling / 2)
    curve.index += 1
    [figure] = saved_by(draw_learning_curve, curve, tmp_path / "curve.svg")
    assert_legible(figure)
    assert f"highest after epoch {epochs} of {epochs}" in figure.get_suptitle()
    # An epoch is a whole number.
    for axes in figure.axes:
        shown = [tick.label1.get_text() for tick in axes.xaxis.get_major_ticks()]
        assert all(text == "" or text.isdecimal() or text.startswith("−") for text in shown)


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
    text = drawn[0][0].read_text()
    assert ">Validation AUPR is highest after epoch 1 of 2<" in text
    assert ">AUPR 0.250, AUROC 0.750<" in text
