import re
import warnings

import pytest

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
    with saved_figure(path) as figure:
        figure.add_subplot()
        set_title(figure, f"{name} {'has the highest AUROC of all targets ' * 4}")
    assert f">{name} has" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("scale", ["log", "symlog"])
def test_exponents_on_logarithmic_axes_are_superscripts(tmp_path, scale):
    visible = re.sub("<!--.*?-->", "", drawn(tmp_path, scale))
    assert "mathdefault" not in visible
    assert "font-size: 6.3px" in visible  # of an exponent
