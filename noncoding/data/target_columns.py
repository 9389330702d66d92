"""Columns of tables that describe targets; without heavy imports, since the rules read them."""

import re
from collections.abc import Sequence

NAMING = ("cell_type", "assay", "treatment")
"""Columns of which a missing name is composed."""
TEXT_COLUMNS = ("name", "group", *NAMING, "peak_file", "motif")
"""Columns that are text, also where they look like numbers: 007, 1.10 and 1e5."""
DOWNLOADED = ("url", "sha256")
"""Columns that say where a peak file is, which may hold passwords, and not what it is."""

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


def composed_name(cell_type: str, assay: str, treatment: str) -> str:
    """Name of a target that has none: the parts that are not empty.

    Examples
    --------
    >>> composed_name("K562", "CTCF", "")
    'K562 CTCF'
    """
    return " ".join(filter(None, (cell_type, assay, treatment)))


def numbers_or_text(values: Sequence[str]) -> list[int] | list[float] | list[str]:
    """The values of a column: numbers if all that are not empty are; else text.

    Examples
    --------
    >>> numbers_or_text(["1", "20"]), numbers_or_text(["0.5", ""]), numbers_or_text(["1", "x"])
    ([1, 20], [0.5, nan], ['1', 'x'])
    """
    if values and all(map(_INTEGER.fullmatch, values)):
        return [int(value) for value in values]
    if any(values) and all(not value or _NUMBER.fullmatch(value) for value in values):
        return [float(value or "nan") for value in values]
    return list(values)
