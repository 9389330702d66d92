"""A tiny bundle in the official format, whose rows are known."""

import numpy as np

from noncoding.data.bundle.write import write_bundle
from noncoding.data.one_hot import reverse_complement

LENGTH, TARGETS = 40, 5
ROWS = {"train": 30, "valid": 6, "test": 8}


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
