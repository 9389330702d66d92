import re
import warnings

import numpy as np
import pytest
from figure_checks import LONG_NAME, assert_legible, elements, saved_by

from noncoding.common.plot_style import saved_figure, set_title

NAMES = ("a$", r"$\frac$", "$b$x^$", "US$ A$", "x$_$y", r"50\% $\alpha$")


def drawn(tmp_path, scale):
    """The text of an SVG file with the names in title, labels, ticks, legend and annotation."""
    path = tmp_path / "a.svg"
    with saved_figure(path, tmp_path / "a.png") as figure:
        axes = figure.subplots()
        axes.plot([1, 2, 3], [1, 10, 1000], label=NAMES[4])
        axes.set(xlabel=NAMES[1], ylabel=NAMES[2], yscale=scale)
        axes.set_xticks([1, 2, 3], NAMES[:3])
        axes.annotate(NAMES[5], (1, 1))
        axes.legend()
        set_title(figure, NAMES[3])
    return path.read_text(encoding="utf-8")


def test_a_dollar_sign_in_a_name_is_not_a_formula(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = drawn(tmp_path, "linear")
    for name in NAMES:
        assert f">{name}<" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_dollar_sign_in_a_wrapped_title_is_not_a_formula(tmp_path, name):
    path = tmp_path / "figure.svg"
    titled(path, *[f"{name} {'has the highest AUROC of all targets ' * 4}"] * 2)
    assert path.read_text(encoding="utf-8").count(f">{name} has") == 2


def titled(path, finding, details=""):
    with saved_figure(path) as figure:
        figure.subplots().plot([1, 2])
        set_title(figure, finding, details)


@pytest.mark.parametrize(
    ("finding", "details"),
    [
        ("A is best", ""),
        ("A is best", "over 3 targets"),
        (f"{LONG_NAME} " * 4, f"{LONG_NAME} " * 5),
        ("W" * 200, "i" * 500),
    ],
    ids=["short", "with details", "long", "words longer than a line"],
)
def test_titles_are_wrapped_above_panels_of_the_same_height(tmp_path, finding, details):
    heights = []
    for of in (("", ""), (finding, details)):
        [figure] = saved_by(titled, tmp_path / "figure.svg", *of)
        heights.append(figure.axes[0].get_window_extent().height / figure.dpi)
    assert_legible(figure)
    assert "".join(figure.get_suptitle().split()) == "".join(finding.split())
    assert heights[1] == pytest.approx(heights[0], abs=0.2)


def scattered(path, *points):
    with saved_figure(path) as figure:
        for axes, count in zip(figure.subplots(1, len(points)), points, strict=True):
            axes.plot(np.random.default_rng(0).random(count), "o", label="targets")
            axes.set_title("AUPR")


def test_only_the_largest_plots_are_pixels_in_an_svg_file(tmp_path):
    few, many = tmp_path / "few.svg", tmp_path / "many.svg"
    scattered(few, 1000, 900)
    scattered(many, 1000, 3000)
    assert 1900 < elements(few) < 2000 and "<image" not in few.read_text()
    assert 1000 < elements(many) < 1100 and many.read_text().count("<image") == 1
    assert ">AUPR<" in many.read_text()


@pytest.mark.parametrize("scale", ["log", "symlog"])
def test_exponents_on_logarithmic_axes_are_superscripts(tmp_path, scale):
    visible = re.sub("<!--.*?-->", "", drawn(tmp_path, scale))
    assert "mathdefault" not in visible
    assert "font-size: 6.3px" in visible  # of an exponent
