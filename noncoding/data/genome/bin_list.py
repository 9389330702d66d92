"""Read a list of bins, which become rows in its order."""

import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from noncoding.common.compression import ERRORS, opened
from noncoding.common.errors import InputError, some_of
from noncoding.data.archive import members
from noncoding.data.genome.bed import on_genome, read_bed, read_file
from noncoding.data.genome.chromosomes import Genome

log = logging.getLogger(__name__)

_ARCHIVE = re.compile(r"\.(tar(\.\w+)?|tgz|tbz2?|txz)$", re.IGNORECASE)
_BED = re.compile(r"[^.].*\.bed(\.(b?gz|bz2|xz))?$", re.IGNORECASE)
_MAGIC = slice(257, 262)
"""Bytes of a tar archive that are ``ustar``."""


def read_bins(
    path: str | os.PathLike[str],
    bin: int,
    genome: Genome,
    chromosome_map: Mapping[str, str] | None,
) -> pd.DataFrame:
    """Read the bins of a BED file.

    Parameters
    ----------
    path : path
        BED file, plain or compressed, or tar archive, plain or compressed, with one file that
        ends in ``.bed``, which may be compressed, too. Its intervals begin and end at multiples of
        `bin`; longer ones are several bins.
    bin : int
        Length of a bin in bp.
    genome : Genome
    chromosome_map : mapping, optional
        As in `noncoding.data.genome.bed.on_genome`.

    Returns
    -------
    pandas.DataFrame
        ``chromosome`` (categorical; categories are the chromosomes of the genome in its order) and
        ``bin`` (int64; from 0 at the start of the chromosome), in the order of the file.

    Raises
    ------
    InputError
        The file cannot be read or has no bins; an interval does not begin and end at multiples of
        `bin`, extends beyond the last complete bin of its chromosome, or is on a chromosome that
        the genome does not have; or a bin occurs twice.
    """
    where, content = _bed_file(Path(path))
    intervals = read_bed(content, where)
    del content
    if intervals.empty:
        raise InputError(where, "no bin", "a BED file of bins", "Check the file.")
    placed = on_genome(intervals, where, genome, chromosome_map)
    if placed.outside:
        row = int(intervals["chromosome"].isin(list(placed.outside)).to_numpy().argmax())
        raise InputError(
            f"{where}, line {intervals['line'][row]}",
            f"a bin on {intervals['chromosome'][row]} ({placed.outside.total():,} of "
            f"{placed.total:,} intervals are on {some_of(placed.outside)})",
            f"chromosomes of the FASTA file, such as {some_of(genome.lengths)}",
            "Set chromosome_map if it has them under other names, else remove these lines.",
        )
    if placed.matched:
        pairs = some_of([f"{name} → {own}" for name, own in placed.matched.items()], shown=30)
        log.info("%s: chromosome names matched with the genome: %s", where, pairs)
    # Without those that `on_genome` clips.
    start, end = intervals["start"].to_numpy(), intervals["end"].to_numpy()
    bins_of = np.fromiter(genome.lengths.values(), np.int64, len(genome.lengths)) // bin
    chromosome = placed.intervals["chromosome"].cat.codes.to_numpy()
    wrong = (start % bin != 0) | (end % bin != 0) | (start < 0)
    wrong |= end > bins_of[chromosome] * bin
    if wrong.any():
        row = int(wrong.argmax())
        name = placed.intervals["chromosome"][row]
        raise InputError(
            f"{where}, line {intervals['line'][row]}",
            f"{intervals['chromosome'][row]}:{start[row]}-{end[row]}",
            f"a start and an end that are multiples of {bin} (the key 'bin'), and an end of "
            f"{bins_of[chromosome[row]] * bin} at most, where the last complete bin of {name} ends",
            "Correct the file or the key 'bin'; if the bins are of another assembly, give its "
            "FASTA file.",
        )
    number = (end - start) // bin
    source = np.repeat(np.arange(len(intervals)), number)
    first = np.cumsum(number) - number
    bins = start[source] // bin + np.arange(len(source)) - first[source]
    key = pd.Index((np.cumsum(bins_of) - bins_of)[chromosome[source]] + bins)
    repeated = key.duplicated()
    if repeated.any():
        row = int(repeated.argmax())
        line = intervals["line"].to_numpy()[source]
        name = placed.intervals["chromosome"][source[row]]
        raise InputError(
            f"{where}, line {line[row]}",
            f"the bin {name}:{bins[row] * bin}-{(bins[row] + 1) * bin}, which line "
            f"{line[int((key == key[row]).argmax())]} has too",
            "each bin once",
            "Remove one of them.",
        )
    chromosomes = placed.intervals["chromosome"].cat
    return pd.DataFrame(
        {
            "chromosome": pd.Categorical.from_codes(
                chromosomes.codes.to_numpy()[source], categories=chromosomes.categories
            ),
            "bin": bins,
        }
    )


def _bed_file(path: Path) -> tuple[str, bytes]:
    """Where a BED file is, for errors, and its content; of an archive, its only BED file."""
    if not _is_archive(path):
        return str(path), read_file(path)
    found: list[tuple[str, bytes]] = []
    beds: list[str] = []
    others: list[str] = []
    for member in members(path):
        if member.is_folder:
            continue
        if not _BED.match(PurePosixPath(member.name).name):
            others.append(member.name)
            continue
        beds.append(member.name)
        if not found:
            found.append((str(member), member.content()))
    if len(beds) != 1:
        content = beds or others
        raise InputError(
            path,
            f"an archive with {len(beds)} BED files"
            + (f": {some_of(content)}" if content else ", which is empty"),
            "one file with a name that ends in .bed, which .gz, .bz2 or .xz may follow",
            "Give the BED file itself, or an archive of it alone.",
        )
    return found[0]


def _is_archive(path: Path) -> bool:
    if _ARCHIVE.search(path.name):
        return path.is_file()
    try:
        with opened(path) as stream:
            return stream.read(_MAGIC.stop)[_MAGIC] == b"ustar"
    except ERRORS:  # of reading as a BED file
        return False
