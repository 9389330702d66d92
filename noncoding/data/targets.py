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
from noncoding.data.target_columns import DOWNLOADED, NAMING, TEXT_COLUMNS, composed_name

PUBLISHED_POSITIVES = "test_positives"
"""Column: positive rows of the official test split."""
ADD_NEGATIVES = (
    "By default, a data set of peaks holds only bins with a peak of at least one target. Add peak "
    "files of other factors or assays: bins with their peaks and none of this target are its "
    "negatives. Or set the key 'negatives' of the data set, which adds bins without a label."
)
"""What to do where a target is positive in every row."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def read_targets(path: str | os.PathLike[str], *, strip: bool = False) -> pd.DataFrame:
    """Read a target table, one row per target.

    Parameters
    ----------
    path : path
        Tab-separated text with a header. ``index`` (0, 1, 2, … in order) and ``group`` are
        required; a missing ``name`` is composed of ``cell_type``, ``assay`` and ``treatment``;
        ``motif`` names a target's known motif where the others do not. Other columns are kept,
        except for ``url`` and ``sha256`` of peak files.
    strip : bool
        Remove white space around values: for tables that a person wrote.

    Raises
    ------
    InputError
        The file is not such text, a column is missing, the indices are not 0, 1, 2, … in
        order, or a name is empty.
    """
    # Names are text: 007, 1.10 and 1e5 are not the numbers 7, 1.1 and 100000.
    text = dict.fromkeys(TEXT_COLUMNS, str)
    given = read_table(path, required=("index", "group"), strip=strip)
    content = StringIO()
    csv.writer(content, delimiter="\t").writerows([given.columns, *map(dict.values, given.rows)])
    content.seek(0)
    table = pd.read_csv(content, sep="\t", dtype=text, keep_default_na=False, na_values=[""])
    table = table.drop(columns=list(DOWNLOADED), errors="ignore")
    if list(table["index"]) != list(range(len(table))):
        raise InputError(
            f"{path}, column index",
            f"{list(table['index'][:5])} …",
            "0, 1, 2, … in order, one row per target",
            "Number the targets in the order of the label matrix.",
        )
    if "name" not in table:
        parts = table.reindex(columns=list(NAMING)).fillna("")
        table.insert(1, "name", [composed_name(*each) for each in parts.itertuples(index=False)])
    for column in TEXT_COLUMNS:
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
    """Names of targets, each of which only one target has.

    Targets that share a name are told apart by the columns of `NAMING` in which they differ,
    and by their index where these are the same.

    Parameters
    ----------
    table : pandas.DataFrame
        All targets: columns ``index``, ``name``, and optionally `NAMING`.

    Returns
    -------
    pandas.Series
        With the index of the table.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["CTCF", "CTCF", "REST", "REST", "MYC"]})
    >>> table["cell_type"] = ["GM12878", "K562", "K562", "K562", "K562"]
    >>> distinct_names(table.assign(index=range(5))).tolist()
    ['CTCF (GM12878)', 'CTCF (K562)', 'REST (K562, index 2)', 'REST (K562, index 3)', 'MYC']
    """
    names = table["name"]
    shared = names.duplicated(keep=False)
    if not shared.any():
        return names
    labels = names.copy()
    for name, rows in _descriptions(table)[shared].groupby(names[shared], sort=False):
        differences = _differences(rows, str(name))
        labels[rows.index] = [f"{name} ({text})" if text else name for text in differences]
    equal = shared & (labels.duplicated(keep=False) | (labels == names))
    number = "index " + table["index"].astype(str) + ")"
    numbered = np.where(labels == names, names + " (" + number, labels.str[:-1] + ", " + number)
    return labels.where(~equal, numbered)


def _descriptions(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of `NAMING` as text, empty where there is none."""
    return table.reindex(columns=[*NAMING]).astype(object).fillna("").astype(str)


def _differences(rows: pd.DataFrame, name: str) -> list[str]:
    """What tells several targets of the same name apart; empty if nothing does."""
    differ = [column for column in rows if rows[column].nunique() > 1]
    texts = rows[differ]
    if not (texts != "").any(axis=1).all():
        # One of them would have the bare name. "K562 CTCF" need not be described by K562.
        texts = rows[[key for key in rows if key in differ or rows[key].iloc[0] not in name]]
    return [", ".join(filter(None, row)) for row in texts.itertuples(index=False, name=None)]


def named_target(table: pd.DataFrame, entry: str | int, where: str) -> pd.DataFrame:
    """Rows of a target table with a given name or index; several, if targets share the name.

    A name may also be one of `distinct_names`. `where` is the configuration key for the
    `InputError` that is raised if there is none.
    """
    found = table[table["index" if isinstance(entry, int) else "name"] == entry]
    names = distinct_names(table)
    if found.empty:
        found = table[names == entry]
    if found.empty:
        raise InputError(
            where,
            repr(entry),
            f"a name or an index (0 … {len(table) - 1}) in the target table",
            _similar(entry, [*table["name"], *names]) or "See evaluation/targets.tsv.",
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
        ``?`` for one), or several of these separated by commas. A name that targets share means
        all of them, and one of `distinct_names` a single one. The name of a target is never read
        as an index, a group, a pattern or a list. All targets if there is no entry.
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
    names = distinct_names(table)
    indices = table["index"].astype(str) == str(entry)
    for found in (table["name"] == entry, names == entry, indices, table["group"] == entry):
        if found.any():
            return found.to_numpy()
    pattern = str(entry).replace("[", "[[]")  # fnmatch would take it for a set of characters
    texts = (table["name"], names, table["group"])
    return np.any([[fnmatchcase(text, pattern) for text in column] for column in texts], 0)


def _no_such_target(table: pd.DataFrame, entry: str | int, where: str) -> InputError:
    similar = _similar(entry, [*table["group"], *table["name"], *distinct_names(table)])
    return InputError(
        where,
        f"{entry!r}, which matches no target",
        f"an index (0 … {len(table) - 1}), a name, a group ({some_of(table['group'])}) or a "
        "pattern of them, such as 'CT*'",
        f"{similar or 'Correct it.'} `noncoding models MODEL --targets` lists those of a model.",
    )


def _similar(entry: object, names: Iterable[str]) -> str:
    """A question with the most similar names, in whatever case; empty if none is similar."""
    known = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(str(entry).casefold(), known, n=3, cutoff=0.4)
    return f"Did you mean {' or '.join(known[name] for name in close)}?" if close else ""


def corresponding_targets(table: pd.DataFrame, earlier: pd.DataFrame) -> dict[int, int]:
    """Targets of a table that another table has, too, whatever their order.

    Targets correspond if name and the columns of `NAMING` are equal: of several such targets in a
    table, the first to the first, the second to the second, and so on. Of the others, those of the
    same name do, if no other target of either table has this name.

    Parameters
    ----------
    table, earlier : pandas.DataFrame
        All targets: column ``name``, and optionally `NAMING`.

    Returns
    -------
    dict of int
        Row of `table` → row of `earlier`.

    Examples
    --------
    >>> earlier = pd.DataFrame({"name": ["CTCF", "CTCF", "MYC"]})
    >>> earlier["cell_type"] = ["GM12878", "K562", "K562"]
    >>> table = pd.DataFrame({"name": ["MYC", "CTCF"], "cell_type": ["HepG2", "K562"]})
    >>> corresponding_targets(table, earlier)
    {0: 2, 1: 1}
    """
    rows = {key: row for row, key in enumerate(_numbered(earlier))}
    names = earlier["name"].tolist()
    unique = {name: row for row, name in enumerate(names) if names.count(name) == 1}
    alone = ~table["name"].duplicated(keep=False)
    found = {}
    for row, (key, name) in enumerate(zip(_numbered(table), table["name"], strict=True)):
        match = rows.get(key, unique.get(name) if alone.iloc[row] else None)
        if match is not None:
            found[row] = match
    return found


def _numbered(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """Name and description of each target, with the number of earlier ones that equal it."""
    columns = _descriptions(table).assign(name=table["name"].astype(str))
    number = columns.groupby([*columns], sort=False).cumcount().astype(str)
    return list(columns.assign(number=number).itertuples(index=False, name=None))


def same_targets(targets: pd.DataFrame, others: pd.DataFrame) -> bool:
    """Whether two tables have the same targets in the same order.

    Names are compared and, of targets that share one, the columns of `NAMING` that both
    tables have.
    """
    if list(targets["name"]) != list(others["name"]):
        return False
    shared = targets["name"].duplicated(keep=False).to_numpy()
    columns = [name for name in NAMING if name in targets and name in others]
    one, other = (_descriptions(table)[columns][shared] for table in (targets, others))
    return bool((one.to_numpy() == other.to_numpy()).all())


def check_same_targets(
    where: object, targets: pd.DataFrame, expected: pd.DataFrame, of: str, remedy: str
) -> None:
    """Refuse a table of other targets, or in another order, see `same_targets`.

    `where` is its origin, e.g. a path; `of` that of the expected ones, e.g. "the test split".
    """
    if not same_targets(targets, expected):
        raise InputError(
            where,
            f"{len(targets)} targets that are not those of {of}",
            f"the same {len(expected)} targets, in the same order",
            remedy,
        )


def write_targets(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a target table as tab-separated text with a header."""
    table.to_csv(path, sep="\t", index=False)
