"""Figures of the page."""

import base64
import io
import re
from itertools import chain

import pytest
from PIL import Image
from report_page import made

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.report.captions import CAPTIONS


def test_every_figure_is_embedded(tree):
    page = made(tree)
    source = tree.page.read_text()
    vector = {str(path) for path in tree.root.rglob("*.svg")}
    assert sorted(re.findall(r"<title>(/.*?)</title></svg>", source)) == sorted(vector)
    images = [base64.b64decode(img["src"].split(",", 1)[1]) for img in page.all("img")]
    raster = [*tree.root.rglob("*.png")]
    assert sorted(map(colours, map(io.BytesIO, images))) == sorted(map(colours, raster))
    assert len(vector) == 15 and len(raster) == 4
    assert all(img["alt"] for img in page.all("img"))
    assert all(svg["aria-label"] and svg["role"] == "img" for svg in page.all("svg"))


def colours(file) -> list[tuple[int, tuple[int, ...]]]:
    with Image.open(file) as image:
        return image.convert("RGB").getcolors()


def test_a_large_vector_figure_is_shown_as_pixels(tree):
    path = tree.root / "data/figures/base_composition.svg"
    path.write_text(path.read_text().replace("</svg>", "<g/>" * 30_000 + "</svg>"))
    Image.new("RGB", (4, 3), (1, 2, 3)).save(path.with_suffix(".png"))
    page = made(tree)
    shown = [base64.b64decode(img["src"].split(",", 1)[1]) for img in page.all("img")]
    assert [(12, (1, 2, 3))] in map(colours, map(io.BytesIO, shown))
    assert str(path) not in tree.page.read_text()


def test_a_page_has_less_than_5_mb_whatever_its_figures(tree):
    noise = Image.effect_noise((1500, 1500), 80)
    for path in tree.root.rglob("*.png"):
        noise.save(path)
    page = made(tree)
    assert 1e6 < tree.page.stat().st_size < 5e6
    shown = len(page.all("img"))
    assert 0 < shown < 4
    assert page.text.count("Not shown, to limit the size of this page") == 4 - shown


def test_ids_of_figures_are_unique_and_their_references_lead_to_them(tree):
    drawn = '<clipPath id="p1"/><path id="m1" clip-path="url(#p1)" style="fill: #aa0000"/>'
    drawn += '<use xlink:href="#m1" style="fill: url(#p1)"/>'
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    for path in tree.root.rglob("*.svg"):
        path.write_text(f"<svg {space}>{drawn}</svg>")
    page = made(tree)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    source = tree.page.read_text()
    references = re.findall(r"url\(#(.*?)\)", source) + [
        u["xlink:href"][1:] for u in page.all("use")
    ]
    assert len(references) == 3 * 15 and set(references) <= set(ids)
    assert source.count("fill: #aa0000") == 15


@pytest.mark.parametrize(
    ("name", "stage", "kept"),
    [
        ("data/figures/base_composition.svg", "describe", 30),
        ("small/motifs/figures/001-hostile.png", "motifs", 4),
        ("small/motifs/figures/001-hostile.png", "motifs", 50),
    ],
)
def test_a_damaged_figure_is_refused(tree, name, stage, kept):
    path = tree.root / name
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match="cannot be read") as error:
        made(tree)
    assert error.value.where == str(path)
    assert error.value.remedy == f"Run the stage '{stage}' again."


def test_every_figure_of_the_page_has_a_caption():
    shown = [names for stage, names in layout.FIGURES.items() if stage != "sweep"]
    assert set(chain(*shown)) == set(CAPTIONS)


def test_figures_of_other_models_do_not_displace_those_of_the_best(tree):
    tree.add_model("large", mean_auprc=0.41)
    tree.rank("large", "small")
    for path in tree.root.rglob("small/*/figures/*.png"):
        Image.effect_noise((1500, 1500), 80).save(path)
    page = made(tree, "small", "large")
    source = tree.page.read_text()
    best = [*tree.root.rglob("large/*/figures/*.png")]
    assert source.count('width="4"') == len(best) == 4
    assert page.text.count("Not shown, to limit the size of this page") > 0
