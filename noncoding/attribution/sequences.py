"""The sequences that are explained, wherever they come from."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.data.fasta import records
from noncoding.data.one_hot import codes, one_hot
from noncoding.data.store import Store

_LOCUS = re.compile(r"(?P<chromosome>.+):(?P<start>[\d,]+)[-–](?P<end>[\d,]+)")


class Sequences(NamedTuple):
    """Sequences of one length, and what they are called.

    Attributes
    ----------
    one_hot : numpy.ndarray, shape=(n, 4, length), dtype=uint8
    table : pandas.DataFrame
        A row a sequence: ``locus`` (row of the store), ``chromosome``, ``start``, ``end``
        (half-open, 0-based), and ``name`` where it comes from a FASTA file; those that
        are known.
    """

    one_hot: npt.NDArray[np.uint8]
    table: pd.DataFrame

    @property
    def places(self) -> list[str]:
        """What each is called in a figure; positions count from 1."""
        return [_place(row) for row in self.table.to_dict("records")]


def of_store(store: Store, rows: npt.NDArray[np.int64]) -> Sequences:
    """Loci of a store, in the order of the rows given."""
    # The store gives rows in rising order only.
    order = np.argsort(rows, kind="stable")
    one_hot = np.empty((len(rows), 4, store.length), dtype=np.uint8)
    one_hot[order] = store.sequences(rows[order])
    table = pd.DataFrame({"locus": rows})
    loci = store.loci()
    if loci is not None:
        table = pd.concat([table, loci.iloc[rows].reset_index(drop=True)], axis=1)
    return Sequences(one_hot, table)


def rows_of(wanted: Sequence[str | int], store: Store) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Rows of loci that are asked for.

    Parameters
    ----------
    wanted : sequence of str or int
        A row, or ``chromosome:start-end`` counted from 1, for which the window is taken
        whose middle is nearest.
    store : Store

    Returns
    -------
    rows : numpy.ndarray, shape=(n,), dtype=int64
        Each once.
    problems : list of str
        What could not be found, in a sentence each.
    """
    loci = store.loci()
    rows: dict[int, None] = {}
    problems = []
    for entry in wanted:
        row = (
            entry
            if isinstance(entry, int) and 0 <= entry < store.loci_count
            else _row_at(str(entry), loci)
        )
        if row is None:
            known = "" if loci is None else ", or chromosome:start-end inside one of their windows"
            problems.append(
                f"explain.sequences: found {entry!r}; expected a locus of {store.path.name}: a "
                f"row from 0 to {store.loci_count - 1}{known}."
            )
        else:
            rows[int(row)] = None
    return np.array(list(rows), dtype=np.int64), problems


def read_fasta(path: str | os.PathLike[str], length: int) -> tuple[Sequences, list[str]]:
    """Sequences of a FASTA file, plain or gzip.

    Parameters
    ----------
    path : path
    length : int
        Of the model's window, in bp.

    Returns
    -------
    sequences : Sequences
    problems : list of str
        Records of another length, in a sentence each; they are left out.

    Raises
    ------
    InputError
        As `noncoding.data.fasta.records` does.
    """
    found = list(records(path))
    fits = [record for record in found if len(record.sequence) == length]
    problems = [
        f"{Path(path).name}, record {name}: found {len(bases):,} bp; expected {length:,}, the "
        "window of the model. Cut it, or extend it with what lies beside it in the genome."
        for name, _, bases in found
        if len(bases) != length
    ]
    one_hots = one_hot(np.array([codes(one.sequence) for one in fits]).reshape(-1, length))
    return Sequences(one_hots, pd.DataFrame({"name": [one.name for one in fits]})), problems


def without_unknown(sequences: Sequences) -> tuple[Sequences, list[str]]:
    """Leave out sequences that hold no known base, and say which."""
    known = np.asarray(sequences.one_hot.any(axis=(1, 2)))
    problems = [
        f"{place}: found nothing but N; expected bases. It is left out."
        for place, some in zip(sequences.places, known, strict=True)
        if not some
    ]
    table = sequences.table[known].reset_index(drop=True)
    return Sequences(sequences.one_hot[known], table), problems


def _row_at(text: str, loci: pd.DataFrame | None) -> int | None:
    match = _LOCUS.fullmatch(text.strip())
    if match is None or loci is None:
        return None
    start, end = (int(match[key].replace(",", "")) for key in ("start", "end"))
    middle = (start - 1 + end) / 2
    inside = loci[
        (loci["chromosome"] == match["chromosome"])
        & (loci["start"] <= middle)
        & (middle < loci["end"])
    ]
    if inside.empty:
        return None
    return int((inside[["start", "end"]].mean(axis=1) - middle).abs().idxmin())


def _place(row: dict[str, object]) -> str:
    if "chromosome" in row:
        return f"{row['chromosome']}:{int(str(row['start'])) + 1:,}–{int(str(row['end'])):,}"
    return str(row["name"]) if "name" in row else f"test locus {row['locus']}"
