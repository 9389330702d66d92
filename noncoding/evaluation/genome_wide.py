"""Metrics on all bins of the test chromosomes, and on the labelled ones among them.

Targets are processed in blocks, so that memory is bounded for any number of targets.
"""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError
from noncoding.data.counts import count_positives
from noncoding.data.store import LOCUS_COLUMNS, ROWS_PER_CHUNK, Store
from noncoding.data.targets import check_same_targets
from noncoding.evaluation.metrics import Labels, Scores, auroc_and_average_precision
from noncoding.evaluation.target_metrics import DESCRIPTION, METRICS

LABELLED = "labelled_"
"""Prefix of the columns of metrics on labelled bins."""
_ROWS = 16 * ROWS_PER_CHUNK
"""Rows of labels that are read at a time."""
_VALUES = 2**26
"""Maximum number of scores in memory: 256 MiB."""
_RERUN = "Run the stages 'tile_genome_wide' and 'predict_genome_wide' again."


def target_blocks(loci: int, targets: int, values: int = _VALUES) -> Iterator[slice]:
    """Blocks of targets, each of at most `values` scores, or of eight targets if that is more.

    Each begins at a multiple of eight, as the bytes of packed labels do.
    """
    width = max(8, values // max(loci, 1) // 8 * 8)
    for first in range(0, targets, width):
        yield slice(first, min(first + width, targets))


def labels_of_targets(store: Store, targets: slice) -> Labels:
    """Labels of all loci for consecutive targets, the first of which is a multiple of eight.

    Returns
    -------
    numpy.ndarray, shape=(loci, targets), dtype=uint8
    """
    count = targets.stop - targets.start
    columns = slice(targets.start // 8, -(-targets.stop // 8))
    labels = np.empty((store.loci_count, count), dtype=np.uint8)
    for rows in _blocks(store):
        packed = store.packed_labels(rows)[:, columns]
        labels[rows] = np.unpackbits(packed, axis=-1, count=count)
    return labels


def labelled_loci(store: Store, test: Store) -> npt.NDArray[np.int64]:
    """Loci of a genome-wide store that are labelled bins of the test split, in ascending order.

    Loci of the test split without any label, which were added as negatives, are not among them.

    Raises
    ------
    InputError
        The stores have different targets, one has no coordinates, or a labelled bin of the test
        split is not in the genome-wide store.
    """
    check_same_targets(store.path, store.targets, test.targets, "the test split", _RERUN)
    loci, wanted = _loci(store), _loci(test)
    has_label = np.concatenate(
        [test.packed_labels(rows).any(axis=1) for rows in _blocks(test)] or [np.zeros(0, bool)]
    )
    found = wanted[has_label].merge(
        loci.assign(locus=np.arange(len(loci))), how="left", on=list(LOCUS_COLUMNS)
    )
    missing = found["locus"].isna()
    if missing.any():
        chromosome, start, end = found.loc[missing.idxmax(), list(LOCUS_COLUMNS)]
        raise InputError(
            store.path,
            f"no window {chromosome}:{start}-{end}, and {missing.sum() - 1:,} others are missing",
            f"all {len(found):,} labelled bins of {test.path}",
            _RERUN,
        )
    return np.sort(found["locus"].to_numpy(dtype=np.int64))


def _loci(store: Store) -> pd.DataFrame:
    """Windows of all loci: the first half of the rows where both strands are stored."""
    loci = store.loci()
    if loci is None:
        raise InputError(store.path, "a store without coordinates", "a window per row", _RERUN)
    return loci.iloc[: store.loci_count]


def _blocks(store: Store) -> Iterator[slice]:
    for start in range(0, store.loci_count, _ROWS):
        yield slice(start, min(start + _ROWS, store.loci_count))


def block_metrics(
    labels: Labels, scores: Scores, labelled: npt.NDArray[np.int64], threads: int = 1
) -> pd.DataFrame:
    """Counts and metrics of some targets on all bins and on labelled bins.

    Parameters
    ----------
    labels, scores : numpy.ndarray, shape=(loci, targets)
    labelled : numpy.ndarray, shape=(n,), dtype=int64
        The labelled loci.
    threads : int

    Returns
    -------
    pandas.DataFrame
        One row per target: positives, bins, prevalence, auroc, auprc and auprc_over_prevalence
        on all bins, and the same with the prefix `LABELLED` on labelled bins. Metrics are NaN
        without positives or without negatives.
    """
    on_labelled = _metrics(labels[labelled], scores[labelled], threads)
    return _metrics(labels, scores, threads).join(on_labelled.add_prefix(LABELLED))


def _metrics(labels: Labels, scores: Scores, threads: int) -> pd.DataFrame:
    auroc, auprc = auroc_and_average_precision(labels, scores, threads)
    metrics = pd.DataFrame({"positives": labels.sum(axis=0, dtype=np.int64)})
    metrics["bins"] = len(labels)
    metrics["prevalence"] = metrics["positives"] / max(len(labels), 1)
    metrics["auroc"] = auroc
    metrics["auprc"] = auprc
    metrics["auprc_over_prevalence"] = metrics["auprc"] / metrics["prevalence"]
    return metrics


def check_labels(metrics: pd.DataFrame, store: str | os.PathLike[str], test: Store) -> None:
    """Refuse a genome-wide store whose labels differ from those of the test split.

    The table is that of `genome_wide_table`; the `InputError` names the first such target.
    """
    expected = count_positives(test)
    differs = metrics[f"{LABELLED}positives"].to_numpy() != expected
    if differs.any():
        first = int(differs.argmax())
        raise InputError(
            f"{store}, target {metrics['name'].iloc[first]}",
            f"{metrics[f'{LABELLED}positives'].iloc[first]:,} positive labelled bins",
            f"{expected[first]:,}, as in {test.path}",
            _RERUN,
        )


def genome_wide_table(table: pd.DataFrame, blocks: list[pd.DataFrame]) -> pd.DataFrame:
    """The description of each target and its metrics, from those of `block_metrics` in order."""
    described = table[[column for column in DESCRIPTION if column in table]].reset_index(drop=True)
    return described.join(pd.concat(blocks, ignore_index=True))


def compared(metrics: pd.DataFrame) -> pd.DataFrame:
    """Targets with metrics on all bins and on labelled bins."""
    return metrics.dropna(
        subset=[f"{kind}{metric}" for kind in ("", LABELLED) for metric in METRICS]
    )


def summarise_genome_wide(metrics: pd.DataFrame) -> dict[str, Any]:
    """Averages over targets, as JSON.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Made by `genome_wide_table`.

    Returns
    -------
    dict
        Averages under ``all`` and ``groups`` (by name): ``targets`` and ``averaged`` (numbers),
        and under ``all_bins`` and ``labelled_bins`` the mean ``prevalence``, ``auroc`` and
        ``auprc`` with ``mean`` and ``median``, and the median of ``auprc_over_prevalence``. Both
        are over the targets with metrics on both; if there are none, ``all_bins`` is over those
        with metrics on all bins, and averages on labelled bins are None.
    """
    groups = metrics.groupby("group", sort=False)
    return {
        "all": _averages(metrics),
        "groups": {str(group): _averages(members) for group, members in groups},
    }


def _averages(metrics: pd.DataFrame) -> dict[str, Any]:
    both = compared(metrics)
    averaged = metrics.dropna(subset=list(METRICS)) if both.empty else both
    return {
        "targets": len(metrics),
        "averaged": len(averaged),
        "all_bins": _average(averaged, ""),
        "labelled_bins": _average(both, LABELLED),
    }


def _average(metrics: pd.DataFrame, prefix: str) -> dict[str, Any]:
    def number(value: float) -> float | None:
        return float(value) if len(metrics) else None

    return {
        "prevalence": number(metrics[f"{prefix}prevalence"].mean()),
        **{
            metric: {
                "mean": number(metrics[f"{prefix}{metric}"].mean()),
                "median": number(metrics[f"{prefix}{metric}"].median()),
            }
            for metric in METRICS
        },
        "auprc_over_prevalence": number(metrics[f"{prefix}auprc_over_prevalence"].median()),
    }
