"""Propose the configuration of a data set for a FASTA file and peak files."""

import logging
import math
import os
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml
from pydantic import ValidationError, create_model

from noncoding.common.errors import InputError, some_of
from noncoding.common.files import atomic_write
from noncoding.common.wording import counted
from noncoding.data.genome.bed import RENAME, Placed, on_genome, read_bed, read_file
from noncoding.data.genome.chromosomes import Genome, read_genome
from noncoding.data.genome.given_peaks import GivenPeaks, portable
from noncoding.data.genome.quantitative import refuse_quantitative
from noncoding.data.genome.split_proposal import MOST_OFF, SHARE, proposed_splits, split_sizes
from noncoding.data.targets import check_name
from noncoding.layout import SPLITS
from noncoding.settings.base import Section
from noncoding.settings.config import DEFAULT_DATASET, Settings
from noncoding.settings.genome import GenomeDataset, Splits
from noncoding.settings.messages import input_error

log = logging.getLogger(__name__)

FEW_PEAKS = {"train": 50, "valid": 10, "test": 10}
"""Split → number of peaks below which a target is named in a warning."""
_LONGEST_MAP = 60
"""Entries of a map that is written; contigs in thousands are matched in each run."""
_WIDTH = 96
"""Characters of a line of comments, and of a map."""
_BY_NAME: Any = Settings.model_fields["datasets"].annotation
_Datasets = create_model("_Datasets", __base__=Section, datasets=(_BY_NAME, ...))


@dataclass(frozen=True)
class Overlay:
    """A proposed configuration, and what it is based on.

    Attributes
    ----------
    name : str
        Name of the data set.
    dataset : dict
        Its keys, as in YAML.
    reasons : dict
        Key of the data set → why it has its value, in sentences.
    peaks : GivenPeaks
        The peak files, and the table of them, if one is to be written.
    genome : Genome
    targets : pandas.DataFrame
        ``name``, ``peaks`` on chromosomes of the genome, and those of each split.
    splits : pandas.DataFrame
        Index: the splits. ``bases`` and ``peaks``, int64.
    warnings : list of str
    """

    name: str
    dataset: dict[str, Any]
    reasons: dict[str, str]
    peaks: GivenPeaks
    genome: Genome
    targets: pd.DataFrame
    splits: pd.DataFrame
    warnings: list[str]


def propose_overlay(
    fasta: str | os.PathLike[str], peaks: GivenPeaks, name: str = "mine"
) -> Overlay:
    """Read a genome and peak files, and propose a data set of them.

    Nothing is written, see `write_overlay`.

    Parameters
    ----------
    fasta : path
        The genome, plain or compressed. It is read once, one chromosome at a time.
    peaks : GivenPeaks
    name : str
        Name of the data set.

    Raises
    ------
    InputError
        A file cannot be used or is missing, no chromosome is shared, there are no peaks, or the
        name is not one of a data set.
    """
    _check(name, {"source": "genome", "fasta": portable(fasta), "peaks": peaks.settings})
    for target, path in zip(peaks.names, peaks.files, strict=True):
        check_name(target, str(path))
    log.info("reading the genome, %s", fasta)
    genome = read_genome(fasta)
    log.info("reading %s", counted(len(peaks.files), "peak file"))
    files: list[Placed] = []
    tables: list[pd.DataFrame] = []
    short: list[str] = []
    for number, path in enumerate(peaks.files):
        content = read_file(path)
        refuse_quantitative(content, path)
        placed = on_genome(read_bed(content, path), path, genome, None, remedy=RENAME)
        tables.append(_positions(placed.intervals, number))
        if _are_short(placed.intervals):
            short.append(peaks.names[number])
        files.append(placed._replace(intervals=placed.intervals.iloc[:0]))
    positions = pd.concat(tables, ignore_index=True)
    if positions.empty:
        raise InputError(
            some_of(map(str, peaks.files)), "no peaks", "peak files with peaks", "Correct the path."
        )
    splits = proposed_splits(genome, positions)
    bases, split_of = split_sizes(genome, Splits.model_validate(splits), positions)
    targets = _count(peaks.names, positions["target"].to_numpy(), split_of)
    sizes = pd.DataFrame({"bases": bases, "peaks": targets[list(SPLITS)].sum()})
    if not sizes["peaks"].any():
        raise InputError(
            some_of(map(str, peaks.files)),
            f"peaks on {some_of(positions['chromosome'].unique())} only",
            "peaks on chromosomes, rather than organelles or alternatives of chromosomes",
            "Give peaks on other chromosomes, or write a configuration with such splits.",
        )

    dataset: dict[str, Any] = {
        "source": "genome",
        "fasta": portable(fasta),
        "peaks": peaks.settings,
    }
    with_peaks = targets[targets["peaks"] > 0]
    reasons = {
        "fasta": f"{counted(len(genome.lengths), 'sequence')}, {megabases(bases.sum())} in splits.",
        "peaks": f"{counted(len(with_peaks), 'target')}, named after the files; "
        f"{counted(int(targets['peaks'].sum()), 'peak')}.",
    }
    if matched := _map(files, genome):
        dataset["chromosome_map"] = matched
        reasons["chromosome_map"] = (
            "Names in the peak files: names in the FASTA file, matched by their meaning."
        )
    if short:
        dataset["peak"] = "summit"
        reasons["peak"] = (
            "Labels the bin of each peak's summit or midpoint: most peaks of "
            f"{some_of(short, shown=3)} are too short to cover half a bin."
        )
    dataset["splits"] = splits
    reasons["splits"] = _why_splits(splits, sizes, genome)
    if len(with_peaks) == 1:
        dataset["negatives"] = dict.fromkeys(SPLITS, 1)
        reasons["negatives"] = (
            "All bins with peaks are positive for the only target. For each, one bin without a "
            "peak is added."
        )
    _check(name, dataset)
    warnings = [*_warnings(files, genome, positions, targets, sizes)]
    return Overlay(name, dataset, reasons, peaks, genome, targets, sizes, warnings)


def overlay_text(overlay: Overlay) -> str:
    """The configuration in YAML, with a comment above each value that was chosen."""
    lines = [
        "# Written by `noncoding init`. All keys: docs/configuration.md. Paths are relative to the",
        "# folder in which snakemake is started, or that of its option --directory.",
        "datasets:",
        f"  {_yaml(overlay.name)}:",
    ]
    for key, value in overlay.dataset.items():
        if key in overlay.reasons:
            lines += _comment(overlay.reasons[key])
        # Names of chromosomes hold no white space, at which values would be folded.
        width = _WIDTH - 20 if key == "chromosome_map" else math.inf
        first, *others = _yaml(value, width).splitlines()
        lines += [f"    {key}: {first}", *(f"      {line.strip()}" for line in others)]
    return "\n".join([*lines, ""])


def write_overlay(
    overlay: Overlay, out: str | os.PathLike[str], table: str | os.PathLike[str]
) -> list[Path]:
    """Write the configuration, and the table of peak files if it names one; gives the paths."""
    contents = {Path(out): overlay_text(overlay)}
    if overlay.peaks.table:
        contents[Path(table)] = overlay.peaks.table
    with atomic_write(*contents) as partials:
        for partial, content in zip(partials, contents.values(), strict=True):
            partial.write_text(content, encoding="utf-8")
    return [*contents]


def megabases(bases: int) -> str:
    """A number of bases in a unit that suits it.

    Examples
    --------
    >>> megabases(12_071_326), megabases(85_779)
    ('12.1 Mb', '85.8 kb')
    """
    for unit, size in (("Gb", 10**9), ("Mb", 10**6), ("kb", 10**3)):
        if bases >= size:
            return f"{bases / size:.1f} {unit}"
    return f"{bases} bp"


def _check(name: str, dataset: dict[str, Any]) -> None:
    """Refuse what the pipeline would refuse, and the name of its own data set."""
    if name == DEFAULT_DATASET:
        expected = "another name than that of the data set in config.yaml"
        raise InputError("--name", repr(name), expected, "Set another --name.")
    try:
        _Datasets.model_validate({"datasets": {name: dataset}})
    except ValidationError as error:
        found = input_error(error, _Datasets)
        if found.where.endswith("key datasets"):  # the name itself
            found = InputError("--name", found.found, found.expected, "Set another --name.")
        raise found from None


def _positions(intervals: pd.DataFrame, target: int) -> pd.DataFrame:
    """Chromosome (categorical), midpoint (bp, int64) and target (int32) of the peaks of a file."""
    return pd.DataFrame(
        {
            "chromosome": intervals["chromosome"],
            "position": (intervals["start"] + intervals["end"]) // 2,
            "target": np.int32(target),
        }
    )


def _count(
    names: Sequence[str], target: npt.NDArray[np.int32], split_of: npt.NDArray[np.int8]
) -> pd.DataFrame:
    """Peaks of each target, in all and by split."""
    columns = len(SPLITS) + 1  # the first for peaks in no split
    counts = np.bincount(target * columns + split_of + 1, minlength=len(names) * columns)
    counts = counts.reshape(len(names), columns)
    table = pd.DataFrame(counts[:, 1:], columns=list(SPLITS))
    table.insert(0, "peaks", counts.sum(axis=1))
    table.insert(0, "name", list(names))
    return table


def _map(files: Iterable[Placed], genome: Genome) -> dict[str, str]:
    """Name in the peak files → chromosome, in the order of the genome, where names differ.

    Empty if there are too many to be written, or if a name means different chromosomes in
    different files: they are then matched in each run.
    """
    found: dict[str, str] = {}
    for file in files:
        if any(found.setdefault(name, own) != own for name, own in file.matched.items()):
            return {}
    # A name that is matched in one file, since others in that file tell what it means.
    if len(found) > _LONGEST_MAP or any(found.keys() & file.outside.keys() for file in files):
        return {}
    place = {name: number for number, name in enumerate(genome.lengths)}
    return dict(sorted(found.items(), key=lambda item: place[item[1]]))


def _are_short(intervals: pd.DataFrame) -> bool:
    """Whether fewer than half of a target's peaks label a bin by the default rule."""
    fields = GenomeDataset.model_fields
    size, least = fields["bin"].default, fields["min_overlap"].default * fields["bin"].default
    start, end = (intervals[key].to_numpy() for key in ("start", "end"))
    first, last = start // size, (end - 1) // size
    covered = np.maximum(
        np.minimum(end, (first + 1) * size) - start, end - np.maximum(start, last * size)
    )
    labels = (end - start == 1) | (covered > least) | (last - first > 1)
    return bool(len(labels)) and bool(labels.mean() < 0.5)


def _why_splits(splits: dict[str, list[str]], sizes: pd.DataFrame, genome: Genome) -> str:
    percent = (100 * sizes / sizes.sum()).map("{:.0f} %".format)
    first = splits["test"][0]
    what = "Whole chromosomes"
    if first not in genome.lengths:
        what = "Contigs by their last digits," if "*" in first else "Both ends of a chromosome,"
    shares = "; ".join(
        f"{split} {percent['bases'][split]} and {percent['peaks'][split]}" for split in SPLITS[1:]
    )
    ignored = " The genomes of organelles are left out." if "ignore" in splits else ""
    return (
        f"{what} with about 10 % of the bases and peaks each ({shares}); all others are for "
        f"training.{ignored}"
    )


def _warnings(
    files: Sequence[Placed],
    genome: Genome,
    positions: pd.DataFrame,
    targets: pd.DataFrame,
    sizes: pd.DataFrame,
) -> Iterable[str]:
    """What the data may lack, in sentences."""
    empty = targets["name"][targets["peaks"] == 0]
    if len(empty):
        yield f"{counted(len(empty), 'target')} without peaks will be left out: {some_of(empty)}."
    least = pd.Series(FEW_PEAKS)
    few = targets[(targets["peaks"] > 0) & (targets[list(SPLITS)] < least).any(axis=1)]
    if len(few):
        shown = some_of(
            f"{row['name']} ({', '.join(f'{split} {row[split]}' for split in SPLITS)})"
            for _, row in few.sort_values("peaks").iterrows()
        )
        limits = ", ".join(f"{split} {number}" for split, number in FEW_PEAKS.items())
        yield (
            f"{counted(len(few), 'target')} with few peaks in a split (below {limits}), whose "
            f"metrics will be uncertain: {shown}."
        )
    window = GenomeDataset.model_fields["window"].default
    for split in SPLITS:
        if not sizes["peaks"][split] or sizes["bases"][split] < window:
            yield (
                f"The split {split} has {counted(int(sizes['peaks'][split]), 'peak')} on "
                f"{sizes['bases'][split]:,} bases, and windows have {window:,} bp: the stage tile "
                "will find no row for it and stop. More peaks or a larger genome are needed."
            )
    for split in SPLITS[1:]:
        share = sizes["peaks"][split] / sizes["peaks"].sum()
        if not SHARE / MOST_OFF <= share <= SHARE * MOST_OFF:
            yield (
                f"The split {split} has {100 * share:.1f} % of the peaks: the sizes of the "
                "chromosomes allow no better proposal. Write the splits as regions of your choice."
            )
    others = genome.alternative | genome.organelles | set(positions["chromosome"].unique())
    bare = [name for name in genome.lengths if name not in others]
    if bare:
        share = sum(genome.lengths[name] for name in bare) / sum(genome.lengths.values())
        yield (
            f"{len(bare):,} of {counted(len(genome.lengths), 'chromosome')} have no peaks "
            f"({100 * share:.1f} % of the bases): {some_of(bare)}."
        )
    outside = sum((file.outside for file in files), Counter[str]())
    if outside:
        yield (
            f"{counted(outside.total(), 'peak')} on {counted(len(outside), 'name')} that the FASTA "
            f"file lacks will be left out: {some_of(outside)}."
        )
    unused = targets["peaks"].sum() - targets[list(SPLITS)].sum().sum()
    if unused:
        yield (
            f"{counted(int(unused), 'peak')} on organelles or alternatives of chromosomes will be "
            "left out."
        )
    counts = positions["chromosome"].value_counts().items()
    short = sum(count for name, count in counts if genome.lengths[name] < window)
    if short:
        yield (
            f"{counted(short, 'peak')} on sequences shorter than the window of {window} bp will be "
            "left out."
        )


def _yaml(value: Any, width: float = math.inf) -> str:
    """A value in flow style, on one line unless a width is given."""
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, width=width, allow_unicode=True
    )
    return text.removesuffix("...\n").strip()


def _comment(text: str) -> list[str]:
    """Lines of a comment on a key of a data set."""
    together = text.replace(" %", "\0%")
    lines = textwrap.wrap(together, _WIDTH - len("    # "), break_long_words=False)
    return [f"    # {line}".replace("\0", " ") for line in lines]
