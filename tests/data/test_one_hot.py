import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from noncoding.data.one_hot import (
    codes,
    letters,
    one_hot,
    packed_reverse_complement,
    reverse_complement,
    unpack,
    unpack_by_shifts,
)

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
sequences = st.text(alphabet="ACGTN", min_size=1, max_size=40)


@given(sequences)
def test_one_hot_and_back(sequence):
    assert letters(one_hot(codes(sequence))) == sequence


def test_order_of_the_bases_and_of_n():
    expected = [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]]
    assert one_hot(codes("ACGTN")).tolist() == expected
    assert codes("acgtRN-").tolist() == [0, 1, 2, 3, 4, 4, 4]


@given(sequences)
def test_reverse_complement_agrees_with_letters(sequence):
    encoded = one_hot(codes(sequence))
    expected = sequence.translate(COMPLEMENT)[::-1]
    assert letters(reverse_complement(encoded)) == expected
    assert letters(reverse_complement(torch.from_numpy(encoded)).numpy()) == expected


@pytest.mark.parametrize("count", [1, 7, 8, 9, 919, 1000])
def test_unpack_agrees_with_numpy(count):
    bits = np.random.default_rng(count).integers(0, 2, (3, 4, count), dtype=np.uint8)
    packed = np.packbits(bits, axis=-1)
    # The CPU and the GPU implementation.
    for form in (unpack, unpack_by_shifts):
        np.testing.assert_array_equal(form(torch.from_numpy(packed), count).numpy(), bits)


@pytest.mark.parametrize("length", [8, 13, 1000])
def test_packed_reverse_complement(length):
    bases = np.random.default_rng(0).integers(0, 5, (6, length))
    sequences = one_hot(bases.astype(np.uint8))
    np.testing.assert_array_equal(
        packed_reverse_complement(np.packbits(sequences, axis=-1), length),
        np.packbits(reverse_complement(sequences), axis=-1),
    )


def test_stages_without_tensors_do_not_import_torch():
    stages = (
        "import sys, noncoding.stages.fetch, noncoding.stages.unpack, noncoding.stages.convert, "
        "noncoding.data.store.verify"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{stages}; print('torch' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
