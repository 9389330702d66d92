"""Packed rows, for any layout of the file, against numpy.packbits."""

import zlib

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noncoding.common.errors import InputError
from noncoding.data.bundle import packing, source
from noncoding.data.bundle.packing import packed_rows
from noncoding.data.bundle.source import Source

ORDER = [0, 2, 1, 3]


def bits(shape, seed=0, dtype=np.uint8):
    return np.random.default_rng(seed).integers(0, 2, shape).astype(dtype)


def expected(array, order):
    """Packed rows of (bits, channels, rows)."""
    return np.packbits(array.astype(bool).transpose(2, 1, 0)[:, order], axis=-1)


def all_rows(array, folder, threads=2, order=ORDER):
    blocks = list(packed_rows(Source(array, "here"), folder / "scratch", threads, order=order))
    assert not (folder / "scratch").exists()
    return np.concatenate(blocks)


@pytest.fixture
def file(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as opened:
        yield opened


CHUNKS = [None, (1, 1, 1), (7, 4, 4), (8, 1, 30), (41, 4, 1), (1, 4, 30), (16, 3, 13), (41, 2, 7)]
FILTERS = [
    {},
    {"compression": "gzip"},
    {"compression": "gzip", "shuffle": True},
    {"compression": "lzf"},
    {"fletcher32": True, "compression": "gzip"},
]


@pytest.mark.parametrize("chunks", CHUNKS)
@pytest.mark.parametrize("filters", FILTERS, ids=lambda f: "+".join(f) or "none")
def test_any_chunks_and_filters(file, tmp_path, chunks, filters):
    if chunks is None and filters:
        chunks = True  # chosen by h5py
    array = bits((41, 4, 30))
    dataset = file.create_dataset("x", data=array, chunks=chunks, **filters)
    np.testing.assert_array_equal(all_rows(dataset, tmp_path), expected(array, ORDER))


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 4), st.integers(1, 60)),
    chunks=st.tuples(st.integers(1, 40), st.integers(1, 4), st.integers(1, 60)),
    band=st.sampled_from([1, 200, 10**6]),
    block=st.integers(1, 70),
    threads=st.integers(1, 4),
)
def test_any_shape(tmp_path_factory, shape, chunks, band, block, threads):
    folder = tmp_path_factory.mktemp("any")
    array = bits(shape)
    with pytest.MonkeyPatch.context() as patch, h5py.File(folder / "x.h5", "w") as file:
        # Bands that are written to disk, and blocks of any length.
        patch.setattr(packing, "BAND_BYTES", band)
        patch.setattr(packing, "ROWS_PER_BLOCK", block)
        chunks = tuple(min(c, s) for c, s in zip(chunks, shape, strict=True))
        dataset = file.create_dataset("x", data=array, chunks=chunks, compression="gzip")
        order = list(reversed(range(shape[1])))
        found = all_rows(dataset, folder, threads, order)
    np.testing.assert_array_equal(found, expected(array, order))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool, float, np.int64])
def test_arrays_in_memory_and_of_any_type(file, tmp_path, monkeypatch, dtype):
    monkeypatch.setattr(source, "ROWS_PER_PIECE", 11)
    array = bits((19, 4, 50), dtype=dtype)
    np.testing.assert_array_equal(all_rows(array, tmp_path), expected(array, ORDER))
    dataset = file.create_dataset("x", data=array, chunks=(5, 2, 20), compression="gzip")
    np.testing.assert_array_equal(all_rows(dataset, tmp_path), expected(array, ORDER))


def test_labels_have_no_channels(file, tmp_path):
    array = bits((19, 50))
    dataset = file.create_dataset("y", data=array, chunks=(3, 20), compression="gzip")
    found = all_rows(dataset, tmp_path, order=[0])
    np.testing.assert_array_equal(found[:, 0], np.packbits(array.T, axis=-1))


def test_chunks_that_were_never_written_are_zeros(file, tmp_path):
    dataset = file.create_dataset("x", (16, 4, 40), np.uint8, chunks=(8, 4, 20), compression="gzip")
    dataset[:8, :, 20:] = 1
    np.testing.assert_array_equal(all_rows(dataset, tmp_path), expected(dataset[:], ORDER))


def test_a_chunk_that_the_writer_left_uncompressed(file, tmp_path):
    array = bits((8, 4, 40))
    dataset = file.create_dataset("x", data=array, chunks=(8, 4, 20), compression="gzip")
    other = bits((8, 4, 20), seed=1)
    dataset.id.write_direct_chunk((0, 0, 20), other.tobytes(), filter_mask=1)
    array[:, :, 20:] = other
    np.testing.assert_array_equal(all_rows(dataset, tmp_path), expected(array, ORDER))


@pytest.mark.parametrize("chunks", [(1, 1, 60), (8, 4, 7), (3, 2, 60), (24, 4, 60)])
@pytest.mark.parametrize("filters", [{"compression": "gzip"}, {"compression": "lzf"}, {}])
def test_every_piece_is_read_once(file, tmp_path, monkeypatch, chunks, filters):
    monkeypatch.setattr(packing, "BAND_BYTES", 300)
    read = []
    plain = Source.read
    monkeypatch.setattr(Source, "read", lambda self, at: (read.append(at), plain(self, at))[1])
    dataset = file.create_dataset("x", data=bits((24, 4, 60)), chunks=chunks, **filters)
    all_rows(dataset, tmp_path)
    assert len(read) == len(set(read)) == dataset.id.get_num_chunks()


def test_rows_are_yielded_in_bounded_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "ROWS_PER_BLOCK", 16)
    monkeypatch.setattr(source, "ROWS_PER_PIECE", 40)
    blocks = list(packed_rows(Source(bits((8, 4, 100)), "x"), tmp_path / "s", 1, order=ORDER))
    assert max(len(block) for block in blocks) == 16


@pytest.mark.parametrize("chunks", [None, (4, 2, 9)])
def test_values_other_than_0_and_1_are_refused(file, tmp_path, chunks):
    array = bits((12, 4, 30))
    array[7, 2, 21] = 3
    dataset = file.create_dataset("x", data=array, chunks=chunks)
    with pytest.raises(InputError, match="here, row 21, position 7, channel 2: found the value 3"):
        all_rows(dataset, tmp_path)
    assert not (tmp_path / "scratch").exists()


def test_an_abandoned_iteration_leaves_no_file(file, tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "BAND_BYTES", 1)
    dataset = file.create_dataset("x", data=bits((8, 4, 100)), chunks=(8, 4, 10))
    rows = packed_rows(Source(dataset, "here"), tmp_path / "scratch", 2, order=ORDER)
    next(rows)
    assert (tmp_path / "scratch").exists()
    rows.close()
    assert not (tmp_path / "scratch").exists()


@pytest.mark.parametrize("count", [10, 10_000], ids=["too short", "too long"])
@pytest.mark.parametrize("filters", [{"compression": "gzip"}, {}], ids=["gzip", "none"])
def test_a_chunk_of_another_size_is_refused(file, tmp_path, count, filters):
    dataset = file.create_dataset("x", data=bits((8, 4, 40)), chunks=(8, 4, 20), **filters)
    content = zlib.compress(bytes(count)) if filters else bytes(count)
    dataset.id.write_direct_chunk((0, 0, 20), content)
    with pytest.raises(InputError, match=r"here, rows 20 to 39: found .*does not hold 640 bytes"):
        all_rows(dataset, tmp_path)
