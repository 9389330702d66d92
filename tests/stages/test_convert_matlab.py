"""Classes, storage and damage of the variables in MATLAB files."""

import os
import struct

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from toy_bundle import (
    AGCT,
    LENGTH,
    TARGETS,
    converted,
    toy_rows,
    write_v73,
)

from noncoding.common.errors import InputError
from noncoding.data.store import Store

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
    with pytest.raises(InputError, match=r"found a pipe; .* Save the input to a file"):
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
