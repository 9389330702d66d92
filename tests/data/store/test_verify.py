"""Damage of every kind is detected, with its rows."""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from toy_store import LENGTH, TABLE, toy_split

from noncoding.common.errors import InputError
from noncoding.data.store import FORWARD, StoreHeader, new_store
from noncoding.data.store.verify import damages

ROWS = 5000


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("written") / "train.h5"
    start = np.arange(ROWS)
    loci = pd.DataFrame({"chromosome": "I", "start": start, "end": start + LENGTH})
    with new_store(path, StoreHeader(LENGTH, 10, FORWARD, TABLE, {})) as writer:
        writer.append(*toy_split(ROWS, 0), loci)
    return path


@pytest.fixture
def store(written, tmp_path):
    return Path(shutil.copy(written, tmp_path))


def fragment(path):
    return [str(damage) for damage in damages(path)]


def verify(*paths):
    return subprocess.run(
        [sys.executable, "-m", "noncoding.data.store.verify", *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )


def spoil(path, dataset, block, change):
    """Change bytes of a block, bypassing HDF5."""
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
    assert fragment(store) == []
    done = verify(store, store)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{store}: whole, 5,000 rows\n" * 2


@pytest.mark.parametrize("dataset", ["sequence", "label", "locus/start"])
def test_a_flipped_bit(store, dataset):
    spoil(store, dataset, 3, flipped)
    (damage,) = fragment(store)
    assert damage.startswith(f"{dataset}, rows 3072 to 4095: cannot be read")


def test_adjacent_damaged_blocks_are_reported_as_one(store):
    for block in (0, 1, 3):
        spoil(store, "sequence", block, flipped)
    spoil(store, "label", 4, flipped)
    done = verify(store)
    assert done.returncode == 1
    fragment = [line.split(": ", 2)[2].split(":")[0] for line in done.stdout.splitlines()]
    assert fragment == [
        "sequence, rows 0 to 2047",
        "sequence, rows 3072 to 4095",
        "label, rows 4096 to 4999",
    ]


def test_damage_that_fletcher32_does_not_detect(store):
    """Fletcher-32 does not distinguish 0x0000 and 0xFFFF."""
    with h5py.File(store, "r+") as file:
        file["label"][2048:2050] = 0
    spoil(store, "label", 2, lambda content: b"\xff\xff" + content[2:])
    with h5py.File(store) as file:
        file["label"][:]  # HDF5 detects no damage
    assert fragment(store) == ["label, rows 2048 to 3071: other content than was written (CRC-32)"]


def test_overwritten_rows(store):
    with h5py.File(store, "r+") as file:
        file["sequence"][1500] = 0
        file["target/name"][1] = "x"
        file["locus/names"][0] = "II"
    assert fragment(store) == [
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
    done = verify(store)
    assert (done.returncode, done.stdout) == (2, "")
    assert "label has the shape (4990, 1) instead of (5000, 1)" in done.stderr


def cut_to_a_block(file):
    """Remove all rows and checksums after the first block."""
    file.attrs["rows"] = 1024
    for name in ("sequence", "label", "locus/chromosome", "locus/start", "locus/end"):
        file[name].resize(1024, axis=0)
        replace(file, f"checksum/{name}", file[f"checksum/{name}"][:1])


def replace(file, name, content):
    del file[name]
    file[name] = content


def spread(file):
    """Move the labels to another file."""
    other = Path(file.filename).with_name("other.h5")
    with h5py.File(other, "w") as to:
        file.copy("label", to)
    return other


def by_a_virtual_dataset(file):
    layout = h5py.VirtualLayout((ROWS, 1), np.uint8)
    layout[:] = h5py.VirtualSource(str(spread(file)), "label", (ROWS, 1))
    del file["label"]
    file.create_virtual_dataset("label", layout)


def by_external_storage(file):
    del file["label"]
    file.create_dataset("label", (ROWS, 1), np.uint8, external=[("/dev/zero", 0, ROWS)])


CHANGES = {
    **{
        f"attribute {name} {what}": (change(name), fragment)
        for name in (
            *("alphabet", "bin", "code_version", "length", "rows", "schema_version"),
            *("source", "strands", "targets", "header_checksum"),
        )
        for what, change, fragment in (
            ("removed", lambda name: lambda f: f.attrs.__delitem__(name), name.split("_")[0]),
            ("an array", lambda name: lambda f: f.attrs.create(name, [1, 2]), f"attribute {name}"),
        )
    },
    "strands": (
        lambda f: f.attrs.modify("strands", "forward-then-reverse-complement"),
        "not those that were written",
    ),
    "bin": (lambda f: f.attrs.modify("bin", 30), "not those that were written"),
    "length": (lambda f: f.attrs.modify("length", 39), "not those that were written"),
    "rows": (lambda f: f.attrs.modify("rows", 10**15), "instead of (1000000000000000, 4, 5)"),
    "negative rows": (lambda f: f.attrs.modify("rows", -1), "instead of (-1, 4, 5)"),
    "source": (lambda f: f.attrs.modify("source", "{"), "damaged or foreign content"),
    **{
        f"{name} removed": (lambda f, name=name: f.__delitem__(name), "damaged or foreign")
        for name in (
            *("sequence", "label", "target", "target/name", "locus", "locus/names", "locus/start"),
            *("checksum", "checksum/label", "checksum/target", "checksum/locus/names"),
        )
    },
    "a group": (lambda f: (f.__delitem__("label"), f.create_group("label")), "no data set"),
    "another type": (lambda f: replace(f, "label", f["label"][:] * 1.0), "type float64"),
    "a checksum": (lambda f: f["checksum/label"].write_direct(np.ones(5, np.uint32)), "not those"),
    "a row of checksums less": (
        lambda f: replace(f, "checksum/label", f["checksum/label"][:4]),
        "checksum/label has the shape (4,) instead of (5,)",
    ),
    "rows with their checksums": (cut_to_a_block, "not those that were written"),
    "an added column": (lambda f: f["target"].create_dataset("x", data=[1]), "not those"),
    "a compressed copy": (
        lambda f: (
            f.__delitem__("label"),
            f.create_dataset("label", data=np.zeros((ROWS, 1), np.uint8), compression="gzip"),
        ),
        "not those that were written",
    ),
    "an external link": (
        lambda f: replace(f, "label", h5py.ExternalLink(str(spread(f)), "label")),
        "'label' is a link to another place",
    ),
    "a link to nowhere": (
        lambda f: replace(f, "label", h5py.SoftLink("/nowhere")),
        "'label' is a link to another place",
    ),
    "a virtual data set": (by_a_virtual_dataset, "'label' are stored in another file"),
    "external storage": (by_external_storage, "'label' are stored in another file"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_header_is_refused(store, change):
    apply, fragment = CHANGES[change]
    with h5py.File(store, "r+") as file:
        apply(file)
    with pytest.raises(InputError) as refused:
        list(damages(store))
    assert str(refused.value).startswith(str(store))
    assert fragment in str(refused.value)
    assert "delete it and run the pipeline again" in str(refused.value)


def test_truncated_and_missing_files_are_refused(store, tmp_path):
    (tmp_path / "cut.h5").write_bytes(store.read_bytes()[:5000])
    refused = [tmp_path / "cut.h5", tmp_path / "none.h5", tmp_path]
    done = verify(*refused, store)
    assert done.returncode == 2
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [*map(str, refused)]
    assert done.stdout == f"{store}: whole, 5,000 rows\n"
