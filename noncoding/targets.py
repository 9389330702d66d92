"""The target table: what each column of the labels means."""

import os

import pandas as pd

from noncoding.errors import InputError

REQUIRED = ("index", "name", "group")
PUBLISHED_POSITIVES = "test_positives"
"""Column: positive rows of the official test split."""
DESCRIPTIVE = ("cell_type", "assay", "treatment", "peak_file")


def read_targets(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a target table.

    Parameters
    ----------
    path : path
        Tab-separated text with a header. ``index`` (0, 1, 2, … in order) and
        ``group`` are needed; a missing ``name`` is composed of cell type,
        assay and treatment. Further columns are kept as they are.

    Returns
    -------
    pandas.DataFrame
        One row a target, with at least `REQUIRED`.

    Raises
    ------
    InputError
        A column is missing, or the indices are not 0, 1, 2, … in order.
    """
    table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""])
    for column in ("index", "group"):
        if column not in table:
            raise InputError(
                path,
                f"the columns {', '.join(map(str, table.columns))}",
                f"a column '{column}'",
                "Add the column to the target table.",
            )
    if list(table["index"]) != list(range(len(table))):
        raise InputError(
            f"{path}, column index",
            f"{list(table['index'][:5])} …",
            "0, 1, 2, … in order, one row a target",
            "Number the targets in the order of the label matrix.",
        )
    if "name" not in table:
        parts = table.reindex(columns=["cell_type", "assay", "treatment"])
        table.insert(1, "name", parts.apply(lambda row: " ".join(row.dropna()), axis=1))
    for column in ("name", "group", *DESCRIPTIVE):
        if column in table:
            table[column] = table[column].fillna("").astype(str)
    return table


def write_targets(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a target table as tab-separated text with a header."""
    table.to_csv(path, sep="\t", index=False)
