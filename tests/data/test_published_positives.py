import logging
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from noncoding.common.errors import InputError
from noncoding.data.published_positives import (
    REBUILT,
    beyond_tolerance,
    difference_from_published,
    published_positives,
    recorded_difference,
    relative_differences,
    report_difference,
)

PUBLISHED = np.array([1000, 200, 0, 0, 4])
FOUND = np.array([995, 203, 0, 2, 4])
# By hand: 5 / 1000, 3 / 200, 0, 2 / 1 and 0.
RELATIVE = [0.005, 0.015, 0.0, 2.0, 0.0]


def table(positives=PUBLISHED):
    names = [f"target {i}" for i in range(len(positives))]
    return pd.DataFrame({"name": names, "test_positives": positives})


def test_differences_are_relative_to_the_published_number():
    np.testing.assert_allclose(relative_differences(FOUND, PUBLISHED), RELATIVE)
    assert beyond_tolerance(FOUND, PUBLISHED).tolist() == [False, True, False, True, False]
    difference = difference_from_published(FOUND, PUBLISHED)
    assert difference[:2] == (5, 2)
    assert difference.largest == 2 and difference.mean == pytest.approx(2.02 / 5)
    assert str(difference) == "largest relative difference 200 %, mean 40.4 %"


def test_the_same_numbers_do_not_differ():
    assert difference_from_published(PUBLISHED, PUBLISHED) == (5, 0, 0.0, 0.0)
    assert difference_from_published(PUBLISHED[:0], PUBLISHED[:0]) == (0, 0, 0.0, 0.0)


def test_half_a_percent_is_the_limit_for_every_number():
    published = np.arange(0, 20_001)
    for change in (-101, -100, -1, 0, 1, 7, 100, 101):
        beyond = beyond_tolerance(published + change, published)
        expected = [
            Fraction(abs(change), max(int(number), 1)) > Fraction(1, 200) for number in published
        ]
        assert beyond.tolist() == expected


def test_the_difference_is_logged_and_recorded(caplog):
    caplog.set_level(logging.INFO)
    difference = report_difference(FOUND, table())
    assert recorded_difference({REBUILT: difference._asdict()}) == difference
    assert recorded_difference({"counts": {}}) is None
    (warning,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert "2 of 5 targets" in warning
    assert "target 1 (index 1: 203 instead of 200)" in warning
    assert "target 3 (index 3: 2 instead of 0)" in warning
    caplog.clear()
    report_difference(PUBLISHED, table())
    assert [each.levelname for each in caplog.records] == ["INFO"]


def test_a_table_of_text_has_the_same_numbers():
    assert published_positives(table(PUBLISHED.astype(str))).tolist() == PUBLISHED.tolist()


@pytest.mark.parametrize("number", ["", "many", "-1", "1.5", None])
def test_a_number_that_is_missing_or_wrong_is_refused_with_its_row(number):
    positives = PUBLISHED.astype(object)
    positives[2] = number
    with pytest.raises(InputError, match=r"own\.tsv, row 3, column test_positives.*whole number"):
        published_positives(table(positives), "own.tsv")


def test_a_table_without_published_numbers_is_refused():
    with pytest.raises(InputError, match=r"own\.tsv: found no column test_positives.*verify"):
        published_positives(table()[["name"]], "own.tsv")
