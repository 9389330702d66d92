"""Properties of the order of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noncoding.common.errors import InputError
from noncoding.data.loader.order import BatchPlan, EpochOrder

ORDERS = st.builds(
    EpochOrder,
    rows=st.integers(1, 3000),
    seed=st.integers(0, 2**32 - 1),
    epoch=st.integers(0, 1000),
    buffer_rows=st.integers(1, 2000),
    block_rows=st.integers(1, 300),
)


def row_numbers(order):
    """All rows in the order of the epoch."""
    return np.concatenate(
        [order.rows_of(pool)[order.shuffle(pool)] for pool in range(len(order.pools))]
    )


@given(order=ORDERS)
def test_each_row_once(order):
    assert sorted(row_numbers(order)) == list(range(order.rows))


@given(order=ORDERS)
def test_a_pool_is_as_large_as_the_buffer_or_a_block(order):
    sizes = np.diff(order.starts)
    assert sizes.max() <= max(order.buffer_rows, order.block_rows)
    assert order.starts[-1] == order.rows
    # Pools of equal size: no small remainder.
    assert np.ptp([len(pool) for pool in order.pools]) <= 1


@given(order=ORDERS)
def test_the_same_again(order):
    again = EpochOrder(
        order.rows, order.seed, order.epoch, order.buffer_rows, block_rows=order.block_rows
    )
    np.testing.assert_array_equal(row_numbers(order), row_numbers(again))


@given(rows=st.integers(30, 3000), seed=st.integers(0, 2**32 - 1), epoch=st.integers(0, 100))
def test_another_epoch_or_seed_is_another_order(rows, seed, epoch):
    def made(seed, epoch):
        return row_numbers(EpochOrder(rows, seed, epoch, 500, block_rows=100))

    assert not np.array_equal(made(seed, epoch), made(seed, epoch + 1))
    assert not np.array_equal(made(seed, epoch), made(seed + 1, epoch))


def test_every_row_is_as_likely_at_every_place():
    """In one pool, the place of each row is uniform over epochs."""
    places = np.array([np.argsort(row_numbers(EpochOrder(50, 1, e, 64, 8))) for e in range(2000)])
    mean, spread = places.mean(axis=0), 49 / 2
    # The standard error of the mean of 2000 uniform places is 0.32.
    assert abs(mean - spread).max() < 5 * 0.323


def test_neighbours_are_separated():
    """Neighbouring rows of the store are far apart in the epoch."""
    order = EpochOrder(64 * 1024, 1, 0, 16 * 1024)
    places = np.argsort(row_numbers(order))
    assert np.median(abs(np.diff(places))) > 1024


PLANS = st.tuples(st.integers(1, 5000), st.integers(2, 300), st.integers(1, 9)).filter(
    lambda drawn: drawn[0] >= drawn[2]
)


@given(drawn=PLANS)
def test_processes_use_each_row_of_an_epoch(drawn):
    rows, batch_size, processes = drawn
    plans = [BatchPlan(rows, batch_size, processes, rank) for rank in range(processes)]
    spans = [plan.span(batch) for batch in range(len(plans[0])) for plan in plans]
    assert [place for span in spans for place in range(*span)] == list(range(rows))
    sizes = [stop - start for start, stop in spans]
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) >= 1


@given(drawn=PLANS)
def test_processes_together_use_the_rows_of_one(drawn):
    rows, batch_size, processes = drawn
    alone = BatchPlan(rows, batch_size * processes)
    first, last = (BatchPlan(rows, batch_size, processes, r) for r in (0, processes - 1))
    assert len(alone) == len(first)
    for batch in range(len(alone)):
        assert alone.span(batch) == (first.span(batch)[0], last.span(batch)[1])


def test_no_more_steps_than_needed():
    assert len(BatchPlan(1000, 256)) == 4
    assert [BatchPlan(10, 4).span(b) for b in range(3)] == [(0, 3), (3, 6), (6, 10)]


def test_fewer_rows_than_processes():
    with pytest.raises(InputError, match="3 rows for 4 processes"):
        BatchPlan(3, 16, processes=4)
