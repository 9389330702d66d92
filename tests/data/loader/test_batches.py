"""Batches follow the defined order, for any number of workers and any placement of rows."""

import errno
import faulthandler
import gc
import os
import resource
import signal
import threading
import weakref

import h5py
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_store import LENGTH, TABLE, toy_split, write_toy_store

from noncoding.common.errors import InputError
from noncoding.data.loader import rows
from noncoding.data.loader.batches import OrderedBatches, ShuffledBatches
from noncoding.data.loader.order import BatchPlan, EpochOrder
from noncoding.data.loader.rows import RowsInMemory, RowsOnDisk
from noncoding.data.one_hot import unpack

ROWS = 5000
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return RowsOnDisk(write_toy_store(tmp_path_factory.mktemp("s") / "train.h5", rows=ROWS))


@pytest.fixture(scope="module")
def number_of():
    """Row number by its sequence."""
    return {row.tobytes(): number for number, row in enumerate(toy_split(ROWS, 0)[0])}


def numbers(batches, number_of):
    return [
        [number_of[row.tobytes()] for row in unpack(batch.sequence, LENGTH).numpy()]
        for batch in batches
    ]


def shuffled(held, **options):
    settings = {"batch_size": 300, "seed": 3, "buffer_rows": 2048} | options
    return ShuffledBatches(held, **settings)


def expected(epoch, *, batch_size=300, seed=3, buffer_rows=2048):
    """By the definition: the order, cut by the plan."""
    order = EpochOrder(ROWS, seed, epoch, buffer_rows)
    whole = np.concatenate([order.rows_of(p)[order.shuffle(p)] for p in range(len(order.pools))])
    plan = BatchPlan(ROWS, batch_size)
    return [whole[slice(*plan.span(batch))].tolist() for batch in range(len(plan))]


@settings(max_examples=20, deadline=None)
@given(
    batch_size=st.integers(2, 6000),
    seed=st.integers(0, 1000),
    epoch=st.integers(0, 50),
    buffer_rows=st.integers(1, 6000),
)
def test_batches_are_those_of_the_order(stored, number_of, batch_size, seed, epoch, buffer_rows):
    options = {"batch_size": batch_size, "seed": seed, "buffer_rows": buffer_rows}
    wanted = expected(epoch, **options)
    for held in (stored, RowsInMemory(stored, CPU)):
        batches = shuffled(held, **options)
        batches.set_epoch(epoch)
        assert numbers(batches, number_of) == wanted


def test_loci_of_a_store_with_both_strands(tmp_path):
    stored = RowsOnDisk(write_toy_store(tmp_path / "x.h5", rows=1500, both=True), loci_only=True)
    known = {row.tobytes(): number for number, row in enumerate(toy_split(1500, 0)[0])}
    found = numbers(shuffled(stored, buffer_rows=1024), known)
    assert sorted(row for batch in found for row in batch) == list(range(1500))
    assert found == numbers(shuffled(RowsInMemory(stored, CPU), buffer_rows=1024), known)


def test_labels_stay_with_their_sequences(stored, number_of):
    labels = toy_split(ROWS, 0)[1]
    for batch in shuffled(stored):
        rows = numbers([batch], number_of)[0]
        np.testing.assert_array_equal(unpack(batch.label, len(TABLE)).numpy(), labels[rows])


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("workers", [0, 1, 2, 3])
@pytest.mark.parametrize("memory", [False, True])
def test_the_same_for_any_number_of_workers(stored, number_of, workers, memory):
    held = RowsInMemory(stored, CPU) if memory else stored
    batches = shuffled(held, workers=workers)
    assert numbers(batches, number_of) == expected(0)
    batches.load_state_dict(batches.state_dict() | {"epoch": 4, "batch": 5})
    assert numbers(batches, number_of) == expected(4)[5:]


@settings(max_examples=15, deadline=None)
@given(processes=st.integers(1, 7), batch_size=st.integers(2, 900))
def test_processes_share_each_step(stored, number_of, processes, batch_size):
    shares = [
        numbers(shuffled(stored, batch_size=batch_size, processes=processes, rank=rank), number_of)
        for rank in range(processes)
    ]
    together = [[row for part in step for row in part] for step in zip(*shares, strict=True)]
    assert together == expected(0, batch_size=batch_size * processes)


@settings(max_examples=20, deadline=None)
@given(data=st.data(), batch_size=st.integers(2, 2000), epoch=st.integers(0, 9))
def test_resumes_at_any_batch(stored, number_of, data, batch_size, epoch):
    whole = expected(epoch, batch_size=batch_size)
    stop = data.draw(st.integers(0, len(whole)))
    interrupted = shuffled(stored, batch_size=batch_size)
    interrupted.set_epoch(epoch)
    iterator = iter(interrupted)
    seen = numbers([next(iterator) for _ in range(stop)], number_of)
    state = interrupted.state_dict()
    iterator.close()
    resumed = shuffled(stored, batch_size=batch_size)
    resumed.load_state_dict(state)
    resumed.set_epoch(epoch)  # as Lightning does; it must not restart the epoch
    assert seen + numbers(resumed, number_of) == whole
    # The next epoch follows.
    assert numbers(resumed, number_of) == expected(epoch + 1, batch_size=batch_size)


@pytest.mark.parametrize("other", [{"seed": 4}, {"batch_size": 299}, {"processes": 2}])
def test_a_place_in_another_order_is_refused(stored, other):
    state = shuffled(stored).state_dict()
    with pytest.raises(InputError, match=r"order of rows made with rows 5000, batch size 300"):
        shuffled(stored, **other).load_state_dict(state)


def test_no_thread_remains_after_the_last_batch(stored):
    """Lightning does not request another one before it validates."""
    batches = shuffled(stored, buffer_rows=1024)
    iterator = iter(batches)
    for _ in range(len(batches)):
        next(iterator)
    assert not any(thread.name.startswith("pools") for thread in threading.enumerate())


def test_an_interrupted_epoch_does_not_shorten_the_next(stored, number_of):
    batches = shuffled(stored)
    next(iter(batches))
    batches.set_epoch(1)
    assert numbers(batches, number_of) == expected(1)


def test_at_most_two_pools_are_in_memory(stored, monkeypatch):
    alive, most = weakref.WeakSet(), []
    plain = rows._read_pool

    def watched(*arguments):
        pool = plain(*arguments)
        alive.add(pool.order)  # dies with its pool
        gc.collect()
        most.append((len(alive), len(pool.order)))
        return pool

    monkeypatch.setattr(rows, "_read_pool", watched)
    for _ in shuffled(stored, buffer_rows=1024):
        pass
    counts, sizes = zip(*most, strict=True)
    assert max(counts) <= 2
    assert max(sizes) <= 1024
    assert len(sizes) == 5


def test_no_thread_remains_after_an_interrupted_loop(stored):
    iterator = iter(shuffled(stored, buffer_rows=1024))
    next(iterator)
    assert any(thread.name.startswith("pools") for thread in threading.enumerate())
    iterator.close()
    del iterator
    gc.collect()
    assert not any(thread.name.startswith("pools") for thread in threading.enumerate())


@pytest.fixture
def damaged(tmp_path):
    path = write_toy_store(tmp_path / "train.h5", rows=ROWS)
    with h5py.File(path) as file:
        offset = file["sequence"].id.get_chunk_info(2).byte_offset
    with path.open("r+b") as handle:
        handle.seek(offset)
        handle.write(b"\x55" * 64)
    return RowsOnDisk(path)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_block_is_named(damaged, workers):
    with pytest.raises(InputError, match=r"train\.h5, sequence of rows 2048 to 3071.*verify"):
        list(shuffled(damaged, workers=workers, buffer_rows=1024))
    with pytest.raises(InputError, match="sequence of rows 2048 to 3071"):
        RowsInMemory(damaged, CPU)


@pytest.fixture
def no_shared_memory():
    """As with a full /dev/shm: no file may be larger than a semaphore."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    faulthandler.dump_traceback_later(120, exit=True)  # instead of waiting forever
    yield
    faulthandler.cancel_dump_traceback_later()
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
def test_workers_need_no_shared_memory(stored, number_of, no_shared_memory):
    assert numbers(shuffled(stored, workers=2), number_of) == expected(0)


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
def test_a_killed_worker_is_reported(stored, monkeypatch):
    def killed(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr("noncoding.data.loader.batches._as_arrays", killed)
    with pytest.raises(
        InputError, match=r"load\.workers .* a data-loading process that was killed .* to 0"
    ):
        list(shuffled(stored, workers=2))


def test_workers_that_cannot_be_started_are_reported(stored, monkeypatch):
    def refused(*_):  # as sem_open(3) where /dev/shm is missing or read-only
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("multiprocessing.synchronize._multiprocessing.SemLock", refused)
    fragment = r"found 2, but processes cannot be started \(Read-only file system\).* Set it to 0"
    with pytest.raises(InputError, match=fragment):
        list(shuffled(stored, workers=2))


def test_a_store_that_is_gone_is_named(tmp_path):
    stored = RowsOnDisk(write_toy_store(tmp_path / "train.h5"))
    (tmp_path / "train.h5").unlink()
    with pytest.raises(InputError, match=r"train\.h5: found a file that HDF5 cannot open"):
        list(shuffled(stored))


def test_validation_takes_each_locus_in_order(tmp_path):
    path = write_toy_store(tmp_path / "valid.h5", rows=10, seed=1, both=True)
    batches = OrderedBatches(RowsOnDisk(path, loci_only=True), 4)
    sequences, labels = toy_split(10, 1)
    assert len(batches) == 3
    found = list(batches)
    assert [len(batch.label) for batch in found] == [4, 4, 2]
    joined = torch.cat([unpack(batch.sequence, LENGTH) for batch in found])
    np.testing.assert_array_equal(joined.numpy(), sequences)
    joined = torch.cat([unpack(batch.label, len(TABLE)) for batch in found])
    np.testing.assert_array_equal(joined.numpy(), labels)
    assert len(list(batches)) == 3
