import threading

import pytest

from noncoding.common.prefetch import prefetched


def test_the_items_are_the_same():
    assert list(prefetched(iter([1, None, [], 2]))) == [1, None, [], 2]
    assert list(prefetched([])) == []


def test_the_next_item_is_made_while_one_is_used():
    made = threading.Event()

    def items():
        yield 1
        made.set()
        yield 2

    for item in prefetched(items()):
        if item == 1:
            assert made.wait(timeout=60)


def test_an_error_is_raised_where_its_item_would_be():
    def items():
        yield 1
        raise ValueError("second")

    found = prefetched(items())
    assert next(found) == 1
    with pytest.raises(ValueError, match="second"):
        next(found)
