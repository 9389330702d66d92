import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest
import scipy.io
from toy_bundle import (
    AGCT,
    LENGTH,
    ROWS,
    TABLE,
    TARGETS,
    converted,
    spoil,
    toy_rows,
    write_toy_bundle,
    write_v73,
)

from noncoding.common.errors import InputError
from noncoding.data.store import BOTH, FORWARD, Store
from noncoding.stages.unpack import unpack


@pytest.fixture
def mats(tmp_path):
    """The unpacked files of the toy bundle."""
    write_toy_bundle(tmp_path / "bundle.tar.gz")
    paths = {split: tmp_path / f"{split}.mat" for split in ROWS}
    unpack(tmp_path / "bundle.tar.gz", {path.name: path for path in paths.values()})
    return paths


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
