"""The target table: the meaning of each label column."""

import csv
import difflib
import os
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from io import StringIO

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError, some_of
from noncoding.common.tables import read_table

PUBLISHED_POSITIVES = "test_positives"
"""Column: positive rows of the official test split."""
ADD_NEGATIVES = (
    "A data set of peaks holds only bins with a peak of at least one target. Add peak files of "
    "other factors or assays: bins with their peaks and none of this target are its negatives."
)
"""What to do where a target is positive in every row."""
_TEXT = ("name", "group", "cell_type", "assay", "treatment", "peak_file", "motif")
_SELECTED = ("name", "group")
"""Columns that a pattern is compared with."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def read_targets(path: str | os.PathLike[str], *, strip: bool = False) -> pd.DataFrame:
    """Read a target table, one row per target.

    Parameters
    ----------
    path : path
        Tab-separated text with a header. ``index`` (0, 1, 2, … in order) and ``group`` are
        required; a missing ``name`` is composed of ``cell_type``, ``assay`` and ``treatment``;
        ``motif`` names a target's known motif where the others do not. Other columns are kept.
    strip : bool
        Remove white space around values: for tables that a person wrote.

    Raises
    ------
    InputError
        The file is not such text, a column is missing, the indices are not 0, 1, 2, … in
        order, or a name is empty.
    """
    # Names are text: 007, 1.10 and 1e5 are not the numbers 7, 1.1 and 100000.
    text = dict.fromkeys(_TEXT, str)
    given = read_table(path, required=("index", "group"), strip=strip)
    content = StringIO()
    csv.writer(content, delimiter="\t").writerows([given.columns, *map(dict.values, given.rows)])
    content.seek(0)
    table = pd.read_csv(content, sep="\t", dtype=text, keep_default_na=False, na_values=[""])
    if list(table["index"]) != list(range(len(table))):
        raise InputError(
            f"{path}, column index",
            f"{list(table['index'][:5])} …",
            "0, 1, 2, … in order, one row per target",
            "Number the targets in the order of the label matrix.",
        )
    if "name" not in table:
        parts = table.reindex(columns=["cell_type", "assay", "treatment"])
        table.insert(1, "name", parts.apply(lambda row: " ".join(row.dropna()), axis=1))
    for column in _TEXT:
        if column in table:
            table[column] = table[column].fillna("").astype(str)
    for line, name in zip(given.lines, table["name"], strict=True):
        check_name(name, f"{path}, line {line}")
    return table


def check_name(name: str, where: str) -> None:
    """Refuse a target's name that is empty or contains a control character, such as a line break.

    `where` is the file and row, for the error.
    """
    if not name.strip() or _CONTROL.search(name):
        raise InputError(where, f"the target name {name!r}", "text on one line", "Name the target.")


def distinct_names(table: pd.DataFrame) -> pd.Series:
    """Names of targets, with the index where several share one: ``K562 CTCF (index 412)``."""
    numbered = table["name"] + " (index " + table["index"].astype(str) + ")"
    return table["name"].where(~table["name"].duplicated(keep=False), numbered)


def named_target(table: pd.DataFrame, entry: str | int, where: str) -> pd.DataFrame:
    """Rows of a target table with a given name or index; several, if targets share the name.

    `where` is the configuration key for the `InputError` that is raised if there is none.
    """
    found = table[table["index" if isinstance(entry, int) else "name"] == entry]
    if found.empty:
        raise InputError(
            where,
            repr(entry),
            f"a name or an index (0 … {len(table) - 1}) in the target table",
            _similar(entry, table["name"]) or "See evaluation/targets.tsv.",
        )
    return found


def select_targets(
    table: pd.DataFrame, wanted: Iterable[str | int], where: str = "targets"
) -> pd.DataFrame:
    """Rows of a target table that at least one entry means, in the order of the table.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``index``, ``name`` and ``group``.
    wanted : iterable of str or int
        Each an index, a name, a group, a pattern of names or groups (``*`` for any characters,
        ``?`` for one), or several of these separated by commas. The name of a target is never
        read as an index, a group, a pattern or a list. All targets if there is no entry.
    where : str
        The option or configuration key, for errors.

    Raises
    ------
    InputError
        An entry matches no target.

    Examples
    --------
    >>> table = pd.DataFrame({"index": [0, 1], "name": ["CTCF", "REST"], "group": ["TF", "TF"]})
    >>> select_targets(table, ["CT*", 0])["name"].tolist()
    ['CTCF']
    """
    entries = list(wanted)
    chosen = np.full(len(table), not entries)
    for entry in entries:
        # A name may contain a comma.
        if isinstance(entry, int) or _meant(table, entry).any():
            parts = [entry]
        else:
            parts = [part.strip() for part in entry.split(",")]
        for part in parts:
            if not (found := _meant(table, part)).any():
                raise _no_such_target(table, part, where)
            chosen |= found
    return table[chosen]


def _meant(table: pd.DataFrame, entry: str | int) -> npt.NDArray[np.bool_]:
    """Rows with a name, else an index, a group or a pattern of names or groups."""
    indices = table["index"].astype(str) == str(entry)
    for found in (table["name"] == entry, indices, table["group"] == entry):
        if found.any():
            return found.to_numpy()
    pattern = str(entry).replace("[", "[[]")  # fnmatch would take it for a set of characters
    return np.any([[fnmatchcase(text, pattern) for text in table[key]] for key in _SELECTED], 0)


def _no_such_target(table: pd.DataFrame, entry: str | int, where: str) -> InputError:
    return InputError(
        where,
        f"{entry!r}, which matches no target",
        f"an index (0 … {len(table) - 1}), a name, a group ({some_of(table['group'])}) or a "
        "pattern of them, such as 'CT*'",
        _similar(entry, [*table["group"], *table["name"]]) or "Correct it.",
    )


def _similar(entry: object, names: Iterable[str]) -> str:
    """A question with the most similar names, in whatever case; empty if none is similar."""
    known = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(str(entry).casefold(), known, n=3, cutoff=0.4)
    return f"Did you mean {' or '.join(known[name] for name in close)}?" if close else ""


def check_same_targets(
    where: object, targets: pd.DataFrame, expected: pd.DataFrame, of: str, remedy: str
) -> None:
    """Refuse a table of targets with other names, or in another order.

    `where` is its origin, e.g. a path; `of` that of the expected ones, e.g. "the test split".
    """
    if list(targets["name"]) != list(expected["name"]):
        raise InputError(
            where,
            f"{len(targets)} targets that are not those of {of}",
            f"the same {len(expected)} targets, in the same order",
            remedy,
        )


def write_targets(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a target table as tab-separated text with a header."""
    table.to_csv(path, sep="\t", index=False)
