import json
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from noncoding.common.errors import InputError
from noncoding.data.store import BOTH, FORWARD, Store, StoreHeader, new_store

LENGTH, TARGETS = 21, 11
TABLE = pd.DataFrame(
    {"index": range(TARGETS), "name": [f"t{i}" for i in range(TARGETS)], "group": "TF"}
)


def rows(count, seed=0):
    generator = np.random.default_rng(seed)
    bases = generator.integers(0, 5, (count, LENGTH))
    sequences = (bases[:, None] == np.arange(4)[:, None]).astype(np.uint8)
    return sequences, generator.integers(0, 2, (count, TARGETS), dtype=np.uint8)


def header(strands=FORWARD):
    return StoreHeader(LENGTH, 5, strands, TABLE, {"url": "somewhere", "n": 3})


def test_a_store_returns_what_was_written(tmp_path):
    sequences, labels = rows(2500)
    loci = pd.DataFrame(
        {
            "chromosome": np.where(np.arange(2500) < 700, "II", "I"),
            "start": np.arange(2500) * 200,
            "end": np.arange(2500) * 200 + LENGTH,
        }
    )
    path = tmp_path / "train.h5"
    with new_store(path, header()) as writer:
        for start in range(0, 2500, 999):
            part = slice(start, start + 999)
            writer.append(sequences[part], labels[part], loci[part])
    with Store(path) as store:
        np.testing.assert_array_equal(store.sequences(slice(None)), sequences)
        np.testing.assert_array_equal(store.labels(), labels)
        np.testing.assert_array_equal(store.labels(np.array([3, 1700])), labels[[3, 1700]])
        pd.testing.assert_frame_equal(store.targets, TABLE)
        pd.testing.assert_frame_equal(store.loci(), loci, check_dtype=False)
        assert (store.rows, store.loci_count, store.length, store.bin) == (2500, 2500, LENGTH, 5)
        assert store.source == {"url": "somewhere", "n": 3}


def test_plain_h5py_and_numpy_can_read_it(tmp_path):
    sequences, labels = rows(10)
    with new_store(tmp_path / "x.h5", header()) as writer:
        writer.append(sequences, labels)
    with h5py.File(tmp_path / "x.h5") as file:
        bits = np.unpackbits(file["sequence"][:], axis=-1, count=file.attrs["length"])
        assert file.attrs["alphabet"] == "ACGT"
        assert json.loads(file.attrs["source"])["url"] == "somewhere"
        assert file["target/name"].asstr()[2] == "t2"
        assert file["sequence"].fletcher32
    np.testing.assert_array_equal(bits, sequences)


def test_loci_of_a_store_with_both_strands(tmp_path):
    with new_store(tmp_path / "x.h5", header(BOTH)) as writer:
        writer.append(*rows(10))
    with Store(tmp_path / "x.h5") as store:
        assert (store.rows, store.loci_count) == (10, 5)
        assert store.loci() is None


def test_a_store_without_rows(tmp_path):
    sequences, labels = rows(0)
    loci = pd.DataFrame({"chromosome": [], "start": [], "end": []})
    with new_store(tmp_path / "x.h5", header()) as writer:
        writer.append(sequences, labels, loci)
    with Store(tmp_path / "x.h5") as store:
        assert store.sequences(slice(None)).shape == (0, 4, LENGTH)
        assert store.labels().shape == (0, TARGETS)
        assert len(store.loci()) == 0


@pytest.mark.parametrize("column", ["", ".", "/x", "x//y"])
def test_column_names_that_hdf5_cannot_hold_are_refused(tmp_path, column):
    table = StoreHeader(LENGTH, 5, FORWARD, TABLE.assign(**{column: "a"}), {})
    fragment = re.escape(f"found a column called {column!r}")
    with pytest.raises(InputError, match=fragment), new_store(tmp_path / "x.h5", table) as writer:
        writer.append(*rows(3))
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_no_store(tmp_path):
    with pytest.raises(RuntimeError), new_store(tmp_path / "x.h5", header()) as writer:
        writer.append(*rows(3))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_reported_and_leaves_no_file(tmp_path):
    # In a separate process, which has a limit of the size of files.
    path = tmp_path / "x.h5"
    path.write_text("before")
    script = f"""
import resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from noncoding.common.errors import InputError
from noncoding.data.store import new_store
from toy_store import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with new_store({str(path)!r}, StoreHeader(LENGTH, 10, FORWARD, TABLE, {{}})) as writer:
        writer.append(*toy_split(20_000, 0))
except InputError as error:
    print(error, flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert f"{path}: found that it cannot be written (File too large)" in done.stdout
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_damage_is_reported_when_it_is_read(tmp_path):
    path = tmp_path / "x.h5"
    with new_store(path, header()) as writer:
        writer.append(*rows(3000))
    with h5py.File(path) as file:
        offset = file["sequence"].id.get_chunk_info(1).byte_offset
    with path.open("r+b") as handle:
        handle.seek(offset + 5)
        byte = handle.read(1)
        handle.seek(offset + 5)
        handle.write(bytes([byte[0] ^ 1]))
    with Store(path) as store:
        store.sequences(slice(0, 1024))
        with pytest.raises(InputError, match=r"x\.h5, sequence of rows 1000 to 1099.*verify"):
            store.sequences(slice(1000, 1100))
        with pytest.raises(InputError, match="sequence of rows 3 to 1500"):
            store.sequences(np.array([3, 1500]))


@pytest.mark.parametrize("parts", [[2500], [1024, 1476], [1, 1022, 1, 1000, 476], [0, 2500]])
def test_checksums_do_not_depend_on_how_rows_are_appended(tmp_path, parts):
    sequences, labels = rows(2500)
    with new_store(tmp_path / "x.h5", header()) as writer:
        for stop, count in zip(np.cumsum(parts), parts, strict=True):
            writer.append(sequences[stop - count : stop], labels[stop - count : stop])
    packed = np.packbits(sequences, axis=-1)
    with h5py.File(tmp_path / "x.h5") as file:
        assert file["checksum/sequence"][:].tolist() == [
            zlib.crc32(packed[start : start + 1024].tobytes()) for start in (0, 1024, 2048)
        ]


def test_unequal_numbers_of_sequences_and_labels_are_refused(tmp_path):
    with (
        pytest.raises(ValueError, match="sequence': 3, 'label': 2"),
        new_store(tmp_path / "x.h5", header()) as writer,
    ):
        writer.append_packed_sequences(np.zeros((3, 4, 3), np.uint8))
        writer.append_packed_labels(np.zeros((2, 2), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_other_files_than_stores_are_refused(tmp_path):
    (tmp_path / "text.h5").write_text("not HDF5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.attrs["schema_version"] = 99
    with pytest.raises(InputError, match=r"text\.h5: .*HDF5 cannot open"):
        Store(tmp_path / "text.h5")
    with pytest.raises(InputError, match=r"schema_version: found 99; expected 3"):
        Store(tmp_path / "other.h5")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.h5")
    with pytest.raises(InputError, match=r"x\.h5: found a pipe"):
        Store(tmp_path / "x.h5")


def test_blocks_are_checked_by_their_crc(tmp_path):
    path = tmp_path / "x.h5"
    sequences, labels = rows(2500)
    sequences[1024] = 0  # N, so that its bytes are zero
    with new_store(path, header()) as writer:
        writer.append(sequences, labels)
    with Store(path) as store:
        blocks = [store.packed_block(block) for block in range(3)]
    assert [len(block) for block, _ in blocks] == [1024, 1024, 452]
    for part, whole in zip(zip(*blocks, strict=True), (sequences, labels), strict=True):
        np.testing.assert_array_equal(np.concatenate(part), np.packbits(whole, axis=-1))
    with h5py.File(path) as file:
        offset = file["sequence"].id.get_chunk_info(1).byte_offset
    with path.open("r+b") as handle:
        handle.seek(offset)
        handle.write(b"\xff\xff")  # equal to zeros for Fletcher-32
    with Store(path) as store:
        store.packed_sequences(slice(1024, 1025))
        store.packed_block(0)
        with pytest.raises(InputError, match=r"sequence of rows 1024 to 2047.*CRC-32.*verify"):
            store.packed_block(1)


def test_a_file_being_written_by_another_process_is_refused(tmp_path):
    path = tmp_path / "train.h5"
    with new_store(path, header()) as writer:
        writer.append(*rows(8))
    with h5py.File(path, "r+"):
        script = f"from noncoding.data.store import Store; Store({str(path)!r})"
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "found a file that another process is writing" in done.stderr
    assert "Wait until that process has ended" in done.stderr


def test_the_previous_store_is_readable_while_a_new_one_is_written(tmp_path):
    path = tmp_path / "train.h5"
    with new_store(path, header()) as writer:
        writer.append(*rows(8))
    with new_store(path, header()) as writer:
        writer.append(*rows(4, seed=1))
        with Store(path) as before:
            assert before.rows == 8
    with Store(path) as after:
        assert after.rows == 4


@pytest.mark.parametrize("name", ["", "a\nb", "a\rb", "a\0b", "a\udcffb"])
def test_names_with_control_characters_are_refused(tmp_path, name):
    named = TABLE.assign(name=[*TABLE["name"][:-1], name])
    with (
        pytest.raises(InputError, match="target table, row 11: found the target name"),
        new_store(tmp_path / "train.h5", StoreHeader(LENGTH, 5, FORWARD, named, {})),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_columns_of_any_kind_are_kept_as_text(tmp_path):
    table = TABLE.assign(
        big=[10**25, *range(TARGETS - 1)], some=[None, 1.5, *["x"] * (TARGETS - 2)]
    )
    with new_store(tmp_path / "s.h5", StoreHeader(LENGTH, 5, FORWARD, table, {})) as writer:
        writer.append(*rows(3))
    with Store(tmp_path / "s.h5") as store:
        assert list(store.targets["big"][:2]) == [str(10**25), "0"]
        assert list(store.targets["some"][:3]) == ["", "1.5", "x"]


def test_conflicting_column_names_are_refused(tmp_path):
    table = TABLE.assign(motif="a").assign(**{"motif/x": "b"})
    with (
        pytest.raises(InputError, match="a column called 'motif'"),
        new_store(tmp_path / "s.h5", StoreHeader(LENGTH, 5, FORWARD, table, {})) as writer,
    ):
        writer.append(*rows(3))
