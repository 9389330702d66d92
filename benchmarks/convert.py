"""Conversion of a train.mat: the stage `convert`, a single read, and slabs of bytes.

    python benchmarks/convert.py --rows 4400000 --layout rows --json convert.json

Creates a train.mat of random sequences in the official format (the second half are
the reverse complements; labels with a prevalence of 2 %; gzip level 3), and runs on
it, each in a separate process:

floor
    Reads and decompresses each chunk once with h5py, in one thread.
slab
    The conversion of the original project: 200,000 rows at a time are transposed and
    written as bytes.
ours
    The stage `convert`, including all checks.

`--layout v5` creates an uncompressed test.mat of MATLAB v5 instead, with labels of
the type `--labels`; its floor is to load the file with scipy.

The file is read once before each run, so that it is in the page cache if it fits.
"""

import argparse
import json
import os
import tempfile
import time
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import common
import h5py
import numpy as np
import pandas as pd
import scipy.io

from noncoding.stages.convert import convert

LENGTH, TARGETS = 1000, 919
GZIP_LEVEL = 3
SLAB = 200_000
LAYOUTS = {
    # Chunks of sequences and of labels, cut to the number of rows.
    "rows": ((LENGTH, 4, 64), (TARGETS, 64)),
    "blocks": ((8, 1, 65536), (8, 65536)),
    "long": ((1, 4, 2**20), (1, 2**20)),
    "contiguous": (None, None),
    "v5": (None, None),
}


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--rows", type=int, default=4_400_000)
    parser.add_argument("--layout", choices=LAYOUTS, default="rows")
    parser.add_argument("--labels", default="uint8", help="data type of the labels of v5")
    parser.add_argument("--source", type=Path, help="keep the train.mat here and reuse it")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    common.add_sides(parser, [*SIDES, "make"])
    parser.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side == "make":
        make_source(arguments.source, arguments, arguments.output)
        print("{}")
        return
    if arguments.side:
        start = time.perf_counter()
        SIDES[arguments.side](arguments.source, arguments.output, arguments.threads)
        print(json.dumps({"seconds": time.perf_counter() - start}))
        return
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        compare(arguments, Path(folder))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    source = arguments.source or folder / "train.mat"
    if not source.exists():
        # In a separate process, since child processes inherit the peak memory.
        made = {name: getattr(arguments, name) for name in ("rows", "layout", "labels", "threads")}
        options = [part for name, value in made.items() for part in (f"--{name}", value)]
        common.run_side(
            __file__, "--side", "make", "--source", source, "--output", folder, *options
        )
    chunks = None
    if arguments.layout != "v5":
        with h5py.File(source) as file:
            chunks = file["trainxdata"].chunks
    figures = {
        "benchmark": "convert",
        "rows": arguments.rows,
        "layout": arguments.layout,
        "chunks": "contiguous" if chunks is None else " × ".join(map(str, chunks)),
        "threads": arguments.threads,
        "hardware": common.hardware(),
        "source_bytes": source.stat().st_size,
    }
    for name in SIDES:
        output = folder / f"{name}.h5"
        read_through(source)
        side = common.run_side(
            __file__,
            *("--side", name, "--source", source, "--output", output),
            *("--threads", arguments.threads),
        )
        figures[f"{name}_seconds"] = round(side.figures["seconds"], 2)
        figures[f"{name}_peak_mib"] = round(side.peak_mib)
        if output.exists():
            figures[f"{name}_bytes"] = output.stat().st_size
            output.unlink()
        os.sync()  # so that no run waits for the previous one
    ours = figures["ours_seconds"]
    figures["floor_over_ours"] = round(figures["floor_seconds"] / ours, 2)
    figures["slab_over_ours"] = round(figures["slab_seconds"] / ours, 2)
    figures["ours_bytes_over_slab"] = round(figures["ours_bytes"] / figures["slab_bytes"], 3)
    common.write_json(arguments.json, figures)


def floor(source: Path, output: Path, threads: int) -> None:
    if not h5py.is_hdf5(source):
        scipy.io.loadmat(source)
        return
    with h5py.File(source, "r") as file:
        for dataset in (file["trainxdata"], file["traindata"]):
            # Contiguous data sets are read in parts of the size of a large chunk.
            chunks = dataset.chunks or (1, *dataset.shape[1:])
            for index in np.ndindex(
                *(-(-s // c) for s, c in zip(dataset.shape, chunks, strict=True))
            ):
                at = (i * c for i, c in zip(index, chunks, strict=True))
                dataset[tuple(slice(a, a + c) for a, c in zip(at, chunks, strict=True))]


def slab(source: Path, output: Path, threads: int) -> None:
    with ExitStack() as stack:
        out = stack.enter_context(h5py.File(output, "w"))
        if h5py.is_hdf5(source):
            file = stack.enter_context(h5py.File(source))
            x, y = file["trainxdata"], file["traindata"]
        else:
            file = scipy.io.loadmat(source)
            x, y = file["testxdata"].transpose(2, 1, 0), file["testdata"].T
        rows = x.shape[2]
        sequences = out.create_dataset("x", (rows, 4, LENGTH), np.uint8)
        labels = out.create_dataset("y", (rows, TARGETS), np.uint8)
        for start in range(0, rows, SLAB):
            part = slice(start, min(start + SLAB, rows))
            sequences[part] = x[:, :, part].transpose(2, 1, 0)
            labels[part] = y[:, part].T


def ours(source: Path, output: Path, threads: int) -> None:
    convert(
        source,
        output,
        split="train" if h5py.is_hdf5(source) else "test",
        targets=pd.DataFrame({"index": range(TARGETS), "group": "TF"}),
        window=LENGTH,
        bin=200,
        source={},
        threads=threads,
    )


SIDES = {"floor": floor, "ours": ours, "slab": slab}


def read_through(path: Path) -> None:
    with path.open("rb") as handle:
        while handle.read(1 << 24):
            pass


def make_source(path: Path, arguments: argparse.Namespace, folder: Path) -> None:
    if arguments.layout == "v5":
        make_v5(path, arguments.rows, np.dtype(arguments.labels))
    else:
        make_v73(path, arguments.rows, arguments.layout, folder, arguments.threads)


def make_v5(path: Path, rows: int, labels: np.dtype) -> None:
    generator = np.random.default_rng(0)
    bases = generator.integers(0, 4, (rows, 1, LENGTH), dtype=np.uint8)
    sequences = (bases == np.arange(4, dtype=np.uint8)[:, None]).astype(np.uint8)
    del bases
    positive = generator.random((rows, TARGETS), dtype=np.float32) < 0.02
    scipy.io.savemat(path, {"testxdata": sequences, "testdata": positive.astype(labels)})


def make_v73(path: Path, rows: int, layout: str, folder: Path, threads: int) -> None:
    """Write a train.mat; needs additional disk space of one byte per base for half of the rows."""
    codes, labels = random_rows(rows, folder)
    half = rows - rows // 2

    def one_hot(at: tuple[slice, ...]) -> np.ndarray:
        positions, channels, span = at
        base = np.empty((positions.stop - positions.start, span.stop - span.start), np.uint8)
        forward = max(0, min(half, span.stop) - span.start)
        base[:, :forward] = codes[positions, span.start : span.start + forward]
        mates = slice(max(0, span.start - half), max(0, span.stop - half))
        mirrored = codes[LENGTH - positions.stop : LENGTH - positions.start, mates][::-1]
        base[:, forward:] = 3 - mirrored
        order = np.array([0, 2, 1, 3], dtype=np.uint8)[channels]  # A, G, C, T
        return (base[:, None] == order[:, None]).astype(np.uint8)

    def label(at: tuple[slice, ...]) -> np.ndarray:
        targets, span = at
        return labels[targets].take(np.arange(span.start, span.stop) % half, axis=1)

    partial = path.with_name(f".partial-{path.name}")
    with h5py.File(partial, "w", userblock_size=512) as file:
        chunks = LAYOUTS[layout]
        shapes = ((LENGTH, 4, rows), (TARGETS, rows))
        for name, shape, chunk, values in zip(
            ("trainxdata", "traindata"), shapes, chunks, (one_hot, label), strict=True
        ):
            write_dataset(file, name, shape, chunk, values, threads)
    partial.rename(path)
    for scratch in (codes, labels):
        Path(scratch.filename).unlink()


def random_rows(rows: int, folder: Path) -> tuple[np.memmap, np.memmap]:
    """Base codes, shape (length, half), and labels, shape (targets, half), of one strand."""
    half = rows - rows // 2
    generator = np.random.default_rng(0)
    codes = np.memmap(folder / "codes", np.uint8, "w+", shape=(LENGTH, half))
    for position in range(LENGTH):
        codes[position] = generator.integers(0, 4, half, dtype=np.uint8)
    labels = np.memmap(folder / "labels", np.uint8, "w+", shape=(TARGETS, half))
    for target in range(TARGETS):
        labels[target] = generator.random(half, dtype=np.float32) < 0.02
    return codes, labels


def write_dataset(file, name, shape, chunk, values, threads: int) -> None:
    """Write a data set by chunks, which several threads compress."""
    if chunk is None:
        dataset = file.create_dataset(name, shape, np.uint8)
        for start in range(shape[0]):
            at = (slice(start, start + 1), *(slice(0, size) for size in shape[1:]))
            dataset[at] = values(at)
        return
    chunk = tuple(min(c, s) for c, s in zip(chunk, shape, strict=True))
    dataset = file.create_dataset(
        name, shape, np.uint8, chunks=chunk, compression="gzip", compression_opts=GZIP_LEVEL
    )

    def compressed(start: tuple[int, ...]) -> bytes:
        at = tuple(slice(a, min(a + c, s)) for a, c, s in zip(start, chunk, shape, strict=True))
        whole = np.zeros(chunk, np.uint8)  # chunks at the edge are padded
        whole[tuple(slice(0, s.stop - s.start) for s in at)] = values(at)
        return zlib.compress(whole, GZIP_LEVEL)

    def starts() -> Iterator[tuple[int, ...]]:
        for index in np.ndindex(*(-(-s // c) for s, c in zip(shape, chunk, strict=True))):
            yield tuple(i * c for i, c in zip(index, chunk, strict=True))

    with ThreadPoolExecutor(threads) as pool:
        waiting: deque = deque()
        for start in starts():
            waiting.append((start, pool.submit(compressed, start)))
            if len(waiting) > 4 * threads:
                first, written = waiting.popleft()
                dataset.id.write_direct_chunk(first, written.result())
        for first, written in waiting:
            dataset.id.write_direct_chunk(first, written.result())


if __name__ == "__main__":
    main()
