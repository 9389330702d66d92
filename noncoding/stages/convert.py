"""The stage ``convert``: a store from one split of a DeepSEA bundle."""

import logging
import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from noncoding.common.errors import InputError
from noncoding.common.files import temporary
from noncoding.common.stage_logging import RESULT
from noncoding.common.wording import counted
from noncoding.data.bundle.checks import (
    count_bases,
    published_positives_agree,
    second_half_is_reverse_complement,
)
from noncoding.data.bundle.matfile import BundleSplit
from noncoding.data.store import BOTH, FORWARD, StoreHeader, new_store
from noncoding.data.targets import PUBLISHED_POSITIVES

log = logging.getLogger(__name__)


def convert(
    mat: str | os.PathLike[str],
    store: str | os.PathLike[str],
    *,
    split: str,
    targets: pd.DataFrame,
    window: int,
    bin: int,
    source: dict[str, Any],
    verify: Literal["strict", "warn", "off"] = "strict",
    threads: int = 1,
) -> None:
    """Convert one .mat file to a store, losslessly, in blocks of bounded memory.

    Whether the second half of the rows is the reverse complement of the first is determined from
    the data. ``source`` of the store also records ``unknown_bases`` (N, in all rows) and, for
    the test split, ``published_positives`` (``agree``, ``differ`` or ``not compared``).

    Parameters
    ----------
    mat : path
        ``train.mat``, ``valid.mat`` or ``test.mat``.
    store : path
        Output file.
    split : str
        ``train``, ``valid`` or ``test``.
    targets : pandas.DataFrame
        The target table.
    window, bin : int
        Expected length of a window and length of its central bin, in bp.
    source : dict
        Recorded in the store; must be JSON.
    verify : {"strict", "warn", "off"}
        What to do if the positives of the test split differ from the target table's column
        `PUBLISHED_POSITIVES`: raise an error, warn, or do not compare.
    threads : int
        Threads that decompress and pack.

    Raises
    ------
    InputError
        As `BundleSplit`; or the length or number of targets differ from those expected, a column
        is not one-hot, a label is not 0 or 1, or, if `verify` is strict, positives differ.
    """
    header = StoreHeader(window, bin, FORWARD, targets, source)
    with (
        BundleSplit(mat, split, threads=threads) as bundle,
        new_store(store, header) as writer,
        temporary(Path(store).with_suffix(".planes")) as scratch,
    ):
        if (bundle.length, bundle.targets) != (window, len(targets)):
            raise InputError(
                bundle.path,
                f"a length of {bundle.length} and {bundle.targets} targets",
                f"a length of {window} and {len(targets)} targets",
                "Set 'window' and 'targets' of this data set in the configuration to what "
                "the bundle holds.",
            )
        compared = split == "test" and verify != "off" and PUBLISHED_POSITIVES in targets
        # Labels first: they are few bytes, and show whether this is another bundle.
        positives = np.zeros(len(targets), dtype=np.int64)
        for labels in bundle.packed_labels(scratch):
            writer.append_packed_labels(labels)
            if compared:
                bits = np.unpackbits(labels, axis=-1, count=len(targets))
                positives += bits.sum(axis=0, dtype=np.int64)
        if split == "test":
            writer.source["published_positives"] = "not compared"
        if compared:
            agree = published_positives_agree(
                positives, targets, bundle.path, strict=verify == "strict"
            )
            writer.source["published_positives"] = "agree" if agree else "differ"
        unknown = 0
        for sequences in bundle.packed_sequences(scratch):
            known = count_bases(sequences, bundle.path, writer.rows)
            unknown += len(sequences) * window - known
            writer.append_packed_sequences(sequences)
        writer.source["unknown_bases"] = unknown
        if second_half_is_reverse_complement(writer, window, threads):
            writer.strands = BOTH
        log.info("strands: %s, unknown bases (N): %s", writer.strands, f"{unknown:,}")
        log.log(RESULT, "%s, %s", counted(writer.rows, "row"), counted(len(targets), "target"))
