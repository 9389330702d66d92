from itertools import product

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from noncoding.data.one_hot import codes, letters, one_hot, reverse_complement
from noncoding.evaluation.baselines import (
    best_columns,
    canonical_kmers,
    count_kmers,
    gc_content,
    gc_scores,
)


def test_k_mers_are_counted_as_in_scikit_learn():
    sequences = one_hot(np.random.default_rng(1).integers(0, 5, (6, 50), dtype=np.uint8))
    k = 3
    kmers = ["".join(kmer) for kmer in product("ACGT", repeat=k)]
    counter = CountVectorizer(
        analyzer="char", ngram_range=(k, k), lowercase=False, vocabulary=kmers
    )
    both = sum(
        counter.transform([letters(sequence) for sequence in strand]).toarray()
        for strand in (sequences, reverse_complement(sequences))
    )
    canonical = canonical_kmers(k)
    assert canonical.max() + 1 == 32
    counts = count_kmers(sequences, k)
    for place, kmer in enumerate(kmers):
        # k-mers that equal their reverse complement are counted twice in `both`.
        palindrome = letters(reverse_complement(one_hot(codes(kmer)))) == kmer
        expected = both[:, place] / (2 if palindrome else 1)
        np.testing.assert_array_equal(counts[:, canonical[place]], expected)


def test_sequences_shorter_than_k_have_no_k_mer():
    assert count_kmers(np.ones((2, 4, 3), np.uint8), 4).sum() == 0


def test_gc_scores_are_negative_for_targets_with_little_gc():
    sequences = one_hot(np.stack([codes("GCNN"), codes("ACGT"), codes("NNNN"), codes("AATA")]))
    gc = gc_content(sequences)
    assert gc.tolist() == [1, 0.5, 0.5, 0]
    labels = np.array([[1, 0], [0, 0], [0, 0], [0, 1]], np.uint8)
    np.testing.assert_array_equal(gc_scores(gc, labels, gc), np.stack([gc, -gc], axis=1))


def test_the_best_column_has_the_highest_auroc():
    labels = np.array([[0, 1, 1], [0, 0, 1], [1, 1, 1]], np.uint8)
    scores = np.array([[0.9, 0.1, 0.5], [0.1, 0.2, 0.1], [0.8, 0.3, 0.4]], np.float32)
    # The last target has no negatives: the first of its columns.
    assert best_columns(scores, labels, [[2, 1], [], [0, 2]]) == [1, None, 0]
