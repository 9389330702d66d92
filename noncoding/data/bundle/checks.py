"""Checks of a bundle's rows: one base per column, both strands, published positives."""

import logging
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError
from noncoding.data.one_hot import ALPHABET, packed_reverse_complement
from noncoding.data.published_positives import published_positives
from noncoding.data.store import StoreWriter
from noncoding.data.targets import PUBLISHED_POSITIVES

log = logging.getLogger(__name__)


def count_bases(packed: npt.NDArray[np.uint8], path: str | os.PathLike[str], start: int) -> int:
    """Count the columns with a base in packed rows, shape=(n, 4, ceil(length / 8)), dtype=uint8.

    A column without one is N. A column with two raises an `InputError` with its file, row and
    position; `start` is the number of the first row.
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


def second_half_is_reverse_complement(writer: StoreWriter, length: int, threads: int) -> bool:
    """Whether row ``i + rows / 2`` is the reverse complement of row ``i``, with its labels."""
    half, odd = divmod(writer.rows, 2)
    if odd or not half:
        return False
    block = 1 << 13

    def agree(start: int) -> bool:
        rows = slice(start, min(start + block, half))
        forward, labels = writer.read_packed(rows)
        mates, mate_labels = writer.read_packed(slice(rows.start + half, rows.stop + half))
        return np.array_equal(labels, mate_labels) and np.array_equal(
            packed_reverse_complement(forward, length), mates
        )

    with ThreadPoolExecutor(threads) as pool:
        # The first block alone: where the halves differ, nothing else is read.
        return agree(0) and all(pool.map(agree, range(block, half, block)))


def published_positives_agree(
    found: npt.NDArray[np.int64],
    targets: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    strict: bool,
) -> bool:
    """Compare positive rows, shape=(targets,), with the table's column `PUBLISHED_POSITIVES`.

    Different numbers raise an `InputError` that names the file if `strict`; otherwise, a warning
    is logged.
    """
    published = published_positives(targets)
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
