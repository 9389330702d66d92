"""Sequences to explain: loci of a store or records of a FASTA file."""

import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.attribution.selection import DisjointWindows, best_true_positives, read_rows
from noncoding.common.errors import InputError
from noncoding.data.fasta import records
from noncoding.data.one_hot import codes, one_hot
from noncoding.data.store import Store

log = logging.getLogger(__name__)

_REGION = re.compile(r"(?P<chromosome>.+):(?P<start>[\d,]+)[-–](?P<end>[\d,]+)")


class Sequences(NamedTuple):
    """One-hot sequences, shape=(n, 4, length), dtype=uint8, and a table with one row for each.

    Columns for loci of a store: ``locus`` (the row) and, if known, ``chromosome``, ``start`` and
    ``end`` (half-open, 0-based); for FASTA records: ``name``.
    """

    one_hot: npt.NDArray[np.uint8]
    table: pd.DataFrame

    @property
    def places(self) -> list[str]:
        """Region (1-based), name or row of each sequence, for figures and messages."""
        if "chromosome" in self.table:
            rows = self.table[["chromosome", "start", "end"]].itertuples(index=False)
            return [f"{chromosome}:{start + 1:,}–{end:,}" for chromosome, start, end in rows]
        if "name" in self.table:
            return list(self.table["name"])
        return [f"test locus {locus}" for locus in self.table["locus"]]


def given_sequences(wanted: str | Sequence[str | int], store: Store) -> tuple[Sequences, list[str]]:
    """Sequences of the configuration, and a message for each one that is omitted.

    `wanted` is the path of a FASTA file or a list of loci, see `rows_of`. Raises `InputError`
    if no sequence is left or the file is not FASTA.
    """
    if isinstance(wanted, str):
        given, problems = read_fasta(wanted, store.length)
    else:
        rows, problems = rows_of(wanted, store)
        given = of_store(store, rows)
    given, unknown = without_unknown(given)
    problems += unknown
    if not len(given.one_hot):
        raise InputError(
            "configuration, key explain.sequences",
            f"no sequence that can be explained ({' '.join(problems)})",
            f"at least one sequence of {store.length:,} bp",
            "Correct the entries named above.",
        )
    windows = DisjointWindows()
    overlapping = sum(not windows.add(one) for one in given.one_hot)
    if overlapping:
        log.warning(
            "explain.sequences: %d of %d sequences overlap another; confidence intervals, which "
            "assume independent sequences, are too narrow.",
            overlapping,
            len(given.one_hot),
        )
    return given, problems


def true_positives(
    store: Store,
    labels: npt.NDArray[np.uint8],
    probabilities: npt.NDArray[np.float32],
    count: int,
) -> tuple[Sequences, list[str]]:
    """Sequences of `best_true_positives`, and a message for each one that is omitted."""
    rows = best_true_positives(labels, probabilities, count, store)
    return without_unknown(of_store(store, rows))


def of_store(store: Store, rows: npt.NDArray[np.int64]) -> Sequences:
    """Loci of a store, in the order of the given rows."""
    table = pd.DataFrame({"locus": rows})
    loci = store.loci()
    if loci is not None:
        table = pd.concat([table, loci.iloc[rows].reset_index(drop=True)], axis=1)
    return Sequences(read_rows(store, rows), table)


def rows_of(wanted: Sequence[str | int], store: Store) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Rows of loci, without duplicates, and a message for each locus that is not in the store.

    A locus is a row or a region ``chromosome:start-end`` (1-based), which selects the window
    with the nearest centre.
    """
    loci = store.loci()
    rows: dict[int, None] = {}
    problems = []
    for entry in wanted:
        is_row = isinstance(entry, int) and 0 <= entry < store.loci_count
        row = entry if is_row else _row_at(str(entry), loci)
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
    """Records of a FASTA file with a given length in bp, and a message for each other record.

    Raises `InputError` like `noncoding.data.fasta.records`.
    """
    found = list(records(path))
    fitting = [record for record in found if len(record.sequence) == length]
    problems = [
        f"{Path(path).name}, record {name}: found {len(bases):,} bp; expected {length:,}, the "
        "window of the model. Trim it, or extend it by its flanking sequence."
        for name, _, bases in found
        if len(bases) != length
    ]
    one_hots = one_hot(np.array([codes(one.sequence) for one in fitting]).reshape(-1, length))
    return Sequences(one_hots, pd.DataFrame({"name": [one.name for one in fitting]})), problems


def without_unknown(sequences: Sequences) -> tuple[Sequences, list[str]]:
    """Omit sequences without a known base, with a message for each."""
    known = np.asarray(sequences.one_hot.any(axis=(1, 2)))
    problems = [
        f"{place}: found only N; expected known bases. It is omitted."
        for place, some in zip(sequences.places, known, strict=True)
        if not some
    ]
    table = sequences.table[known].reset_index(drop=True)
    return Sequences(sequences.one_hot[known], table), problems


def _row_at(text: str, loci: pd.DataFrame | None) -> int | None:
    """Row of the window with the centre nearest to that of a region; None without any."""
    match = _REGION.fullmatch(text.strip())
    if match is None or loci is None:
        return None
    start, end = (int(match[key].replace(",", "")) for key in ("start", "end"))
    centre = (start - 1 + end) / 2
    inside = loci[
        (loci["chromosome"] == match["chromosome"])
        & (loci["start"] <= centre)
        & (centre < loci["end"])
    ]
    if inside.empty:
        return None
    return int((inside[["start", "end"]].mean(axis=1) - centre).abs().idxmin())
