"""Loading of shuffled batches: from the store, and in two ways from a file of bytes.

    python benchmarks/load.py --rows 4400000 --json load.json

Creates a store and a file of bytes of random sequences of the official size (1000 bp,
919 targets), and runs, each in a separate process on one core:

packed
    One epoch of bit-packed training batches, as they are moved to the device.
unpacked
    The same, unpacked on the CPU to one-hot sequences and labels.
row_at_a_time
    A torch Dataset of single rows of bytes, with a shuffling DataLoader.
fancy
    Batches of random rows of bytes by h5py's fancy indexing, in ascending order.

The bytes are stored contiguously, which is the fastest layout for single rows. The
last two are run for `--sample` rows. All benefit from the page cache, which may hold
the files that were just written.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import common
import h5py
import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset, RandomSampler

from noncoding.data.loader.batches import ShuffledBatches
from noncoding.data.loader.rows import RowsOnDisk
from noncoding.data.one_hot import unpack
from noncoding.data.store import FORWARD, StoreHeader, new_store

LENGTH, TARGETS = 1000, 919
BATCH = 256
BUFFER = 1 << 18
BLOCK = 1 << 15


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--rows", type=int, default=4_400_000)
    parser.add_argument("--sample", type=int, default=20_000)
    common.add_sides(parser, [*SIDES, "make"])
    arguments = parser.parse_args()
    if arguments.side == "make":
        make(arguments.work, arguments.rows)
        print("{}")
    elif arguments.side:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        torch.set_num_threads(1)
        start = time.perf_counter()
        count = sum(SIDES[arguments.side](arguments.work, arguments.sample))
        print(json.dumps({"per_second": count / (time.perf_counter() - start), "rows": count}))
    else:
        with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
            compare(arguments, Path(folder))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    options = ("--work", folder, "--rows", arguments.rows, "--sample", arguments.sample)
    common.run_side(__file__, "--side", "make", *options)
    figures = {
        "benchmark": "load",
        "rows": arguments.rows,
        "batch": BATCH,
        "shuffle_buffer": BUFFER,
        "hardware": common.hardware() + "; one core is used",
        "store_bytes": (folder / "store.h5").stat().st_size,
        "byte_file_bytes": (folder / "bytes.h5").stat().st_size,
    }
    for name in SIDES:
        os.sync()
        side = common.run_side(__file__, "--side", name, *options)
        figures[f"{name}_per_second"] = round(side.figures["per_second"])
        figures[f"{name}_rows_read"] = side.figures["rows"]
        figures[f"{name}_peak_mib"] = round(side.peak_mib)
    for way in ("row_at_a_time", "fancy"):
        ratio = figures["unpacked_per_second"] / figures[f"{way}_per_second"]
        figures[f"unpacked_over_{way}"] = round(ratio, 1)
    common.write_json(arguments.json, figures)


def shuffled(folder: Path) -> ShuffledBatches:
    rows = RowsOnDisk(folder / "store.h5")
    return ShuffledBatches(rows, batch_size=BATCH, seed=1, buffer_rows=BUFFER)


def packed(folder: Path, sample: int) -> Iterator[int]:
    for batch in shuffled(folder):
        yield len(batch.label)


def unpacked(folder: Path, sample: int) -> Iterator[int]:
    for batch in shuffled(folder):
        sequences, labels = unpack(batch.sequence, LENGTH), unpack(batch.label, TARGETS)
        assert sequences.shape[1:] == (4, LENGTH)
        yield len(labels)


def row_at_a_time(folder: Path, sample: int) -> Iterator[int]:
    rows = RowsOfBytes(folder / "bytes.h5")
    sampler = RandomSampler(rows, num_samples=min(sample, len(rows)))
    for _, labels in DataLoader(rows, batch_size=BATCH, sampler=sampler):
        yield len(labels)


class RowsOfBytes(Dataset):
    def __init__(self, path: Path) -> None:
        file = h5py.File(path)
        self._sequences, self._labels = file["x"], file["y"]

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        return self._sequences[row], self._labels[row]


def fancy(folder: Path, sample: int) -> Iterator[int]:
    with h5py.File(folder / "bytes.h5") as file:
        sequences, labels = file["x"], file["y"]
        for rows in random_batches(len(labels), sample):
            rows = np.sort(rows)
            torch.from_numpy(sequences[rows])
            torch.from_numpy(labels[rows])
            yield len(rows)


SIDES = {"packed": packed, "unpacked": unpacked, "row_at_a_time": row_at_a_time, "fancy": fancy}


def random_batches(rows: int, sample: int) -> Iterator[np.ndarray]:
    order = np.random.default_rng(1).permutation(rows)[:sample]
    return (order[start : start + BATCH] for start in range(0, len(order), BATCH))


def make(folder: Path, rows: int) -> None:
    """Write the same random rows to a store and as bytes."""
    generator = np.random.default_rng(0)
    targets = pd.DataFrame({"index": range(TARGETS), "group": "TF"})
    targets.insert(1, "name", targets["index"].astype(str))
    header = StoreHeader(LENGTH, 200, FORWARD, targets, {})
    with (
        h5py.File(folder / "bytes.h5", "w") as file,
        new_store(folder / "store.h5", header) as writer,
    ):
        x = file.create_dataset("x", (rows, 4, LENGTH), np.uint8)
        y = file.create_dataset("y", (rows, TARGETS), np.uint8)
        for start in range(0, rows, BLOCK):
            count = min(BLOCK, rows - start)
            bases = generator.integers(0, 4, (count, 1, LENGTH), dtype=np.uint8)
            sequences = (bases == np.arange(4, dtype=np.uint8)[:, None]).view(np.uint8)
            labels = (generator.random((count, TARGETS), dtype=np.float32) < 0.02).view(np.uint8)
            x[start : start + count] = sequences
            y[start : start + count] = labels
            writer.append(sequences, labels)


if __name__ == "__main__":
    main()
