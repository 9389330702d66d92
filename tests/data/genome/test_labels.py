"""Labels of bins, against a dictionary of sets."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from noncoding.data.genome.labels import Labels

BINS = 30
of_targets = st.lists(st.sets(st.integers(0, BINS - 1)), min_size=1, max_size=6)


def made(positive):
    return Labels.of_targets([np.array(sorted(own), dtype=np.int8) for own in positive])


@settings(max_examples=100, deadline=None)
@given(of_targets, st.lists(st.integers(0, BINS + 3), unique=True), st.randoms())
def test_labels_agree_with_sets(positive, bins, random):
    labels = made(positive)
    asked = np.array(bins, dtype=np.int64)
    matrix = [[int(bin in own) for own in positive] for bin in bins]
    assert labels.matrix(asked).tolist() == matrix
    assert labels.matrix(asked).shape == (len(bins), len(positive))
    assert labels.has_label(asked).tolist() == [any(row) for row in matrix]
    assert labels.positives(asked).tolist() == [sum(bin in own for bin in bins) for own in positive]
    assert labels.bins.tolist() == sorted(set().union(*positive))

    chosen = [index for index in range(len(positive)) if random.random() < 0.5]
    assert labels.with_any(chosen).tolist() == sorted(
        set().union(*(positive[index] for index in chosen))
    )
    kept = np.isin(np.arange(len(positive)), chosen)
    left, expected = labels.selected(kept), made([positive[index] for index in chosen])
    assert left.targets == len(chosen)
    assert left.bins.tolist() == expected.bins.tolist()
    assert left.matrix(asked).tolist() == [[row[index] for index in chosen] for row in matrix]
