"""Random sequences with a planted motif."""

import numpy as np

from noncoding.data.one_hot import codes, one_hot, reverse_complement

MOTIF = "TTACCCGGT"


def matrix(word, sure=0.97):
    """Position probability matrix of a k-mer, shape=(4, width)."""
    of_word = one_hot(codes(word)[None])[0].astype(float)
    return np.where(of_word > 0, sure, (1 - sure) / 3)


def planted(count, length, seed=0):
    """Random sequences with `MOTIF` once in each, on either strand, and its positions."""
    generator = np.random.default_rng(seed)
    sequences = one_hot(generator.integers(0, 4, (count, length), dtype=np.uint8))
    word = one_hot(codes(MOTIF)[None])
    starts = generator.integers(0, length - len(MOTIF) + 1, count)
    for row, start in enumerate(starts):
        strand = word if row % 2 else reverse_complement(word)
        sequences[row, :, start : start + len(MOTIF)] = strand[0]
    return sequences, starts
