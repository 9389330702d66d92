"""Write the windows of bins into a store."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.data.genome.bins import BinAxis, Binning, Integers
from noncoding.data.genome.coded_genome import CodedGenome
from noncoding.data.genome.labels import Labels
from noncoding.data.one_hot import one_hot, packed_reverse_complement
from noncoding.data.store import BOTH, StoreWriter

ROWS_PER_BLOCK = 4096
"""Rows whose one-hot form is in memory at a time."""


def write_rows(
    writer: StoreWriter,
    bins: Integers,
    labels: Labels,
    axis: BinAxis,
    binning: Binning,
    genome: CodedGenome,
) -> None:
    """Append sequences, labels and loci of bins whose windows lie within their chromosomes.

    If the strands of the store are `BOTH`, the reverse complements of all rows follow.
    """
    for reverse in (False, True) if writer.strands == BOTH else (False,):
        for block in _blocks(bins):
            sequences, loci = _windows(block, axis, binning, genome)
            packed = np.packbits(one_hot(sequences), axis=-1)
            if reverse:
                packed = packed_reverse_complement(packed, binning.window)
            writer.append_packed_sequences(packed)
            writer.append_packed_labels(np.packbits(labels.matrix(block), axis=-1))
            writer.append_loci(loci)


def _blocks(bins: Integers) -> Iterator[Integers]:
    for first in range(0, len(bins), ROWS_PER_BLOCK):
        yield bins[first : first + ROWS_PER_BLOCK]


def _windows(
    bins: Integers, axis: BinAxis, binning: Binning, genome: CodedGenome
) -> tuple[npt.NDArray[np.uint8], pd.DataFrame]:
    """Base codes, shape=(n, window), and loci of windows, in the order of the bins."""
    codes = np.empty((len(bins), binning.window), dtype=np.uint8)
    names = np.empty(len(bins), dtype=object)
    starts = np.empty(len(bins), dtype=np.int64)
    for chromosome, rows, first in axis.on_chromosomes(bins):
        names[rows], starts[rows] = chromosome, first - binning.flank
        codes[rows] = genome.windows(chromosome, starts[rows], binning.window)
    loci = {"chromosome": names, "start": starts, "end": starts + binning.window}
    return codes, pd.DataFrame(loci)
