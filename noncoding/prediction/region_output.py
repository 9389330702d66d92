"""The output of predicted windows: tables, HDF5, and tracks of a genome browser."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyBigWig
from isal.igzip import IGzipFile

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_folders, atomic_write
from noncoding.common.hdf5 import new_hdf5
from noncoding.common.space import check_room
from noncoding.data.genome.windows import Integers, Windows
from noncoding.data.store.format import write_column, write_table
from noncoding.prediction.outputs import check_replaced, checked_suffix
from noncoding.prediction.shards import Shards

_BYTES_PER_VALUE = {".tsv": 11, ".tsv.gz": 5, ".h5": 4, "": 9}
"""Suffix of the output → its approximate size per window and target; the last is a folder."""
_BYTES_PER_LONG_ROW = 80
"""More, with a row per window and target."""
_BYTES_OF_SHARDS = 4
"""Per window and target."""
_ROWS = 1024
"""Windows of a chunk of HDF5, and those whose text is in memory."""
_TRACK_ROWS = 8192
"""Bins that are added to a track at a time."""
_OPEN_TRACKS = 200
"""Tracks that are written at the same time, each of which is an open file."""
_LONGEST_NAME = 100
_LAST = b"\x26\xfc\x8f\x88"
"""Last bytes of a complete bigWig file."""


@dataclass(frozen=True)
class PredictedWindows:
    """Windows and their finished shards.

    Attributes
    ----------
    windows : Windows
    shards : Shards
        All finished.
    targets : pandas.DataFrame
        Those that were predicted, from `noncoding.models.export.ExportedModel.selected_targets`.
    attributes : dict
        What else is to be known of the prediction.
    """

    windows: Windows
    shards: Shards
    targets: pd.DataFrame
    attributes: dict[str, Any]


def output_suffix(
    out: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]] = ()
) -> str:
    """The suffix that decides the format of an output: .tsv, .tsv.gz, .h5 or, for a folder, none.

    Raises
    ------
    InputError
        See `noncoding.prediction.outputs.checked_suffix`, whose `inputs` are given; or the folder
        contains the working directory.
    """
    out = Path(out)
    suffix = checked_suffix(
        out, _BYTES_PER_VALUE, ".tsv, .tsv.gz or .h5, or none: a folder of bigWig files", inputs
    )
    if not suffix and Path.cwd().is_relative_to(out.resolve()):
        raise InputError(
            out,
            "the working directory, or a folder that contains it",
            "a folder that can be replaced",
            "Give a new folder, or the suffix .tsv or .h5.",
        )
    return suffix


def check_folder(out: str | os.PathLike[str], targets: pd.DataFrame) -> None:
    """Refuse a folder with other files than the tracks of the targets, which are replaced."""
    check_replaced(
        out,
        track_names(targets).__contains__,
        "no such folder, or one with tracks of the same targets only, which are replaced",
        "Give a new folder, or the suffix .tsv or .h5.",
    )


def track_names(targets: pd.DataFrame) -> list[str]:
    """Names of the bigWig files of targets, with ``index`` and ``label``."""
    return [
        f"{index}_{re.sub(r'[^A-Za-z0-9_.+-]+', '_', name)[:_LONGEST_NAME].rstrip('_')}.bw"
        for index, name in zip(targets["index"], targets["label"], strict=True)
    ]


def check_room_for(
    out: str | os.PathLike[str], windows: int, targets: int, shards: int, *, long: bool
) -> None:
    """Refuse to write where the disk has too little room for an output and for shards.

    `windows` and `targets` are those of the output, `shards` is the number of windows whose
    shards are still to be written.
    """
    per_value = _BYTES_PER_VALUE[output_suffix(out)] + _BYTES_PER_LONG_ROW * long
    needed = (windows * per_value + shards * _BYTES_OF_SHARDS) * targets
    check_room(Path(out).absolute().parent, needed, f"{out}")


def write_regions(out: str | os.PathLike[str], found: PredictedWindows, *, long: bool) -> None:
    """Write the probabilities of windows, in the format of the suffix (see `output_suffix`).

    - ``.tsv``, ``.tsv.gz``: the bin (``chromosome``, ``start``, ``end``; 0-based, half-open,
      clipped to the chromosome) and the ``region`` of each window, and a column per target, with
      six significant digits. If `long`, a row per window and target.
    - ``.h5``: ``probability``, float32, (windows, targets); ``locus/chromosome`` (number in
      ``locus/names``), ``locus/start``, ``locus/end``, ``locus/region`` (number in
      ``locus/region_names``), and the table ``target``.
    - a folder: for each target a bigWig file, ``{index}_{name}.bw``, with the value at each bin.
    """
    suffix = output_suffix(out)
    if not suffix:
        with atomic_folders(out) as [partial]:
            _write_tracks(partial, found)
        return
    with atomic_write(out) as [partial]:
        if suffix == ".h5":
            _write_hdf5(partial, found)
            return
        with ExitStack() as stack:
            file = stack.enter_context(partial.open("wb"))
            write: Callable[[bytes], object] = file.write
            if suffix == ".tsv.gz":
                write = stack.enter_context(IGzipFile("", "wb", fileobj=file, mtime=0)).write
            for text in _long_text(found) if long else _wide_text(found):
                write(text.encode())


def _blocks(found: PredictedWindows) -> Iterator[tuple[pd.DataFrame, npt.NDArray[np.float32]]]:
    """The table and the probabilities of all windows, in blocks of `_ROWS`."""
    for shard, values in found.shards:
        for first in range(shard.start, shard.stop, _ROWS):
            rows = slice(first, min(first + _ROWS, shard.stop))
            yield (
                found.windows.table(rows),
                values[rows.start - shard.start : rows.stop - shard.start],
            )


_LOCUS = ("chromosome", "start", "end", "region")


def _wide_text(found: PredictedWindows) -> Iterator[str]:
    yield "\t".join([*_LOCUS, *found.targets["label"]]) + "\n"
    # Several times faster than pandas.
    form = "%s\t%d\t%d\t%s" + "\t%.6g" * len(found.targets) + "\n"
    for table, values in _blocks(found):
        rows = zip(table.itertuples(index=False, name=None), values.tolist(), strict=True)
        yield "".join(form % (*locus, *row) for locus, row in rows)


def _long_text(found: PredictedWindows) -> Iterator[str]:
    yield "\t".join([*_LOCUS, "target_index", "target", "probability"]) + "\n"
    named = list(zip(found.targets["index"], found.targets["label"], strict=True))
    for table, values in _blocks(found):
        for locus, row in zip(table.itertuples(index=False, name=None), values, strict=True):
            start = "%s\t%d\t%d\t%s" % locus  # noqa: UP031 – a tuple
            yield "".join(
                f"{start}\t{index}\t{name}\t{value:.6g}\n"
                for (index, name), value in zip(named, row.tolist(), strict=True)
            )


def _write_hdf5(path: Path, found: PredictedWindows) -> None:
    windows, count = found.windows, len(found.windows)
    with new_hdf5(path) as file:
        probability = file.create_dataset(
            "probability",
            shape=(count, len(found.targets)),
            dtype=np.float32,
            chunks=(min(count, _ROWS), len(found.targets)),
            fletcher32=True,
        )
        locus = {
            name: file.create_dataset(
                f"locus/{name}",
                shape=(count,),
                dtype=np.int64,
                chunks=(min(count, _ROWS),),
                compression="gzip",
            )
            for name in _LOCUS
        }
        chromosomes = windows.runs["chromosome"].cat
        write_column(file, "locus/names", pd.Series(chromosomes.categories))
        write_column(file, "locus/region_names", windows.runs["region"])
        numbers = chromosomes.codes.to_numpy(np.int64)
        for shard, values in found.shards:
            probability[shard] = values
            run, start, end = windows.bins(np.arange(shard.start, shard.stop))
            columns = (numbers[run], start, end, run)
            for dataset, column in zip(locus.values(), columns, strict=True):
                dataset[shard] = column
        write_table(file.create_group("target"), found.targets.drop(columns="label"))
        file.attrs.update(found.attributes)


def sorted_bins(windows: Windows) -> Iterator[tuple[str, Integers, Integers, Integers]]:
    """The bins of each chromosome by position: its name, rows of the windows, starts and ends.

    Windows with the same bin are given once, and bins are clipped to their chromosome.

    Raises
    ------
    InputError
        Bins overlap: a track has one value at each position.
    """
    for chromosome, length in windows.genome.lengths.items():
        rows, starts = windows.on(chromosome)
        starts, first = np.unique(starts, return_index=True)
        rows, ends = rows[first], starts + windows.bin
        if (overlap := starts[1:] < ends[:-1]).any():
            position = int(np.argmax(overlap))
            raise InputError(
                f"{chromosome}:{starts[position] + 1}-{ends[position]}",
                f"a bin that overlaps the next, which begins at {starts[position + 1] + 1}",
                "bins that share no base, since a track has one value at each position",
                "Tile the regions with a stride of at least the bin, or give the output the suffix "
                ".tsv or .h5.",
            )
        if len(rows):
            yield chromosome, rows, starts.clip(min=0), ends.clip(max=length)


def _write_tracks(folder: Path, found: PredictedWindows) -> None:
    header = list(found.windows.genome.lengths.items())
    names = track_names(found.targets)
    for first in range(0, len(names), _OPEN_TRACKS):
        paths = [folder / name for name in names[first : first + _OPEN_TRACKS]]
        try:
            with ExitStack() as stack:
                tracks = [stack.enter_context(pyBigWig.open(str(path), "w")) for path in paths]
                for track in tracks:
                    track.addHeader(header)
                for chromosome, rows, starts, ends in _stretches(found.windows):
                    values = found.shards.take(rows)[:, first : first + _OPEN_TRACKS]
                    span = int(ends[0] - starts[0])
                    for track, column in zip(tracks, values.T, strict=True):
                        track.addEntries(chromosome, starts, values=column.copy(), span=span)
        except (RuntimeError, SystemError) as error:  # pyBigWig's, which do not tell the cause
            raise _not_written(paths[0]) from error
        for path in paths:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - len(_LAST)))
                if file.read() != _LAST:  # closing a track raises no error
                    raise _not_written(path)


def _not_written(path: Path) -> InputError:
    return InputError(
        path.name,
        "a track that could not be written",
        "enough space for the output",
        "Free some space, and run the same command again; it resumes.",
    )


def _stretches(windows: Windows) -> Iterator[tuple[str, Integers, Integers, Integers]]:
    """`sorted_bins` in blocks of bins of the same length; those at chromosome ends may be cut."""
    for chromosome, rows, starts, ends in sorted_bins(windows):
        cut = np.flatnonzero(np.diff(ends - starts)) + 1
        edges = np.unique([*range(0, len(rows), _TRACK_ROWS), *cut, len(rows)])
        for low, high in pairwise(edges):
            yield chromosome, rows[low:high], starts[low:high], ends[low:high]
