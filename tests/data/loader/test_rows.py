"""Placement and content of rows."""

import numpy as np
import pytest
import torch
from toy_store import LENGTH, TABLE, toy_split, write_toy_store

from noncoding.common.errors import InputError
from noncoding.data.loader.rows import RowsInMemory, RowsOnDisk, placement
from noncoding.data.one_hot import unpack

CPU, GPU = torch.device("cpu"), torch.device("cuda")
BYTES = 64 * (4 * LENGTH // 8 + 1)
"""Of 64 rows, packed."""


@pytest.fixture
def stored(tmp_path):
    return RowsOnDisk(write_toy_store(tmp_path / "x.h5", rows=64))


def test_counts(tmp_path):
    stored = RowsOnDisk(write_toy_store(tmp_path / "x.h5", rows=30, both=True))
    assert (len(stored), stored.length, stored.targets) == (60, LENGTH, len(TABLE))
    assert len(RowsOnDisk(stored.path, loci_only=True)) == 30
    assert stored.packed_bytes == 60 * (4 * 5 + 1)


def test_prevalence_is_smoothed(tmp_path):
    rows = RowsOnDisk(write_toy_store(tmp_path / "x.h5", rows=30))
    labels = toy_split(30, 0)[1]
    np.testing.assert_array_equal(rows.positives(), labels.sum(axis=0))
    np.testing.assert_allclose(rows.prevalence(), (labels.sum(axis=0) + 1) / 32, rtol=1e-6)


def test_rows_in_memory_equal_the_store(stored):
    held = RowsInMemory(stored, CPU)
    sequences, labels = toy_split(64, 0)
    assert len(held) == 64
    np.testing.assert_array_equal(unpack(held._rows.sequence, LENGTH).numpy(), sequences)
    np.testing.assert_array_equal(unpack(held._rows.label, len(TABLE)).numpy(), labels)


@pytest.mark.parametrize(
    ("wanted", "device", "on_gpu", "in_memory", "processes", "found"),
    [
        ("auto", GPU, 5 * BYTES, 0, 1, "device"),
        ("auto", GPU, 5 * BYTES - 5, 2 * BYTES, 1, "memory"),
        ("auto", GPU, 0, 2 * BYTES - 2, 1, "disk"),
        ("auto", CPU, 0, 2 * BYTES, 1, "memory"),
        ("auto", CPU, 0, 2 * BYTES, 2, "disk"),
        ("device", GPU, BYTES, 0, 1, "device"),
        ("device", CPU, 0, BYTES, 1, "device"),
        ("memory", GPU, 0, 2 * BYTES, 2, "memory"),
        ("disk", GPU, 0, 0, 8, "disk"),
    ],
)
def test_where_rows_are_kept(
    stored, monkeypatch, wanted, device, on_gpu, in_memory, processes, found
):
    _pretend(monkeypatch, on_gpu, in_memory)
    assert placement(wanted, stored, device, processes) == found


@pytest.mark.parametrize(
    ("wanted", "device", "message"),
    [
        ("device", GPU, "memory of the GPU that are free"),
        ("device", CPU, "memory that are free"),
        ("memory", GPU, "memory that are free"),
    ],
)
def test_rows_that_do_not_fit_are_refused(stored, monkeypatch, wanted, device, message):
    _pretend(monkeypatch, BYTES - 1, BYTES - 1)
    with pytest.raises(InputError, match=f"{message}.*load.rows"):
        placement(wanted, stored, device)


def _pretend(monkeypatch, on_gpu, in_memory):
    monkeypatch.setattr("noncoding.data.loader.rows.available_memory", lambda: in_memory)
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda device: (on_gpu, 2 * on_gpu))
