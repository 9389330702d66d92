"""Figures as part of the page: small ones as vectors, large ones as compressed pixels."""

import base64
import html
import io
from itertools import count
from pathlib import Path
from xml.etree import ElementTree as ET

from PIL import Image

from noncoding.common.errors import InputError
from noncoding.report.results import existing, rerun

MOST_VECTORS = 100_000
"""Largest SVG file, in bytes, that becomes a part of the page; others are shown as pixels."""
MOST_IMAGES = 3_500_000
"""Bytes of all figures, so that a page has less than 5 MB."""
MOST_OF_OTHERS = 2_500_000
"""Bytes from which on figures of models other than the best are not shown."""
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ET.register_namespace("", _SVG)
ET.register_namespace("xlink", _XLINK)


class Images:
    """Markup of the figures of a page."""

    def __init__(self) -> None:
        self._used = 0
        self._numbers = count(1)

    def markup(self, path: Path, stage: str, alt: str, best: bool) -> str:
        """An ``svg`` or ``img`` element; empty if the figures before it fill the page.

        Parameters
        ----------
        path : Path
            PNG file, or SVG file beside a PNG file of the same figure.
        stage : str
            That writes the figure.
        alt : str
            Description for screen readers.
        best : bool
            Whether this is a figure of the data set or of its best model.

        Raises
        ------
        InputError
            The file is missing or cannot be read.
        """
        try:
            if path.suffix == ".svg" and existing(path, stage).stat().st_size <= MOST_VECTORS:
                markup = _vector(path, alt, f"figure{next(self._numbers)}-")
            else:
                markup = _pixels(existing(path.with_suffix(".png"), stage), alt)
        except (SyntaxError, OSError) as error:  # ET.ParseError is a SyntaxError.
            found = f"an image that cannot be read ({error})"
            raise InputError(path, found, "an image", rerun(stage)) from error
        used = self._used + len(markup.encode())
        if used > (MOST_IMAGES if best else MOST_OF_OTHERS):
            return ""
        self._used = used
        return markup


def _vector(path: Path, alt: str, prefix: str) -> str:
    """The SVG element of a file, with a prefix to make its ids unique on the page."""
    root = ET.parse(path).getroot()
    for metadata in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(metadata)
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == "id":
                element.set(name, prefix + value)
            elif name == f"{{{_XLINK}}}href" and value.startswith("#"):
                element.set(name, f"#{prefix}{value[1:]}")
            else:
                element.set(name, value.replace("url(#", f"url(#{prefix}"))
    root.attrib |= {"role": "img", "aria-label": alt}
    return ET.tostring(root, encoding="unicode")


def _pixels(path: Path, alt: str) -> str:
    """An image in its size on paper, of at most 256 colours, which are enough for a figure."""
    compressed = io.BytesIO()
    with Image.open(path) as image:
        width = round(96 * image.width / image.info.get("dpi", (96, 96))[0])
        few = image.convert("RGB").quantize(
            method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        few.convert("RGB").save(compressed, "webp", lossless=True)
    data = base64.b64encode(compressed.getvalue()).decode()
    source = f"data:image/webp;base64,{data}"
    return f'<img src="{source}" width="{width}" alt="{html.escape(alt)}">'
