import os
import signal
import struct
import subprocess
import sys

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse
from toy_bundle import LENGTH, ROWS, TARGETS, toy_rows, write_toy_bundle

from noncoding.common.errors import InputError
from noncoding.data.store import BOTH, FORWARD, Store
from noncoding.stages.convert import convert
from noncoding.stages.unpack import unpack

TABLE = pd.DataFrame({"index": range(TARGETS), "name": list("abcde"), "group": "TF"})
AGCT = [0, 2, 1, 3]


@pytest.fixture
def mats(tmp_path):
    """The unpacked files of the toy bundle."""
    write_toy_bundle(tmp_path / "bundle.tar.gz")
    paths = {split: tmp_path / f"{split}.mat" for split in ROWS}
    unpack(tmp_path / "bundle.tar.gz", {path.name: path for path in paths.values()})
    return paths


def converted(mat, split, *, targets=TABLE, window=LENGTH, **options):
    store = mat.with_suffix(".h5")
    convert(
        mat, store, split=split, targets=targets, window=window, bin=10, source={"a": 1}, **options
    )
    return store


def write_v73(path, sequences, labels, **options):
    """A train.mat; options are those of h5py's create_dataset, for the sequences."""
    with h5py.File(path, "w") as file:
        xdata = sequences[:, AGCT].transpose(2, 1, 0)
        file.create_dataset("trainxdata", data=xdata, **options)
        file["traindata"] = labels.T


@pytest.mark.parametrize("split", ROWS)
def test_all_rows_are_converted_to_the_order_acgt(mats, split):
    sequences, labels = toy_rows()[split]
    with Store(converted(mats[split], split)) as store:
        np.testing.assert_array_equal(store.sequences(slice(None)), sequences)
        np.testing.assert_array_equal(store.labels(), labels)
        assert store.strands == BOTH
        assert store.bin == 10
        assert store.source["a"] == 1
        assert store.source["unknown_bases"] == (sequences.sum(axis=1) == 0).sum()


def test_the_formats_are_the_official_ones(mats):
    sequences, labels = toy_rows()["train"]
    with h5py.File(mats["train"]) as file:
        assert file["trainxdata"].shape == (LENGTH, 4, 30)
        assert file["traindata"].shape == (TARGETS, 30)
        # The channels of the file are A, G, C, T.
        for channel, base in enumerate(AGCT):
            np.testing.assert_array_equal(file["trainxdata"][:, channel].T, sequences[:, base])
        np.testing.assert_array_equal(file["traindata"][:].T, labels)
    assert mats["train"].read_bytes()[:10] == b"MATLAB 7.3"
    valid = scipy.io.loadmat(mats["valid"])
    assert valid["validxdata"].shape == (6, 4, LENGTH)
    np.testing.assert_array_equal(valid["validxdata"][:, AGCT], toy_rows()["valid"][0])


@pytest.mark.parametrize("what", ["other strand", "other label", "odd"])
def test_strands_are_determined_from_the_data(tmp_path, what):
    sequences, labels = (array.copy() for array in toy_rows()["valid"])
    if what == "other strand":
        sequences[4, :, 7] = (
            np.roll(sequences[4, :, 7], 1) if sequences[4, :, 7].any() else [1, 0, 0, 0]
        )
    elif what == "other label":
        labels[5, 2] ^= 1
    else:
        sequences, labels = sequences[:5], labels[:5]
    scipy.io.savemat(
        tmp_path / "valid.mat", {"validxdata": sequences[:, AGCT], "validdata": labels}
    )
    with Store(converted(tmp_path / "valid.mat", "valid")) as store:
        assert store.strands == FORWARD


def _spoilt(what):
    sequences, labels = (array.copy() for array in toy_rows()["train"])
    if what == "two bases":
        sequences[17, :, 9] = [1, 0, 1, 0]
    elif what == "a two":
        sequences[17, :, 9] = [2, 0, 0, 0]
    elif what == "label":
        labels[17, 3] = 2
    return sequences, labels


@pytest.mark.parametrize("version", ["v5", "v7.3"])
@pytest.mark.parametrize(
    ("what", "fragment"),
    [
        ("two bases", r"row 17, position 9: found the column \[1, 0, 1, 0\]"),
        ("a two", r"row 17, position 9, channel 0: found the value 2"),
        ("label", "row 17, target 3: found the value 2"),
    ],
)
def test_invalid_values_are_refused_and_the_previous_store_is_kept(
    tmp_path, version, what, fragment
):
    sequences, labels = _spoilt(what)
    mat = tmp_path / "train.mat"
    if version == "v5":
        scipy.io.savemat(mat, {"trainxdata": sequences[:, AGCT], "traindata": labels})
    else:
        write_v73(mat, sequences, labels)
    (tmp_path / "train.h5").write_text("before")
    with pytest.raises(InputError, match=fragment):
        converted(mat, "train")
    assert (tmp_path / "train.h5").read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"train.mat", "train.h5"}


def test_missing_variable(mats):
    with pytest.raises(InputError, match=r"a variable 'validxdata'"):
        converted(mats["train"], "valid")
    with pytest.raises(InputError, match=r"found the variables valid.*variable 'trainxdata'"):
        converted(mats["valid"], "train")


@pytest.mark.parametrize(
    ("variables", "fragment"),
    [
        ({"validxdata": np.zeros((6, 3, LENGTH), np.uint8)}, r"the shape \(6, 3, 40\)"),
        ({"validdata": np.zeros((5, TARGETS), np.uint8)}, r"\(rows, targets\) with 6 rows"),
        ({"validxdata": np.zeros((6, 4), np.uint8)}, r"\(rows, 4, length\)"),
    ],
)
def test_wrong_shapes(tmp_path, variables, fragment):
    sequences, labels = toy_rows()["valid"]
    mat = tmp_path / "valid.mat"
    scipy.io.savemat(mat, {"validxdata": sequences, "validdata": labels} | variables)
    with pytest.raises(InputError, match=fragment):
        converted(mat, "valid")


def test_unexpected_windows_and_targets_are_refused(mats):
    with pytest.raises(
        InputError, match=r"found a length of 40 and 5 .* expected a length of 1000"
    ):
        converted(mats["train"], "train", window=1000)
    with pytest.raises(InputError, match=r"found .* 5 targets; expected .* 4 targets"):
        converted(mats["train"], "train", targets=TABLE[:4])


@pytest.mark.parametrize("split", ROWS)
def test_a_truncated_file_is_refused(mats, split):
    whole = mats[split].read_bytes()
    mats[split].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="fetch") as error:
        converted(mats[split], split)
    assert str(mats[split]) in str(error.value)
    assert not mats[split].with_suffix(".h5").exists()


def test_other_files_than_matlab_files_are_refused(tmp_path):
    (tmp_path / "train.mat").write_text("<html>not found</html>")
    with pytest.raises(InputError, match=r"neither MATLAB v7\.3 nor v5"):
        converted(tmp_path / "train.mat", "train")


NUMBERS = [np.uint8, np.int8, ">u2", np.int64, np.float32, float, bool]


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("version", ["v5", "v7.3"])
def test_values_of_any_class_of_numbers(tmp_path, version, dtype):
    sequences, labels = toy_rows()["train"]
    mat = tmp_path / "train.mat"
    values = sequences.astype(dtype), labels.astype(dtype)
    if version == "v5":
        of_file = {"trainxdata": values[0][:, AGCT], "traindata": values[1]}
        scipy.io.savemat(mat, of_file, do_compression=True)
    else:
        write_v73(mat, *values, compression="gzip", shuffle=True)
    with Store(converted(mat, "train")) as store:
        np.testing.assert_array_equal(store.sequences(slice(None)), sequences)
        np.testing.assert_array_equal(store.labels(), labels)


def write_sparse_v73(file, labels, dtype=float):
    """As MATLAB: (rows, targets) without zeros, column by column."""
    sparse = scipy.sparse.csc_array(labels)
    group = file.create_group("traindata")
    group.attrs["MATLAB_sparse"] = np.uint64(len(labels))
    group.attrs["MATLAB_class"] = np.bytes_("double" if dtype is float else "logical")
    group["jc"] = sparse.indptr.astype(np.uint64)
    if sparse.nnz:
        group["ir"] = sparse.indices.astype(np.uint64)
        group["data"] = sparse.data.astype(dtype)


@pytest.mark.parametrize("dtype", [float, bool])
@pytest.mark.parametrize("version", ["v5", "v7.3"])
@pytest.mark.parametrize("positives", [True, False])
def test_sparse_labels(tmp_path, version, dtype, positives):
    sequences, labels = toy_rows()["train"]
    labels = labels * positives
    mat = tmp_path / "train.mat"
    if version == "v5":
        sparse = scipy.sparse.csc_array(labels.astype(dtype))
        scipy.io.savemat(mat, {"trainxdata": sequences[:, AGCT], "traindata": sparse})
    else:
        write_v73(mat, sequences, labels)
        with h5py.File(mat, "r+") as file:
            del file["traindata"]
            write_sparse_v73(file, labels, dtype)
    with Store(converted(mat, "train")) as store:
        np.testing.assert_array_equal(store.labels(), labels)


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        (lambda g: g["ir"].write_direct(np.full(len(g["ir"]), 99, np.uint64)), "must be < 30"),
        (lambda g: g["data"].write_direct(np.full(len(g["data"]), 2.0)), "target 0: .* value 2"),
        (lambda g: g.__delitem__("jc"), "there is no 'jc'"),
        (lambda g: g.attrs.modify("MATLAB_sparse", 31), "with 30 rows"),
    ],
)
def test_damaged_sparse_labels(tmp_path, change, fragment):
    sequences, labels = toy_rows()["train"]
    mat = tmp_path / "train.mat"
    write_v73(mat, sequences, labels)
    with h5py.File(mat, "r+") as file:
        del file["traindata"]
        write_sparse_v73(file, labels)
        change(file["traindata"])
    with pytest.raises(InputError, match=rf"train\.mat.*{fragment}"):
        converted(mat, "train")


def of_cells(labels):
    cells = np.empty(labels.shape, dtype=object)
    cells[:] = [[np.array([[value]]) for value in row] for row in labels]
    return cells


@pytest.mark.parametrize(
    ("labels", "fragment"),
    [
        (of_cells, "the class cell"),
        (lambda labels: {"a": labels}, "the class struct"),
        (lambda labels: np.array(["01010"] * len(labels)), "the class char"),
        (lambda labels: labels * 1j, "the class complex"),
    ],
)
def test_non_numeric_classes_are_refused_v5(tmp_path, labels, fragment):
    sequences, plain = toy_rows()["train"]
    mat = tmp_path / "train.mat"
    scipy.io.savemat(mat, {"trainxdata": sequences[:, AGCT], "traindata": labels(plain)})
    with pytest.raises(InputError, match=rf"variable traindata: found {fragment}.*uint8, .*sparse"):
        converted(mat, "train")


@pytest.mark.parametrize(
    ("replace", "fragment"),
    [
        (lambda file: file.create_group("traindata"), "the class struct"),
        (lambda file: in_class(file, np.zeros((TARGETS, 30), np.uint16), "char"), "the class char"),
        (lambda file: in_class(file, np.ones((TARGETS, 30), complex), "double"), "the class compl"),
        (
            lambda file: file.create_dataset("traindata", (TARGETS, 30), h5py.ref_dtype),
            "the class cell",
        ),
        (
            lambda file: file.create_dataset("traindata", (TARGETS, 30), [("a", "u1")]),
            "the class void",
        ),
    ],
)
def test_non_numeric_classes_are_refused_v73(tmp_path, replace, fragment):
    mat = tmp_path / "train.mat"
    write_v73(mat, *toy_rows()["train"])
    with h5py.File(mat, "r+") as file:
        del file["traindata"]
        replace(file)
    with pytest.raises(InputError, match=rf"variable traindata: found {fragment}.*uint8, .*sparse"):
        converted(mat, "train")


def in_class(file, values, name):
    file["traindata"] = values
    file["traindata"].attrs["MATLAB_class"] = np.bytes_(name)


def elsewhere(file):
    """Move the labels to another file."""
    other = f"{file.filename}.other"
    with h5py.File(other, "w") as to:
        file.copy("traindata", to)
    del file["traindata"]
    return other


def virtual(file):
    layout = h5py.VirtualLayout((TARGETS, 30), np.uint8)
    layout[:] = h5py.VirtualSource(elsewhere(file), "traindata", (TARGETS, 30))
    file.create_virtual_dataset("traindata", layout)


def external(file):
    del file["traindata"]
    stored = [("/dev/zero", 0, TARGETS * 30)]
    file.create_dataset("traindata", (TARGETS, 30), np.uint8, external=stored)


def linked(file):
    file["traindata"] = h5py.ExternalLink(elsewhere(file), "traindata")


def linked_to_a_pipe(file):
    del file["traindata"]
    os.mkfifo(f"{file.filename}.pipe")
    file["traindata"] = h5py.ExternalLink(f"{file.filename}.pipe", "traindata")


def sparse_elsewhere(file):
    other = elsewhere(file)
    write_sparse_v73(file, toy_rows()["train"][1])
    del file["traindata/ir"]
    file["traindata/ir"] = h5py.ExternalLink(other, "traindata")


def claimed(file):
    for name, shape in (("trainxdata", (LENGTH, 4, 10**10)), ("traindata", (TARGETS, 10**10))):
        del file[name]
        file.create_dataset(name, shape, np.uint8, chunks=(*shape[:-1], 10**5), compression="gzip")


def claimed_chunk(file):
    del file["traindata"]
    file.create_dataset(
        "traindata", (TARGETS, 30), np.uint8, maxshape=(None, None), chunks=(5, 10**9)
    )


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        (linked, "'traindata' is a link to another place"),
        (linked_to_a_pipe, "'traindata' is a link to another place"),
        (external, "'traindata' are stored in another file"),
        (virtual, "'traindata' are stored in another file"),
        (sparse_elsewhere, "'ir' is a link to another place"),
        (claimed, "claims 1,600,000,000,000 bytes, in a file of"),
        (claimed_chunk, "claims 5,000,000,000 bytes, in a file of"),
    ],
)
def test_values_stored_outside_the_file_are_refused(tmp_path, change, fragment):
    mat = tmp_path / "train.mat"
    write_v73(mat, *toy_rows()["train"])
    with h5py.File(mat, "r+") as file:
        change(file)
    with pytest.raises(InputError, match=rf"train\.mat.*{fragment}"):
        converted(mat, "train")
    assert not (tmp_path / "train.h5").exists()


@pytest.mark.parametrize("split", ["train", "valid"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, split):
    os.mkfifo(tmp_path / f"{split}.mat")
    with pytest.raises(InputError, match="found a folder, a device or a pipe"):
        converted(tmp_path / f"{split}.mat", split)


@pytest.mark.parametrize("packed", [True, False])
def test_a_v5_variable_larger_than_memory_is_refused(tmp_path, monkeypatch, packed):
    sequences, labels = np.zeros((6, 4, 10**5), np.uint8), toy_rows()["valid"][1]
    values = {"validxdata": sequences, "validdata": labels}
    scipy.io.savemat(tmp_path / "valid.mat", values, do_compression=packed)
    monkeypatch.setattr("noncoding.data.bundle.matlab.available_memory", lambda: 10**6)
    with pytest.raises(InputError, match=r"valid\.mat: found a variable that .* -v7\.3"):
        converted(tmp_path / "valid.mat", "valid", window=10**5)


def test_a_v5_file_of_the_other_byte_order(tmp_path):
    """Written by hand after the specification; scipy reads it too."""

    def element(kind, content):
        return struct.pack(">II", kind, len(content)) + content + bytes(-len(content) % 8)

    def matrix(name, shape, kind, values):
        parts = (
            element(6, struct.pack(">II", 6, 0)),
            element(5, struct.pack(f">{len(shape)}i", *shape)),
            element(1, name.encode()),
            element(kind, values),
        )
        return element(14, b"".join(parts))

    sequences, labels = toy_rows()["valid"]
    content = b"MATLAB 5.0".ljust(124) + b"\x01\x00MI"
    x = sequences[:, AGCT].astype(">u2")
    content += matrix("validxdata", x.shape, 4, x.tobytes("F"))
    content += matrix("validdata", labels.shape, 9, labels.astype(">f8").tobytes("F"))
    mat = tmp_path / "valid.mat"
    mat.write_bytes(content)
    np.testing.assert_array_equal(scipy.io.loadmat(mat)["validdata"], labels)
    with Store(converted(mat, "valid")) as store:
        np.testing.assert_array_equal(store.sequences(slice(None)), sequences)
        np.testing.assert_array_equal(store.labels(), labels)


def test_a_v5_file_of_zeros_is_refused(tmp_path):
    mat = tmp_path / "valid.mat"
    mat.write_bytes(b"MATLAB 5.0".ljust(124) + b"\x00\x01IM" + bytes(10_000))
    with pytest.raises(
        InputError, match=r"valid\.mat: .*type 0 instead of a variable, at byte 128"
    ):
        converted(mat, "valid")


def test_nan_labels_are_refused(tmp_path):
    sequences, labels = toy_rows()["train"]
    labels = labels.astype(float)
    labels[7, 2] = np.nan
    write_v73(tmp_path / "train.mat", sequences, labels)
    with pytest.raises(InputError, match="row 7, target 2: found the value nan"):
        converted(tmp_path / "train.mat", "train")


def _published(change=0):
    positives = toy_rows()["test"][1].sum(axis=0)
    positives[3] += change
    return TABLE.assign(test_positives=positives)


@pytest.mark.parametrize("verify", ["strict", "warn"])
def test_positives_as_published(mats, verify):
    with Store(converted(mats["test"], "test", targets=_published(), verify=verify)) as store:
        assert store.source["published_positives"] == "agree"


def test_unexpected_positives_are_refused(mats):
    with pytest.raises(InputError, match=r"target 3: \d instead of \d.*'verify'") as error:
        converted(mats["test"], "test", targets=_published(change=1))
    assert str(mats["test"]) in str(error.value)
    assert not mats["test"].with_suffix(".h5").exists()


@pytest.mark.parametrize(
    ("verify", "recorded", "warnings"), [("warn", "differ", 1), ("off", "not compared", 0)]
)
def test_unexpected_positives_can_be_accepted(mats, caplog, verify, recorded, warnings):
    path = converted(mats["test"], "test", targets=_published(change=1), verify=verify)
    with Store(path) as store:
        assert store.source["published_positives"] == recorded
    assert len([r for r in caplog.records if r.levelname == "WARNING"]) == warnings


@pytest.mark.parametrize("number", ["", "n/a", -1, 2.5])
def test_invalid_published_positives_are_refused(mats, number):
    targets = _published(change=0).astype({"test_positives": object})
    targets.loc[2, "test_positives"] = number
    with pytest.raises(InputError, match=r"row 3, column test_positives: found .* whole number"):
        converted(mats["test"], "test", targets=targets)


def test_only_the_test_split_has_published_positives(mats):
    with Store(converted(mats["train"], "train", targets=_published(change=1))) as store:
        assert "published_positives" not in store.source


def test_a_killed_conversion_leaves_no_store_and_is_cleaned_up(mats):
    # Killed while the planes of the sequences are on disk and the store is not finished.
    script = f"""
import os, signal, pandas as pd
from noncoding.stages import convert
from noncoding.data.bundle import packing
packing.BAND_BYTES = 1
convert.count_bases = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
targets = pd.DataFrame({{"index": range({TARGETS})}})
convert.convert({str(mats["train"])!r}, {str(mats["train"].with_suffix(".h5"))!r}, split="train",
    targets=targets, window={LENGTH}, bin=10, source={{}})
"""
    before = {path.name for path in mats["train"].parent.iterdir()}
    killed = subprocess.run([sys.executable, "-c", script], check=False)
    assert killed.returncode == -signal.SIGKILL
    left = {path.name for path in mats["train"].parent.iterdir()} - before
    names = {"train.h5", "train.h5.lock", "train.planes", "train.planes.lock"}
    assert {name.rpartition("-")[2] for name in left} == names
    assert all(name.startswith(".temporary-") for name in left)
    converted(mats["train"], "train")
    assert {path.name for path in mats["train"].parent.iterdir()} == before | {"train.h5"}


def test_a_damaged_chunk_is_refused(tmp_path):
    mat = tmp_path / "train.mat"
    write_v73(mat, *toy_rows()["train"], chunks=(LENGTH, 4, 10), compression="gzip")
    with h5py.File(mat) as file:
        info = file["trainxdata"].id.get_chunk_info(1)
    spoil(mat, info.byte_offset + info.size // 2)
    with pytest.raises(InputError, match=r"variable trainxdata, rows 10 to 19.*fetch"):
        converted(mat, "train")


def spoil(path, offset):
    """Invert the bits of one byte."""
    with path.open("r+b") as handle:
        handle.seek(offset)
        byte = handle.read(1)
        handle.seek(offset)
        handle.write(bytes([byte[0] ^ 0xFF]))
