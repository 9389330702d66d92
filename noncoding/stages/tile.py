"""The stages ``tile`` and ``tile_genome_wide``: labelled windows of a genome with peak files."""

import logging
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from noncoding.common.errors import InputError, some_of
from noncoding.common.files import atomic_write, sha256
from noncoding.common.stage_logging import RESULT
from noncoding.common.wording import counted
from noncoding.data.genome.bed import read_excluded
from noncoding.data.genome.bin_list import read_bins
from noncoding.data.genome.bins import BinAxis, Binning, Integers
from noncoding.data.genome.checks import (
    check_positives,
    check_rows,
    count_windows,
    warn_of_uniform_labels,
)
from noncoding.data.genome.coded_genome import CodedGenome, coded_genome
from noncoding.data.genome.labels import Labels
from noncoding.data.genome.peak_targets import PeakTargets, read_peak_targets
from noncoding.data.genome.peaks import table_source
from noncoding.data.genome.rows import write_rows
from noncoding.data.genome.selection import (
    USABLE,
    WindowRules,
    Windows,
    all_bins,
    cut_into_rows,
    drawn_negatives,
    examined,
    ordered,
)
from noncoding.data.genome.split_proposal import missing_splits
from noncoding.data.genome.splits import split_regions
from noncoding.data.published_positives import REBUILT, report_difference
from noncoding.data.store import BOTH, FORWARD, Store, StoreHeader, new_store
from noncoding.data.targets import distinct_names
from noncoding.layout import SPLITS, files
from noncoding.settings.genome import BinsOfFile, BinsOfGroups, GenomeDataset

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Inputs:
    """What is read of a data set before rows are chosen."""

    genome: CodedGenome
    binning: Binning
    axis: BinAxis
    rules: WindowRules
    found: PeakTargets
    labels: Labels


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
    peaks, targets, bins and windows, and what was drawn; with ``verify: rebuilt``, also
    ``rebuilt``, see `noncoding.data.published_positives.Difference`.

    Parameters
    ----------
    fasta : path
        The genome. It is read once; a scratch file of one byte per base is kept in the folder.
    peaks : sequence of path
        The peak files, after the table that lists them; or the archive of them.
    folder : path
        Output folder.
    settings : GenomeDataset
        URLs of its BED files are local paths.
    urls : dict
        File name → URL of each downloaded file.

    Raises
    ------
    InputError
        The data set has no splits, a file cannot be used, chromosome names do not match, peaks
        extend far beyond the ends of their chromosomes or many do, or a split has no rows.

    Notes
    -----
    Rows are in the order of the FASTA file, then by position, unless the settings say otherwise.
    With ``peak: overlap`` and a fraction of 0.5, labels are those of Zhou & Troyanskaya, Nature
    Methods 12 (2015), doi 10.1038/nmeth.3547; with ``bins: {group: TF}``, rows are, too.
    """
    with _read(fasta, peaks, folder, settings) as inputs:
        targets, labels, windows, counts = _chosen(inputs, settings)
        if settings.negatives:
            windows, counts["negatives"] = _with_negatives(inputs, settings, windows)
        splits = {split: windows.usable(index) for index, split in enumerate(SPLITS)}
        counts["rows"] = {split: len(bins) for split, bins in splits.items()}
        positives = pd.DataFrame({split: labels.positives(bins) for split, bins in splits.items()})
        warn_of_uniform_labels(positives, counts["rows"], targets)

        source = _source(fasta, peaks, settings, urls) | {"counts": counts}
        strands = BOTH if settings.strands == "both" else FORWARD
        if settings.verify == "rebuilt":
            rows = positives["test"].to_numpy() * (2 if strands == BOTH else 1)
            difference = report_difference(rows, targets, inputs.found.origin)
            source[REBUILT] = difference._asdict()
        header = StoreHeader(settings.window, settings.bin, strands, targets, source)
        with atomic_write(*files("tile", folder)) as partials, ExitStack() as stack:
            for split, partial in zip(SPLITS, partials, strict=True):
                writer = stack.enter_context(new_store(partial, header))
                write_rows(
                    writer, splits[split], labels, inputs.axis, inputs.binning, inputs.genome
                )
    _log_counts(counts)


def tile_genome_wide(
    fasta: str | os.PathLike[str],
    peaks: Sequence[str | os.PathLike[str]],
    test_store: str | os.PathLike[str],
    store: str | os.PathLike[str],
    settings: GenomeDataset,
    *,
    urls: dict[str, str],
) -> None:
    """Write a store of all usable bins of the test regions, with and without labels.

    Parameters
    ----------
    fasta, peaks, settings, urls
        As in `tile`.
    test_store : path
        The test split that `tile` wrote, whose targets the store has.
    store : path
        Output file; its loci are on the forward strand.

    Raises
    ------
    InputError
        As in `tile`.
    """
    with Store(test_store) as split:
        targets = split.targets
    with _read(fasta, peaks, Path(store).parent, settings) as inputs:
        kept = _in_table(inputs.found.table, targets)
        if kept.sum() != len(targets):
            raise InputError(
                test_store,
                f"{len(targets)} targets, of which {kept.sum()} are in the peak files",
                "the targets of these peak files",
                "Run the stage 'tile' again.",
            )
        labels = inputs.labels.selected(kept)
        rules = inputs.rules
        tested = rules.regions["split"] == "test"
        bins = all_bins(inputs.axis, list(rules.regions["chromosome"][tested].unique()))
        bins = bins[bins < inputs.axis.grid]
        windows = examined(
            ordered(bins, inputs.axis, settings.order),
            inputs.axis,
            inputs.binning,
            rules,
            inputs.genome,
        )
        usable = windows.usable(SPLITS.index("test"))
        labelled = int(labels.has_label(usable).sum())
        counts = {"bins": "all", "rows": {"test": len(usable)}, "with_label": labelled}
        source = _source(fasta, peaks, settings, urls) | {"counts": counts}
        header = StoreHeader(settings.window, settings.bin, FORWARD, targets, source)
        with new_store(store, header) as writer:
            write_rows(writer, usable, labels, inputs.axis, inputs.binning, inputs.genome)
    log.log(
        RESULT, "%s bins of the test regions, %s with a label", f"{len(usable):,}", f"{labelled:,}"
    )


@contextmanager
def _read(
    fasta: str | os.PathLike[str],
    peaks: Sequence[str | os.PathLike[str]],
    folder: str | os.PathLike[str],
    settings: GenomeDataset,
) -> Iterator[_Inputs]:
    """Read the genome, the splits, the excluded regions and the peaks."""
    binning = Binning(settings.window, settings.bin, settings.min_overlap, settings.peak)
    names = settings.chromosome_map
    with coded_genome(fasta, folder) as coded:
        genome = coded.genome
        if settings.splits is None:
            raise missing_splits(genome)
        regions = split_regions(genome, settings.splits, names)
        axis = BinAxis(genome.lengths, settings.bin, settings.stride)
        found = read_peak_targets(
            settings.peaks, peaks, genome, regions, axis, binning, names, settings.min_peaks
        )
        paths = list(dict.fromkeys(str(file.url) for file in settings.exclude or ()))
        shared = Counter(Path(path).name for path in paths)
        excluded = {
            (Path(path).name if shared[Path(path).name] == 1 else path): read_excluded(
                path, genome, names
            )
            for path in paths
        }
        rules = WindowRules(regions, settings.splits.guard, excluded, settings.max_n)
        labels = Labels.of_targets(found.bins)
        yield _Inputs(coded, binning, axis, rules, replace(found, bins=[]), labels)


def _chosen(
    inputs: _Inputs, settings: GenomeDataset
) -> tuple[pd.DataFrame, Labels, Windows, dict[str, Any]]:
    """Targets with enough positive bins, their labels, the windows of the bins, and counts."""
    axis, binning, found = inputs.axis, inputs.binning, inputs.found
    assert settings.splits is not None
    kept = np.ones(len(found.table), dtype=bool)
    totals = np.zeros(len(kept), dtype=np.int64)
    while True:  # without the bins of left-out targets, others may have too few
        targets = found.table[kept].reset_index(drop=True)
        labels = inputs.labels.selected(kept)
        bins, chosen_by = _bins(inputs, labels, targets, settings)
        first_grid = bins < axis.grid
        examine = examined(bins[first_grid], axis, binning, inputs.rules, inputs.genome)
        windows = cut_into_rows(examine, settings.splits)
        totals[kept] = labels.positives(windows.usable())
        enough = kept & (totals >= settings.min_positives)
        if enough.sum() in (0, kept.sum()):
            break
        kept = enough
    check_positives(found, totals, binning, settings.min_positives)
    targets = targets.assign(index=range(len(targets)))
    of_splits = count_windows(examine, found.by_split)
    of_splits["rows"] = np.bincount(windows.split[windows.state == USABLE], minlength=len(SPLITS))
    check_rows(of_splits, inputs.rules.regions, binning, isinstance(settings.bins, BinsOfFile))
    few = dict(zip(distinct_names(found.table)[~kept], totals[~kept].tolist(), strict=True))
    counts = found.counts | {
        "targets": len(targets),
        "dropped_few_positives": few,
        "bins": chosen_by,
        "bins_chosen": int(of_splits["bins"].sum()),
        "windows_off_chromosome": int(of_splits["off_chromosome"].sum()),
        "windows_guarded": int(of_splits["guarded"].sum()),
        "windows_excluded": windows.excluded_by,
        "windows_excluded_any": int(of_splits["excluded"].sum()),
        "windows_unknown_bases": int(of_splits["unknown_bases"].sum()),
    }
    if len(axis.offsets) > 1:
        between = examined(bins[~first_grid], axis, binning, inputs.rules, inputs.genome)
        between = between.take(between.split == SPLITS.index("train"))
        counts["rows_between"] = len(between.usable())
        windows = windows.followed_by(between)
    return targets, labels, windows, counts


def _bins(
    inputs: _Inputs, labels: Labels, targets: pd.DataFrame, settings: GenomeDataset
) -> tuple[Integers, str]:
    """The bins that are chosen, in the order of rows, and by what rule in words."""
    axis, rule = inputs.axis, settings.bins
    if isinstance(rule, BinsOfFile):
        path, genome = str(rule.file.url), inputs.genome.genome
        table = read_bins(path, settings.bin, genome, settings.chromosome_map)
        listed = axis.numbers(table["chromosome"].cat.codes.to_numpy(), table["bin"].to_numpy())
        return listed, f"file {Path(path).name}"
    if rule == "all":
        return ordered(all_bins(axis, axis.chromosomes), axis, settings.order), "all"
    if isinstance(rule, BinsOfGroups):
        of_groups = np.flatnonzero(targets["group"].isin(rule.groups))
        if missing := sorted(set(rule.groups) - set(inputs.found.table["group"])):
            raise InputError(
                "configuration, key bins.group",
                f"{', '.join(map(repr, missing))}, the group of no target",
                f"groups of targets, such as {some_of(inputs.found.table['group'])}",
                "Correct it; a table of peak files has the column 'group'.",
            )
        if left_out := sorted(set(rule.groups) - set(targets["group"])):
            raise InputError(
                "configuration, key bins.group",
                f"{', '.join(map(repr, left_out))}, whose targets all have too few positive bins",
                f"groups with a target of at least {settings.min_positives} positive bins",
                "Lower min_positives, or remove the group.",
            )
        chosen = labels.with_any(of_groups)
        return ordered(chosen, axis, settings.order), f"group {', '.join(rule.groups)}"
    return ordered(labels.bins.astype(np.int64), axis, settings.order), "any target"


def _with_negatives(
    inputs: _Inputs, settings: GenomeDataset, windows: Windows
) -> tuple[Windows, dict[str, Any]]:
    """The usable windows, and those of the negatives that are drawn for them."""
    assert settings.negatives is not None
    drawn, counts = drawn_negatives(
        settings.negatives,
        windows,
        inputs.labels,
        inputs.axis,
        inputs.binning,
        inputs.rules,
        inputs.genome,
    )
    windows = windows.followed_by(drawn)
    if not isinstance(settings.bins, BinsOfFile):
        order = np.argsort(windows.bins, kind="stable")
        in_order = ordered(windows.bins, inputs.axis, settings.order)
        windows = windows.take(order[np.searchsorted(windows.bins[order], in_order)])
    return windows, counts


def _in_table(table: pd.DataFrame, targets: pd.DataFrame) -> Any:
    """Which targets of a table are in another one, in the same order, shape=(n,), dtype=bool."""
    keys = ["name", "peak_file", "cell_type", "assay", "treatment", "peaks"]
    wanted = set(targets[keys].itertuples(index=False, name=None))
    return np.array([key in wanted for key in table[keys].itertuples(index=False, name=None)])


def _source(
    fasta: str | os.PathLike[str],
    peaks: Sequence[str | os.PathLike[str]],
    settings: GenomeDataset,
    urls: dict[str, str],
) -> dict[str, Any]:
    """URLs and digests of the files."""
    digests = {"fasta_sha256": sha256(fasta), "peaks_sha256": sha256(*peaks)}
    return {"urls": urls, **digests, **table_source(settings.peaks, peaks)}


def _log_counts(counts: dict[str, Any]) -> None:
    log.info(
        "%d targets from %d peak files (%d empty, %d with too few peaks, %d with too few "
        "positive bins); %d bins chosen (%s); %d windows extend beyond their chromosome or region, "
        "%d are too close to another split, %d are excluded, %d have too many unknown bases",
        counts["targets"],
        counts["peak_files"],
        len(counts["dropped_empty"]),
        len(counts["dropped_few_peaks"]),
        len(counts["dropped_few_positives"]),
        counts["bins_chosen"],
        counts["bins"],
        counts["windows_off_chromosome"],
        counts["windows_guarded"],
        counts["windows_excluded_any"],
        counts["windows_unknown_bases"],
    )
    numbers = ", ".join(f"{name} {number:,}" for name, number in counts["rows"].items())
    log.log(RESULT, "%s; rows: %s", counted(counts["targets"], "target"), numbers)
