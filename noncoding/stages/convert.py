"""The stage ``convert``: from a split of a DeepSEA bundle to a store."""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError
from noncoding.common.files import temporary
from noncoding.data.bundle import BundleSplit
from noncoding.data.one_hot import ALPHABET, packed_reverse_complement
from noncoding.data.store import BOTH, FORWARD, StoreHeader, StoreWriter, new_store
from noncoding.data.targets import PUBLISHED_POSITIVES

log = logging.getLogger(__name__)

VERIFICATIONS = ("strict", "warn", "off")


def convert(
    mat: str | os.PathLike[str],
    store: str | os.PathLike[str],
    *,
    split: str,
    targets: pd.DataFrame,
    window: int,
    bin: int,
    source: dict[str, Any],
    verify: str = "strict",
    threads: int = 1,
) -> None:
    """Turn one .mat file into a store, losslessly, in blocks of bounded memory.

    What is found out from the data is recorded under ``source`` in the store:
    ``unknown_bases`` (N, counted over all rows) and, for the test split,
    ``published_positives`` (``agree``, ``differ`` or ``not compared``).
    Whether the second half of the rows is the reverse complement of the first
    is found out, too.

    Parameters
    ----------
    mat : path
        ``train.mat``, ``valid.mat`` or ``test.mat``.
    store : path
        Made whole or not at all.
    split : str
        One of `noncoding.data.bundle.SPLITS`.
    targets : pandas.DataFrame
        The target table.
    window, bin : int
        Expected window and its central bin, in bp.
    source : dict
        Recorded in the store; must be JSON.
    verify : str
        One of `VERIFICATIONS`: what to do if the positives of the test split
        are not as many as the table's column `PUBLISHED_POSITIVES` says.
    threads : int
        That decompress and pack.

    Raises
    ------
    InputError
        Besides what `BundleSplit` raises: another length or number of targets,
        a row that is not one-hot, a label that is not 0 or 1, and, if `verify`
        is strict, other numbers of positives than were published.
    """
    header = StoreHeader(window, bin, FORWARD, targets, source)
    with (
        BundleSplit(mat, split, threads=threads) as bundle,
        new_store(store, header) as writer,
        temporary(Path(store).with_suffix(".planes")) as scratch,
    ):
        _check_task(bundle, targets, window)
        counted = split == "test" and verify != "off" and PUBLISHED_POSITIVES in targets
        # Labels first: few bytes, and they tell a wrong bundle from the right one.
        positives = np.zeros(len(targets), dtype=np.int64)
        for labels in bundle.packed_labels(scratch):
            writer.append_packed_labels(labels)
            if counted:
                positives += np.unpackbits(labels, axis=-1, count=len(targets)).sum(
                    axis=0, dtype=np.int64
                )
        if split == "test":
            writer.source["published_positives"] = "not compared"
        if counted:
            agree = _compare_positives(positives, targets, bundle.path, strict=verify == "strict")
            writer.source["published_positives"] = "agree" if agree else "differ"
        unknown = 0
        for sequences in bundle.packed_sequences(scratch):
            known = checked_one_hot(sequences, bundle.path, writer.rows)
            unknown += len(sequences) * window - known
            writer.append_packed_sequences(sequences)
        writer.source["unknown_bases"] = unknown
        if second_half_is_reverse_complement(writer, window, threads):
            writer.strands = BOTH
        log.info(
            "%s: %s rows, strands: %s, unknown bases (N): %s",
            split,
            f"{writer.rows:,}",
            writer.strands,
            f"{unknown:,}",
        )


def checked_one_hot(packed: npt.NDArray[np.uint8], path: object, start: int) -> int:
    """Check that no column has two bases; a column without one is N.

    Parameters
    ----------
    packed : numpy.ndarray, shape=(n, 4, ceil(length / 8)), dtype=uint8
    path : path
        Named in the error.
    start : int
        Number of the first row.

    Returns
    -------
    int
        Columns with a base.

    Raises
    ------
    InputError
        Names the first row and position with two bases.
    """
    seen = packed[:, 0].copy()
    twice = np.zeros_like(seen)
    for base in range(1, 4):
        twice |= seen & packed[:, base]
        seen |= packed[:, base]
    if twice.any():
        row, position = (int(i) for i in np.argwhere(np.unpackbits(twice, axis=-1))[0])
        column = np.unpackbits(packed[row], axis=-1)[:, position]
        raise InputError(
            f"{path}, row {start + row}, position {position}",
            f"the column {column.tolist()} ({', '.join(ALPHABET)})",
            "one 1 and three 0, or four 0 for N",
            "The file is damaged or not of this kind: delete the archive and fetch it again.",
        )
    return int(np.bitwise_count(seen).sum(dtype=np.int64))


def second_half_is_reverse_complement(
    writer: StoreWriter, length: int, threads: int = 1, block: int = 1 << 13
) -> bool:
    """Whether row ``i + rows / 2`` is row ``i`` read from the other strand."""
    half, odd = divmod(writer.rows, 2)
    if odd or not half:
        return False

    def agree(start: int) -> bool:
        rows = slice(start, min(start + block, half))
        forward, labels = writer.read_packed(rows)
        mates, mate_labels = writer.read_packed(slice(rows.start + half, rows.stop + half))
        return np.array_equal(labels, mate_labels) and np.array_equal(
            packed_reverse_complement(forward, length), mates
        )

    with ThreadPoolExecutor(threads) as pool:
        # The first block alone: where the halves differ, it tells, and nothing else is read.
        return agree(0) and all(pool.map(agree, range(block, half, block)))


def _compare_positives(
    found: npt.NDArray[np.int64], targets: pd.DataFrame, path: object, *, strict: bool
) -> bool:
    published = pd.to_numeric(targets[PUBLISHED_POSITIVES], errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(~((published >= 0) & (published % 1 == 0)))
    if len(wrong):
        raise InputError(
            f"target table, row {wrong[0] + 1}, column {PUBLISHED_POSITIVES}",
            repr(targets[PUBLISHED_POSITIVES][wrong[0]]),
            "a whole number, at least 0",
            "Correct the number, or take the column out.",
        )
    published = published.astype(np.int64)
    differ = np.flatnonzero(found != published)
    if not len(differ):
        log.info("positives of all %d targets are as many as published", len(targets))
        return True
    some = ", ".join(f"target {i}: {found[i]} instead of {published[i]}" for i in differ[:3])
    more = f", and {len(differ) - 3} more" if len(differ) > 3 else ""
    error = InputError(
        path,
        f"other numbers of positive rows than the target table gives ({some}{more})",
        f"those of its column {PUBLISHED_POSITIVES}",
        "If this is meant to be the published bundle, it is damaged or of another version: "
        "delete the archive and fetch it again. If it is another one, give it a target table "
        "without that column, or set 'verify' of this data set to warn or off.",
    )
    if strict:
        raise error
    log.warning("%s", error)
    return False


def _check_task(bundle: BundleSplit, targets: pd.DataFrame, window: int) -> None:
    for what, found, expected in (
        ("a length of", bundle.length, window),
        ("targets:", bundle.targets, len(targets)),
    ):
        if found != expected:
            raise InputError(
                bundle.path,
                f"{what} {found}",
                f"{expected}",
                "Set 'window' and 'targets' of this data set in the configuration to what "
                "the bundle holds.",
            )
