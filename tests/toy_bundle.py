"""A tiny bundle in the official format, whose rows are known."""

import h5py
import numpy as np
import pandas as pd

from noncoding.data.bundle.write import write_bundle
from noncoding.data.one_hot import reverse_complement
from noncoding.stages.convert import convert

LENGTH, TARGETS = 40, 5
ROWS = {"train": 30, "valid": 6, "test": 8}
TABLE = pd.DataFrame({"index": range(TARGETS), "name": list("abcde"), "group": "TF"})
AGCT = [0, 2, 1, 3]
"""Order of the bases in the official files, as columns of ours."""


def toy_rows(seed=0, both_strands=True):
    """Split → one-hot sequences (A, C, G, T; some N) and labels."""
    generator = np.random.default_rng(seed)
    splits = {}
    for name, count in ROWS.items():
        bases = generator.integers(0, 5, (count, LENGTH))
        sequences = (bases[:, None] == np.arange(4)[:, None]).astype(np.uint8)
        labels = generator.integers(0, 2, (count, TARGETS), dtype=np.uint8)
        if both_strands:
            sequences[count // 2 :] = reverse_complement(sequences[: count // 2])
            labels[count // 2 :] = labels[: count // 2]
        splits[name] = (sequences, labels)
    return splits


def write_toy_bundle(path, **options):
    write_bundle(path, toy_rows(**options))


def converted(mat, split, *, targets=TABLE, window=LENGTH, **options):
    store = mat.with_suffix(".h5")
    convert(
        mat, store, split=split, targets=targets, window=window, bin=10, source={"a": 1}, **options
    )
    return store


def write_v73(path, sequences, labels, **options):
    """A train.mat; options are those of h5py's create_dataset, for the sequences."""
    with h5py.File(path, "w") as file:
        xdata = sequences[:, AGCT].transpose(2, 1, 0)
        file.create_dataset("trainxdata", data=xdata, **options)
        file["traindata"] = labels.T


def spoil(path, offset):
    """Invert the bits of one byte."""
    with path.open("r+b") as handle:
        handle.seek(offset)
        byte = handle.read(1)
        handle.seek(offset)
        handle.write(bytes([byte[0] ^ 0xFF]))
