"""Any damage of a store or a .mat file is reported or harmless; none ends in a traceback."""

import errno
import string
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_store import LENGTH, TABLE, toy_split

from noncoding.common.errors import InputError
from noncoding.data.store import BOTH, FORWARD, ROWS_PER_CHUNK, Store, StoreHeader, new_store
from noncoding.data.store.verify import damages
from noncoding.stages.convert import convert


@pytest.mark.parametrize(
    ("number", "fragment"),
    [
        (errno.EACCES, "owner or permissions"),
        (errno.EIO, "disk or network"),
        (errno.ENOLCK, "HDF5_USE_FILE_LOCKING=FALSE"),
    ],
)
def test_a_store_that_cannot_be_opened_is_not_reported_as_damaged(
    tmp_path, monkeypatch, number, fragment
):
    def fails(*_):
        raise OSError(number, "Unable to open file")

    monkeypatch.setattr("h5py.File", fails)
    with pytest.raises(InputError, match=fragment) as error:
        Store(tmp_path / "train.h5")
    assert "delete" not in str(error.value)


@pytest.mark.parametrize("made", ["data=[1] * 1000", "shape=(9000,), dtype='i8', chunks=(8000,)"])
def test_a_failed_write_of_many_objects_gives_one_error(tmp_path, made):
    # In a separate process, which might crash.
    script = f"""
import os
from noncoding.common.hdf5 import new_hdf5
kept = []
try:
    with new_hdf5({str(tmp_path / "x.h5")!r}) as file:
        for number in range(500):
            kept.append(file.create_dataset(str(number), {made}))
            kept[-1][:10] = 1
        # From now on, each write to the file fails.
        os.dup2(os.open(file.filename, os.O_RDONLY), file.id.get_vfd_handle())
except (OSError, RuntimeError) as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert "Bad file descriptor" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


ROWS = 40
bounded = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("damaged")


@pytest.fixture(scope="module")
def store(folder):
    path = folder / "whole.h5"
    start = np.arange(ROWS)
    loci = pd.DataFrame({"chromosome": "I", "start": start, "end": start + LENGTH})
    with new_store(path, StoreHeader(LENGTH, 10, FORWARD, TABLE, {"url": "a"})) as writer:
        writer.append(*toy_split(ROWS, 0), loci)
    return path


def content(path):
    with Store(path) as store:
        blocks = range(-(-store.rows // ROWS_PER_CHUNK))
        packed = [part.tobytes() for block in blocks for part in store.packed_block(block)]
        tables = [store.targets.to_csv(), store.loci().to_csv()]
        whole = [store.sequences(slice(None)).tobytes(), store.labels().tobytes()]
        sizes = [store.rows, store.length, store.bin, store.strands, store.code_version]
        return [*packed, *tables, *whole, *sizes, store.source, store.digest]


# Half of them at the beginning, in the metadata of HDF5 and MATLAB.
places = st.integers(0, 1 << 12) | st.integers(0, 1 << 20)
bytes_of_a_file = st.lists(st.tuples(places, st.integers(1, 255)), max_size=4)


def damaged(whole, path, flips, kept):
    """A truncated copy with changed bytes."""
    content = bytearray(whole.read_bytes())
    for place, change in flips:
        content[place % len(content)] ^= change
    path.write_bytes(content[: round(kept * len(content))])
    return path


shares = st.just(1.0) | st.just(1.0) | st.floats(0, 1)
words = st.text(string.ascii_letters, max_size=5)
single_values = (
    st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | words
    | words.map(str.encode)
    | st.sampled_from([h5py.Empty("i8"), True, 1 + 2j, BOTH, "{}", "[]", "null"])
)
arrays = st.builds(
    np.full,
    st.lists(st.integers(0, 5), min_size=1, max_size=3).map(tuple)
    | st.sampled_from([(ROWS,), (ROWS, 1), (ROWS, 4, 5), (LENGTH, 4, ROWS), (3, ROWS)]),
    st.integers(0, 2),
    st.sampled_from(["u1", "i8", "u4", ">u2", "f4", "c8", "?", "S3"]),
)
changes = st.lists(
    st.tuples(
        st.integers(0, 100),
        st.sampled_from(["remove", "replace", "rename", "group", "link", "to nowhere"])
        | st.sampled_from(["attribute", "no attribute"]),
        single_values | arrays,
    ),
    min_size=1,
    max_size=3,
)


def changed(whole, path, changes):
    """A copy with changed data sets, groups and attributes."""
    path.write_bytes(whole.read_bytes())
    with h5py.File(path, "r+") as file:
        for step, (number, change, value) in enumerate(changes):
            items = [""]
            file.visit(items.append)
            name = items[number % len(items)]
            item = file[name] if name else file
            attributes = [*item.attrs, "MATLAB_class", "MATLAB_sparse"]
            attribute = attributes[number % len(attributes)]
            if change == "attribute":
                item.attrs[attribute] = value
            elif change == "no attribute":
                item.attrs.pop(attribute, None)
            elif not name:
                file[f"added {step}"] = value
            elif change == "rename":
                file.move(name, f"{name} {step}")
            else:
                del file[name]
                if change == "replace":
                    file[name] = value
                elif change == "group":
                    file.create_group(name)
                elif change == "link":
                    file[name] = h5py.ExternalLink(whole.name, name)
                elif change == "to nowhere":
                    file[name] = h5py.SoftLink(f"/{name}")
    return path


def assert_rejected_or_as_written(whole, path):
    try:
        found = content(path)
    except InputError:
        found = None
    try:
        agrees = not list(damages(path))
    except InputError:
        agrees = False
    assert not agrees or found == content(whole)


@bounded
@given(bytes_of_a_file, shares)
def test_a_store_with_changed_bytes_is_rejected_or_read_as_written(store, flips, kept):
    assert_rejected_or_as_written(store, damaged(store, store.with_name("damaged.h5"), flips, kept))


@bounded
@given(changes)
def test_a_store_with_changed_structure_is_rejected_or_read_as_written(store, changes):
    assert_rejected_or_as_written(store, changed(store, store.with_name("changed.h5"), changes))


@pytest.fixture(scope="module")
def mats(folder):
    """By version and compression."""
    sequences, labels = toy_split(ROWS, 0)
    paths = {name: folder / f"{name}.mat" for name in ("v7.3", "v5", "v5 packed")}
    with h5py.File(paths["v7.3"], "w") as file:
        values = sequences[:, [0, 2, 1, 3]].transpose(2, 1, 0)
        file.create_dataset("trainxdata", data=values, chunks=(LENGTH, 4, 16), compression="gzip")
        file["traindata"] = labels.T
        file["traindata"].attrs["MATLAB_class"] = np.bytes_("uint8")
    for name in ("v5", "v5 packed"):
        values = {"trainxdata": sequences, "traindata": labels}
        scipy.io.savemat(paths[name], values, do_compression=name != "v5")
    return paths


def assert_converted_or_rejected(path):
    out = Path(f"{path}.h5")
    try:
        convert(path, out, split="train", targets=TABLE, window=LENGTH, bin=10, source={})
    except InputError:
        assert not out.exists()
    else:
        assert list(damages(out)) == []
        out.unlink()


@settings(bounded, max_examples=40)
@given(flips=bytes_of_a_file, kept=shares)
@pytest.mark.parametrize("version", ["v7.3", "v5", "v5 packed"])
def test_a_mat_file_with_changed_bytes_is_converted_or_rejected(mats, version, flips, kept):
    whole = mats[version]
    assert_converted_or_rejected(damaged(whole, whole.with_name("damaged.mat"), flips, kept))


@bounded
@given(changes)
def test_a_mat_file_with_changed_structure_is_converted_or_rejected(mats, changes):
    whole = mats["v7.3"]
    assert_converted_or_rejected(changed(whole, whole.with_name("changed.mat"), changes))
