import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
from toy_bundle import LENGTH, ROWS, TARGETS, toy_rows, write_toy_bundle

from noncoding.convert import convert
from noncoding.errors import InputError
from noncoding.store import BOTH, FORWARD, Store
from noncoding.unpack import unpack

TABLE = pd.DataFrame({"index": range(TARGETS), "name": list("abcde"), "group": "TF"})
AGCT = [0, 2, 1, 3]


@pytest.fixture
def mats(tmp_path):
    """The unpacked files of the toy bundle."""
    write_toy_bundle(tmp_path / "bundle.tar.gz")
    paths = {split: tmp_path / f"{split}.mat" for split in ROWS}
    unpack(tmp_path / "bundle.tar.gz", {path.name: path for path in paths.values()})
    return paths


def converted(mat, split, *, targets=TABLE, window=LENGTH):
    store = mat.with_suffix(".h5")
    convert(mat, store, split=split, targets=targets, window=window, bin=10, source={"a": 1})
    return store


@pytest.mark.parametrize("split", ROWS)
def test_every_row_comes_through_in_our_order(mats, split):
    sequences, labels = toy_rows()[split]
    with Store(converted(mats[split], split)) as store:
        np.testing.assert_array_equal(store.sequences(slice(None)), sequences)
        np.testing.assert_array_equal(store.labels(), labels)
        assert store.strands == BOTH
        assert (store.bin, store.source) == (10, {"a": 1})


def test_the_formats_are_the_official_ones(mats):
    sequences, labels = toy_rows()["train"]
    with h5py.File(mats["train"]) as file:
        assert file["trainxdata"].shape == (LENGTH, 4, 30)
        assert file["traindata"].shape == (TARGETS, 30)
        # Channel by channel, in the file's own order A, G, C, T.
        for channel, base in enumerate(AGCT):
            np.testing.assert_array_equal(file["trainxdata"][:, channel].T, sequences[:, base])
        np.testing.assert_array_equal(file["traindata"][:].T, labels)
    assert mats["train"].read_bytes()[:10] == b"MATLAB 7.3"
    valid = scipy.io.loadmat(mats["valid"])
    assert valid["validxdata"].shape == (6, 4, LENGTH)
    np.testing.assert_array_equal(valid["validxdata"][:, AGCT], toy_rows()["valid"][0])


@pytest.mark.parametrize("chunks", [None, (7, 4, 4), (LENGTH, 4, 1), (1, 1, 30), (40, 2, 13)])
def test_any_chunks_and_type_of_labels(tmp_path, chunks):
    sequences, labels = toy_rows()["train"]
    with h5py.File(tmp_path / "train.mat", "w") as file:
        file.create_dataset("trainxdata", data=sequences[:, AGCT].transpose(2, 1, 0), chunks=chunks)
        file["traindata"] = labels.T.astype(float)
    with Store(converted(tmp_path / "train.mat", "train")) as store:
        np.testing.assert_array_equal(store.sequences(slice(None)), sequences)
        np.testing.assert_array_equal(store.labels(), labels)


def test_rows_span_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("noncoding.bundle._BLOCK_BYTES", 4 * LENGTH * 7)
    test_any_chunks_and_type_of_labels(tmp_path, (LENGTH, 4, 3))


@pytest.mark.parametrize("what", ["other strand", "other label", "odd"])
def test_strands_are_found_out_from_the_data(tmp_path, what):
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
    ("what", "told"),
    [
        ("two bases", r"row 17, position 9: found the column \[1, 0, 1, 0\]"),
        ("a two", r"row 17, position 9: found the column \[2, 0, 0, 0\]"),
        ("label", "row 17, target 3: found the label 2"),
    ],
)
def test_wrong_values_are_named_and_the_old_store_stays(tmp_path, version, what, told):
    sequences, labels = _spoilt(what)
    mat = tmp_path / "train.mat"
    if version == "v5":
        scipy.io.savemat(mat, {"trainxdata": sequences[:, AGCT], "traindata": labels})
    else:
        with h5py.File(mat, "w") as file:
            file["trainxdata"] = sequences[:, AGCT].transpose(2, 1, 0)
            file["traindata"] = labels.T
    (tmp_path / "train.h5").write_text("before")
    with pytest.raises(InputError, match=told):
        converted(mat, "train")
    assert (tmp_path / "train.h5").read_text() == "before"


def test_missing_variable(mats):
    with pytest.raises(InputError, match=r"a variable 'validxdata'"):
        converted(mats["train"], "valid")
    with pytest.raises(InputError, match=r"found the variables valid.*variable 'trainxdata'"):
        converted(mats["valid"], "train")


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"validxdata": np.zeros((6, 3, LENGTH), np.uint8)}, r"the shape \(6, 3, 40\)"),
        ({"validdata": np.zeros((5, TARGETS), np.uint8)}, r"\(rows, targets\) with 6 rows"),
        ({"validxdata": np.zeros((6, 4), np.uint8)}, r"\(rows, 4, length\)"),
    ],
)
def test_wrong_shapes(tmp_path, variables, told):
    sequences, labels = toy_rows()["valid"]
    mat = tmp_path / "valid.mat"
    scipy.io.savemat(mat, {"validxdata": sequences, "validdata": labels} | variables)
    with pytest.raises(InputError, match=told):
        converted(mat, "valid")


def test_another_task_is_refused(mats):
    with pytest.raises(InputError, match="found a length of 40; expected 1000"):
        converted(mats["train"], "train", window=1000)
    with pytest.raises(InputError, match="found targets: 5; expected 4"):
        converted(mats["train"], "train", targets=TABLE[:4])


@pytest.mark.parametrize("split", ROWS)
def test_a_cut_file_is_refused(mats, split):
    whole = mats[split].read_bytes()
    mats[split].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="fetch") as error:
        converted(mats[split], split)
    assert str(mats[split]) in str(error.value)
    assert not mats[split].with_suffix(".h5").exists()


def test_what_is_no_matlab_file_is_refused(tmp_path):
    (tmp_path / "train.mat").write_text("<html>not found</html>")
    with pytest.raises(InputError, match=r"neither MATLAB v7\.3 nor v5"):
        converted(tmp_path / "train.mat", "train")
