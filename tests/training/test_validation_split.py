"""Validation splits without defined metrics."""

import numpy as np
import pytest
import running
from toy_store import LENGTH, TABLE, toy_sizes

from noncoding.common.errors import InputError
from noncoding.data.store import FORWARD, StoreHeader, new_store


def store(path, labels):
    generator = np.random.default_rng(0)
    bases = generator.integers(0, 4, (len(labels), LENGTH))
    sequences = (bases[:, None] == np.arange(4)[:, None]).astype(np.uint8)
    with new_store(path, StoreHeader(LENGTH, 10, FORWARD, TABLE, {})) as writer:
        writer.append(sequences, np.asarray(labels, dtype=np.uint8))
    return path


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 1, 1], r"\(3 of 3 targets are positive in all of them\).*Add peak files of other"),
        ([1, 0, 0], r"\(1 of 3 targets .*Add peak files of other factors or assays"),
        ([0, 0, 0], r"\(0 of 3 targets .*loci at which targets are positive"),
    ],
)
def test_a_validation_split_without_both_labels_is_refused_with_what_is_missing(
    labels, message, tmp_path
):
    stores = {name: store(tmp_path / f"{name}.h5", [labels] * 16) for name in ("train", "valid")}
    with pytest.raises(InputError, match=f"no target has both positives and negatives {message}"):
        running.run(tmp_path / "run", stores, toy_sizes(), {"epochs": 1})
