"""From a genome and peak files to three stores."""

import logging
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write
from noncoding.data.fasta import records
from noncoding.data.genome.bed import on_genome, read_bed, warn_of_placed
from noncoding.data.genome.bins import Binning, LabelledBins, PeakRule, labelled_bins
from noncoding.data.genome.checks import (
    SplitCounts,
    check_positives,
    check_rows,
    report_summits,
    warn_of_missing_negatives,
)
from noncoding.data.genome.chromosomes import assign_splits, read_genome
from noncoding.data.genome.peak_targets import read_panel
from noncoding.data.genome.peaks import PeakSource, origin
from noncoding.data.one_hot import codes, one_hot
from noncoding.data.store import FORWARD, StoreHeader, new_store

log = logging.getLogger(__name__)

ROWS_PER_BLOCK = 4096
"""Rows whose one-hot form is in memory at a time."""


def tile(
    *,
    fasta: str | os.PathLike[str],
    peaks: PeakSource,
    stores: Mapping[str, str | os.PathLike[str]],
    window: int,
    bin: int,
    min_overlap: float,
    min_peaks: int,
    splits: Mapping[str, Collection[str] | None],
    ignore: Collection[str] = (),
    chromosome_map: Mapping[str, str],
    exclude: str | os.PathLike[str] | None = None,
    source: Mapping[str, Any],
    peak: PeakRule = "overlap",
    min_positives: int = 1,
) -> None:
    """Write the stores of all splits, or none of them.

    Parameters
    ----------
    fasta : path
        The genome: plain, gzip or bgzip. It is read twice, one chromosome at
        a time.
    peaks : PeakFolder, PeakArchive or PeakTable
        One BED or narrowPeak file a target.
    stores : mapping
        Split → file to write.
    window, bin : int
        Lengths in bp; the bin is in the middle of its window.
    min_overlap : float
        With ``peak="overlap"``, a bin is positive where peaks cover more than
        this fraction of it, or where a peak of 1 bp falls in it.
    min_peaks : int
        Targets with fewer peaks on the chromosomes of the splits are left out.
    splits : mapping
        Split → its chromosomes, as the FASTA file names them; None for one of
        them takes all that is neither in another split, nor in `ignore`, nor an
        alternative of another chromosome by its name or description.
    ignore : collection of str
        Chromosomes that no split may have.
    chromosome_map : mapping
        Name of a chromosome in the BED files → name in the FASTA file; names
        that are the same need no entry.
    exclude : path, optional
        BED file of regions that no window may touch.
    source : mapping
        What the data is made from, as JSON. It becomes the ``source`` of each
        store, with what was counted under its key ``counts``.
    peak : {"overlap", "summit", "any"}
        How a peak makes bins positive, see `noncoding.data.genome.bins.positives`.
    min_positives : int
        Targets with fewer positive bins, over all splits, are left out.

    Raises
    ------
    InputError
        The bin cannot stand in the middle of the window, a file is not what it
        should be, a chromosome of a split is not in the FASTA file, the names
        of chromosomes do not meet, peaks extend far beyond the ends of their chromosomes
        or many do, or a split has no rows.

    Notes
    -----
    Rows are in the order of the FASTA file and, in it, by position. With ``overlap``
    and a fraction of 0.5, labels are those of Zhou & Troyanskaya, Nature Methods 12
    (2015), doi 10.1038/nmeth.3547. Rows are the bins that are positive for any target;
    that paper kept those that are positive for a transcription factor.
    """
    binning = Binning(window, bin, min_overlap, peak)
    genome = read_genome(fasta)
    lengths = genome.lengths
    split_of = assign_splits(genome, splits, ignore)
    panel = read_panel(peaks, lengths, split_of, chromosome_map, min_peaks)
    regions = _excluded_regions(exclude, lengths, chromosome_map)
    if peak == "summit":
        report_summits(panel.peaks.values())

    bins = {
        name: labelled_bins(own, lengths[name], binning, regions.get(name))
        for name, own in panel.peaks.items()
    }
    totals = sum(
        (own.positives(len(panel.table)) for own in bins.values()),
        np.zeros(len(panel.table), dtype=np.int64),
    )
    kept = check_positives(panel, totals, binning, min_positives, origin(peaks))
    table = panel.table[kept].reset_index(drop=True).assign(index=range(kept.sum()))
    bins = {name: own.selected(kept) for name, own in bins.items()}
    in_split = {
        split: SplitCounts.of(
            [name for name, owner in split_of.items() if owner == split], bins, panel, len(table)
        )
        for split in splits
    }
    check_rows(in_split, binning)
    warn_of_missing_negatives(in_split, table)

    counts = panel.counts | {
        "targets": len(table),
        "dropped_few_positives": dict(
            zip(panel.table["name"][~kept], totals[~kept].tolist(), strict=True)
        ),
        "bins_with_peak": sum(own.bins for own in in_split.values()),
        "windows_off_chromosome": sum(own.off_chromosome for own in in_split.values()),
        "windows_excluded": sum(own.excluded for own in in_split.values()),
        "rows": {split: own.rows for split, own in in_split.items()},
    }
    header = StoreHeader(window, bin, FORWARD, table, {**source, "counts": counts})
    with atomic_write(*(stores[name] for name in splits)) as partials, ExitStack() as stack:
        writers = {
            name: stack.enter_context(new_store(partial, header))
            for name, partial in zip(splits, partials, strict=True)
        }
        for name, _, sequence in records(fasta):
            if name in bins:
                for rows in _rows(name, sequence, bins[name], binning, len(table)):
                    writers[split_of[name]].append(*rows)
    _log_summary(counts)


def _excluded_regions(
    exclude: str | os.PathLike[str] | None,
    lengths: Mapping[str, int],
    chromosome_map: Mapping[str, str],
) -> dict[str, pd.DataFrame]:
    if exclude is None:
        return {}
    if not Path(exclude).is_file():
        raise InputError(exclude, "no such file", "a BED file", "Correct the path of exclude.")
    intervals = read_bed(Path(exclude).read_bytes(), exclude)
    placed = on_genome(intervals, exclude, lengths, chromosome_map)
    warn_of_placed([placed])
    return {str(name): rows for name, rows in placed.intervals.groupby("chromosome", observed=True)}


def _rows(
    chromosome: str,
    sequence: bytes,
    labelled: LabelledBins,
    binning: Binning,
    targets: int,
) -> Iterator[tuple[np.ndarray, np.ndarray, pd.DataFrame]]:
    """Blocks of sequences, labels and loci, as a store takes them."""
    bins = labelled.usable
    if not len(bins):
        return
    windows = np.lib.stride_tricks.sliding_window_view(codes(sequence), binning.window)
    for first in range(0, len(bins), ROWS_PER_BLOCK):
        block = bins[first : first + ROWS_PER_BLOCK]
        starts = binning.window_starts(block)
        loci = pd.DataFrame(
            {"chromosome": chromosome, "start": starts, "end": starts + binning.window}
        )
        yield one_hot(windows[starts]), labelled.labels.labels(block, targets), loci


def _log_summary(counts: Mapping[str, Any]) -> None:
    log.info(
        "%d targets from %d peak files (%d empty, %d with too few peaks, %d with too few "
        "positive bins)",
        counts["targets"],
        counts["peak_files"],
        *(len(counts[f"dropped_{why}"]) for why in ("empty", "few_peaks", "few_positives")),
    )
    log.info(
        "%d bins with a peak; %d windows leave their chromosome, %d are excluded",
        counts["bins_with_peak"],
        counts["windows_off_chromosome"],
        counts["windows_excluded"],
    )
    log.info("rows: %s", ", ".join(f"{name} {rows}" for name, rows in counts["rows"].items()))
