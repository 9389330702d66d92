"""Damage of every kind is found, and the rows that it touches are named."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from toy_store import LENGTH, TABLE, toy_split

from noncoding.store import FORWARD, StoreHeader, new_store
from noncoding.verify import damages

ROWS = 5000


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "train.h5"
    loci = pd.DataFrame({"chromosome": "I", "start": range(ROWS), "end": range(LENGTH, ROWS + 40)})
    with new_store(path, StoreHeader(LENGTH, 10, FORWARD, TABLE, {})) as writer:
        writer.append(*toy_split(ROWS, 0), loci)
    return path


def told(path):
    return [str(damage) for damage in damages(path)]


def verify(*paths):
    return subprocess.run(
        [sys.executable, "-m", "noncoding.verify", *map(str, paths)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        check=False,
    )


def spoil(path, dataset, block, change):
    """Change bytes of a block behind HDF5's back."""
    with h5py.File(path) as file:
        info = file[dataset].id.get_chunk_info(block)
    with path.open("r+b") as handle:
        handle.seek(info.byte_offset)
        content = handle.read(info.size)
        handle.seek(info.byte_offset)
        handle.write(change(bytearray(content)))


def flipped(content):
    content[100] ^= 1
    return content


def test_a_whole_store(store):
    assert told(store) == []
    done = verify(store, store)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{store}: whole, 5,000 rows\n" * 2


@pytest.mark.parametrize("dataset", ["sequence", "label", "locus/start"])
def test_a_flipped_bit(store, dataset):
    spoil(store, dataset, 3, flipped)
    (damage,) = told(store)
    assert damage.startswith(f"{dataset}, rows 3072 to 4095: cannot be read")


def test_damaged_blocks_side_by_side_are_told_as_one(store):
    for block in (0, 1, 3):
        spoil(store, "sequence", block, flipped)
    spoil(store, "label", 4, flipped)
    done = verify(store)
    assert done.returncode == 1
    told = [line.split(": ", 2)[2].split(":")[0] for line in done.stdout.splitlines()]
    assert told == [
        "sequence, rows 0 to 2047",
        "sequence, rows 3072 to 4095",
        "label, rows 4096 to 4999",
    ]


def test_what_fletcher32_does_not_see(store):
    """It cannot tell 0x0000 from 0xFFFF: here a row of label a, of label b, and so on."""
    with h5py.File(store, "r+") as file:
        file["label"][2048:2050] = 0
    spoil(store, "label", 2, lambda content: b"\xff\xff" + content[2:])
    with h5py.File(store) as file:
        file["label"][:]  # HDF5 reads it without a word
    assert told(store) == ["label, rows 2048 to 3071: other content than was written (CRC-32)"]


def test_rows_written_over_later(store):
    with h5py.File(store, "r+") as file:
        file["sequence"][1500] = 0
        file["target/name"][1] = "x"
        file["locus/names"][0] = "II"
    assert told(store) == [
        "sequence, rows 1024 to 2047: other content than was written (CRC-32)",
        "target/name, rows 0 to 2: other content than was written (CRC-32)",
        "locus/names, rows 0 to 0: other content than was written (CRC-32)",
    ]


def test_swapped_blocks(store):
    with h5py.File(store, "r+") as file:
        blocks = file["sequence"][:2048]
        file["sequence"][:2048] = np.concatenate([blocks[1024:], blocks[:1024]])
    assert [damage.rows for damage in damages(store)] == [range(2048)]


def test_lost_rows(store):
    with h5py.File(store, "r+") as file:
        file["label"].resize(4990, axis=0)
    assert told(store)[0] == "label, rows 4990 to 4999: 4990 rows instead of 5000"


def test_a_cut_file_and_one_that_is_none(store, tmp_path):
    (tmp_path / "cut.h5").write_bytes(store.read_bytes()[:5000])
    done = verify(tmp_path / "cut.h5", tmp_path / "none.h5", store)
    assert done.returncode == 2
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        str(tmp_path / "cut.h5"),
        str(tmp_path / "none.h5"),
    ]
    assert done.stdout == f"{store}: whole, 5,000 rows\n"
