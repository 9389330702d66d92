"""Classifiers without a network: GC content, and logistic regression on k-mer counts."""

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from noncoding.data.one_hot import ALPHABET
from noncoding.evaluation.metrics import Labels

INVERSE_REGULARISATION = 1e-3
"""scikit-learn's C, for counts of unit variance."""


def gc_content(sequences: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Share of G and C among the known bases of one-hot sequences, shape=(n, 4, length).

    0.5 where no base is known.
    """
    bases = sequences.sum(axis=2, dtype=np.float64)
    known = bases.sum(axis=1)
    return np.where(known > 0, (bases[:, 1] + bases[:, 2]) / np.maximum(known, 1), 0.5)


def gc_scores(
    train: npt.NDArray[np.float64], labels: Labels, test: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """GC content, negative for targets whose training positives have less than average.

    From `gc_content` of training and test loci, and training labels, to scores, shape=(test
    loci, targets).
    """
    excess = (train - train.mean()) @ labels.astype(np.float64)
    sign = np.where(excess >= 0, np.float32(1), np.float32(-1))
    return test.astype(np.float32)[:, None] * sign


def canonical_kmers(k: int) -> npt.NDArray[np.intp]:
    """Number of each k-mer in alphabetical order, shape=(4 ** k,).

    A k-mer and its reverse complement share a number; numbers start from 0, without gaps.
    """
    kmers = np.arange(4**k)
    digits = kmers[:, None] // 4 ** np.arange(k) % 4
    # Least significant first: read backwards, with A and T, C and G exchanged.
    reverse = (3 - digits) @ 4 ** np.arange(k)[::-1]
    _, numbers = np.unique(np.minimum(kmers, reverse), return_inverse=True)
    return numbers


def count_kmers(sequences: npt.NDArray[np.uint8], k: int) -> npt.NDArray[np.float32]:
    """Count the k-mers of one-hot sequences, shape=(n, 4, length), on either strand.

    The counts have the shape (n, canonical k-mers), in the order of `canonical_kmers`; k-mers
    with an N are not counted.
    """
    canonical = canonical_kmers(k)
    width = canonical.max() + 1
    places = sequences.shape[-1] - k + 1
    if places < 1:
        return np.zeros((len(sequences), width), np.float32)
    known = sequences.max(axis=1) > 0
    bases = np.einsum("ncl,c->nl", sequences, np.arange(len(ALPHABET), dtype=np.int32))
    kmer = np.zeros((len(sequences), places), np.intp)
    complete = np.ones(kmer.shape, bool)
    for offset in range(k):
        kmer = kmer * 4 + bases[:, offset : offset + places]
        complete &= known[:, offset : offset + places]
    row = np.broadcast_to(np.arange(len(sequences))[:, None] * width, kmer.shape)
    counts = np.bincount((row + canonical[kmer])[complete], minlength=len(sequences) * width)
    return counts.reshape(len(sequences), width).astype(np.float32)


def regression_scores(
    train: npt.NDArray[np.float32],
    labels: Labels,
    test: npt.NDArray[np.float32],
    threads: int = 1,
) -> npt.NDArray[np.float32]:
    """Probabilities from one logistic regression per target, shape=(test loci, targets).

    The share of positives where all training labels of a target are equal.

    Parameters
    ----------
    train, test : numpy.ndarray, shape=(loci, features), dtype=float32
    labels : numpy.ndarray, shape=(training loci, targets), dtype=uint8
    threads : int
        Number of processes.
    """
    scaler = StandardScaler().fit(train)
    train, test = scaler.transform(train), scaler.transform(test)

    def of_target(label: Labels) -> npt.NDArray[np.float32]:
        if label.min() == label.max():
            return np.full(len(test), label.mean(), np.float32)
        model = LogisticRegression(
            C=INVERSE_REGULARISATION, solver="lbfgs", max_iter=300, tol=1e-3
        ).fit(train, label)
        return model.predict_proba(test)[:, 1].astype(np.float32)

    columns = Parallel(n_jobs=threads, mmap_mode="r")(delayed(of_target)(own) for own in labels.T)
    return np.stack(columns, axis=1)
