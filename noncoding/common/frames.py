"""Data frames as tab-separated files; apart from `tables`, which must not load pandas."""

import os

import pandas as pd

from noncoding.common.files import atomic_write


def write_table(table: pd.DataFrame, path: str | os.PathLike[str], digits: int = 7) -> None:
    """Write a tab-separated table atomically, without its index.

    `digits` are the significant digits of floating-point numbers.
    """
    with atomic_write(path) as [partial]:
        table.to_csv(partial, sep="\t", index=False, float_format=f"%.{digits}g")
