"""The stage ``tile``: labelled windows of a genome, from its FASTA file and peak files."""

import logging
import os
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np

from noncoding.common.files import atomic_write, sha256
from noncoding.common.stage_logging import RESULT
from noncoding.common.wording import counted
from noncoding.data.fasta import records
from noncoding.data.genome.bed import read_excluded
from noncoding.data.genome.bins import Binning, labelled_bins, window_rows
from noncoding.data.genome.checks import (
    check_positives,
    check_rows,
    count_bins,
    warn_of_missing_negatives,
)
from noncoding.data.genome.chromosomes import assign_splits, read_genome, region_of
from noncoding.data.genome.peak_targets import read_peak_targets
from noncoding.data.genome.peaks import table_source
from noncoding.data.genome.split_proposal import missing_splits
from noncoding.data.store import FORWARD, StoreHeader, new_store
from noncoding.layout import SPLITS, files
from noncoding.settings.genome import GenomeDataset

log = logging.getLogger(__name__)


def tile(
    fasta: str | os.PathLike[str],
    peaks: Sequence[str | os.PathLike[str]],
    folder: str | os.PathLike[str],
    settings: GenomeDataset,
    *,
    urls: dict[str, str],
) -> None:
    """Write the stores of all splits, or none of them.

    ``source`` of each store holds the URLs, the digests of the files, and ``counts``: numbers of
    peaks, targets and bins.

    Parameters
    ----------
    fasta : path
        The genome. It is read twice, one chromosome at a time.
    peaks : sequence of path
        The peak files, and the table that lists them; or the archive of them.
    folder : path
        Output folder.
    settings : GenomeDataset
    urls : dict
        File name → URL of each downloaded file.

    Raises
    ------
    InputError
        The data set has no splits, a file cannot be used, chromosome names do not match, peaks
        extend far beyond the ends of their chromosomes or many do, or a split has no rows.

    Notes
    -----
    Rows are in the order of the FASTA file, then by position. With ``peak: overlap`` and a
    fraction of 0.5, labels are those of Zhou & Troyanskaya, Nature Methods 12 (2015),
    doi 10.1038/nmeth.3547; rows are the bins that are positive for any target, in that paper for
    a transcription factor.
    """
    binning = Binning(settings.window, settings.bin, settings.min_overlap, settings.peak)
    genome = read_genome(fasta)
    if settings.splits is None:
        raise missing_splits(genome)
    split_of = assign_splits(genome, settings.splits)
    regions = {name: region for name in split_of if (region := region_of(name, genome.lengths))}
    names = settings.chromosome_map
    found = read_peak_targets(settings.peaks, peaks, genome, regions, names, settings.min_peaks)
    excluded = read_excluded(str(settings.exclude[0].url), genome, names) if settings.exclude else {}

    bins = {
        name: labelled_bins(own, regions[name], binning, excluded.get(regions[name].chromosome))
        for name, own in found.peaks.items()
    }
    totals = np.sum([own.positives(len(found.table)) for own in bins.values()], axis=0)
    kept = check_positives(found, totals, binning, settings.min_positives)
    targets = found.table[kept].reset_index(drop=True).assign(index=range(kept.sum()))
    bins = {name: own.selected(kept) for name, own in bins.items()}
    of_splits = count_bins(bins, found.peaks, split_of)
    check_rows(of_splits, split_of, binning)
    warn_of_missing_negatives(bins, split_of, of_splits, targets)

    few = dict(zip(found.table["name"][~kept], totals[~kept].tolist(), strict=True))
    counts = found.counts | {
        "targets": len(targets),
        "dropped_few_positives": few,
        "bins_with_peak": int(of_splits["bins"].sum()),
        "windows_off_chromosome": int(of_splits["off_chromosome"].sum()),
        "windows_excluded": int(of_splits["excluded"].sum()),
        "rows": of_splits["rows"].to_dict(),
    }
    digests = {"fasta_sha256": sha256(fasta), "peaks_sha256": sha256(*peaks)}
    source = {"urls": urls, **digests, **table_source(settings.peaks, peaks), "counts": counts}
    on_chromosome = defaultdict(list)
    for name in bins:
        on_chromosome[regions[name].chromosome].append(name)
    header = StoreHeader(settings.window, settings.bin, FORWARD, targets, source)
    with atomic_write(*files("tile", folder)) as partials, ExitStack() as stack:
        writers = {
            split: stack.enter_context(new_store(partial, header))
            for split, partial in zip(SPLITS, partials, strict=True)
        }
        for chromosome, _, sequence in records(fasta):
            for name in on_chromosome[chromosome]:
                for rows in window_rows(chromosome, sequence, bins[name], binning, len(targets)):
                    writers[split_of[name]].append(*rows)
    log.info(
        "%d targets from %d peak files (%d empty, %d with too few peaks, %d with too few "
        "positive bins); %d bins with a peak; %d windows extend beyond their chromosome or region, "
        "%d are excluded",
        len(targets),
        counts["peak_files"],
        len(counts["dropped_empty"]),
        len(counts["dropped_few_peaks"]),
        len(few),
        counts["bins_with_peak"],
        counts["windows_off_chromosome"],
        counts["windows_excluded"],
    )
    numbers = ", ".join(f"{name} {number:,}" for name, number in counts["rows"].items())
    log.log(RESULT, "%s; rows: %s", counted(len(targets), "target"), numbers)
