"""From a genome and peak files to three stores."""

import logging
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from noncoding.alphabet import codes, one_hot
from noncoding.build.bed import on_genome, read_bed, report_outside
from noncoding.build.bins import Binning, Integers, Positives, positives, touched
from noncoding.build.genome import assign_splits, chromosome_lengths, chromosomes
from noncoding.build.panel import Panel, read_panel
from noncoding.build.peaks import PeakSource
from noncoding.errors import InputError
from noncoding.files import written_whole
from noncoding.store import FORWARD, StoreHeader, StoreWriter, new_store

log = logging.getLogger(__name__)

ROWS_PER_BLOCK = 4096
"""Rows whose one-hot form is in memory at a time."""

_WINDOW_COUNTS = ("bins_with_peak", "windows_off_chromosome", "windows_excluded")


def build(
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
        A bin is positive where peaks cover more than this fraction of it, or
        where a peak of 1 bp falls in it.
    min_peaks : int
        Targets with fewer peaks on the chromosomes of the splits are left out.
    splits : mapping
        Split → its chromosomes, as the FASTA file names them; None for one of
        them takes all that is neither in another split nor in `ignore`.
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

    Raises
    ------
    InputError
        The bin cannot stand in the middle of the window, a file is not what it
        should be, a chromosome of a split is not in the FASTA file, the names
        of chromosomes do not meet, a peak is beyond the end of its chromosome,
        or a split has no rows.

    Notes
    -----
    Rows are in the order of the FASTA file and, in it, by position. Labels
    follow Zhou & Troyanskaya, Nature Methods 12 (2015), doi 10.1038/nmeth.3547.
    """
    binning = Binning(window, bin, min_overlap)
    lengths = chromosome_lengths(fasta)
    split_of = assign_splits(splits, ignore, lengths, fasta)
    panel = read_panel(peaks, lengths, split_of, chromosome_map, min_peaks)
    regions = _excluded_regions(exclude, lengths, chromosome_map)

    counts = dict(panel.counts)
    # The writers put the header into the file when they finish: by then the
    # counts are complete.
    header = StoreHeader(window, bin, FORWARD, panel.table, {**source, "counts": counts})
    with written_whole(*(stores[name] for name in splits)) as partials, ExitStack() as stack:
        writers = {
            name: stack.enter_context(new_store(partial, header))
            for name, partial in zip(splits, partials, strict=True)
        }
        window_counts: Counter[str] = Counter()
        for chromosome, sequence in chromosomes(fasta):
            if chromosome in split_of and chromosome in panel.peaks:
                found = positives(panel.peaks[chromosome], len(sequence), binning)
                kept = _kept_bins(
                    found, len(sequence), binning, regions.get(chromosome), window_counts
                )
                writer = writers[split_of[chromosome]]
                for rows in _rows(chromosome, sequence, found, kept, binning, panel):
                    writer.append(*rows)
        counts |= {key: window_counts[key] for key in _WINDOW_COUNTS}
        counts["rows"] = {name: writer.rows for name, writer in writers.items()}
        _require_rows(writers, split_of, window_counts)
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
    placed, outside = on_genome(intervals, exclude, lengths, chromosome_map)
    report_outside(exclude, len(placed), outside, lengths)
    return {str(name): rows for name, rows in placed.groupby("chromosome", observed=True)}


def _kept_bins(
    found: Positives,
    length: int,
    binning: Binning,
    regions: pd.DataFrame | None,
    counts: Counter[str],
) -> Integers:
    """Bins with a target whose windows may be used; the others are counted."""
    bins = np.unique(found.bin)
    counts["bins_with_peak"] += len(bins)
    starts = binning.window_starts(bins)
    inside = (starts >= 0) & (starts + binning.window <= length)
    counts["windows_off_chromosome"] += int((~inside).sum())
    bins = bins[inside]
    if regions is None:
        return bins
    excluded = touched(binning.window_starts(bins), binning.window, regions)
    counts["windows_excluded"] += int(excluded.sum())
    return bins[~excluded]


def _rows(
    chromosome: str,
    sequence: bytes,
    found: Positives,
    bins: Integers,
    binning: Binning,
    panel: Panel,
) -> Iterator[tuple[np.ndarray, np.ndarray, pd.DataFrame]]:
    """Blocks of sequences, labels and loci, as a store takes them."""
    if not len(bins):
        return
    windows = np.lib.stride_tricks.sliding_window_view(codes(sequence), binning.window)
    for first in range(0, len(bins), ROWS_PER_BLOCK):
        block = bins[first : first + ROWS_PER_BLOCK]
        starts = binning.window_starts(block)
        loci = pd.DataFrame(
            {"chromosome": chromosome, "start": starts, "end": starts + binning.window}
        )
        yield one_hot(windows[starts]), found.labels(block, len(panel.table)), loci


def _require_rows(
    writers: Mapping[str, StoreWriter], split_of: Mapping[str, str], counts: Mapping[str, int]
) -> None:
    for name, writer in writers.items():
        if not writer.rows:
            own = [chromosome for chromosome, split in split_of.items() if split == name]
            raise InputError(
                f"splits, '{name}'",
                f"no window with a target on {', '.join(own) or 'no chromosome'} (of all splits, "
                f"{counts['windows_off_chromosome']} windows left their chromosome and "
                f"{counts['windows_excluded']} touched an excluded region)",
                "at least one row in every split",
                "Give the split chromosomes that have peaks.",
            )


def _log_summary(counts: Mapping[str, Any]) -> None:
    log.info(
        "%d targets from %d peak files (%d empty, %d with too few peaks)",
        counts["targets"],
        counts["peak_files"],
        len(counts["dropped_empty"]),
        len(counts["dropped_few_peaks"]),
    )
    log.info(
        "%d bins with a peak; %d windows leave their chromosome, %d are excluded",
        *(counts[key] for key in _WINDOW_COUNTS),
    )
    log.info("rows: %s", ", ".join(f"{name} {rows}" for name, rows in counts["rows"].items()))
