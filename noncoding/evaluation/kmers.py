"""Logistic regression on how often short words stand in a sequence."""

import logging

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from noncoding.data.one_hot import ALPHABET

log = logging.getLogger(__name__)

INVERSE_REGULARISATION = 1e-3
"""scikit-learn's C, on counts of unit variance."""


def canonical_words(k: int) -> npt.NDArray[np.intp]:
    """Number of each word of k bases, a word and its reverse complement being one.

    Parameters
    ----------
    k : int

    Returns
    -------
    numpy.ndarray, shape=(4 ** k,), dtype=intp
        By the word's place in alphabetical order; numbers from 0 without gaps.
    """
    words = np.arange(4**k)
    digits = words[:, None] // 4 ** np.arange(k) % 4
    # Least significant first: read backwards, with A and T, C and G exchanged.
    mates = (3 - digits) @ 4 ** np.arange(k)[::-1]
    _, numbers = np.unique(np.minimum(words, mates), return_inverse=True)
    return numbers


def count_words(sequences: npt.NDArray[np.uint8], k: int) -> npt.NDArray[np.float32]:
    """How often each word stands on either strand of sequences.

    Parameters
    ----------
    sequences : numpy.ndarray, shape=(n, 4, length), dtype=uint8
        One-hot.
    k : int
        Bases of a word.

    Returns
    -------
    numpy.ndarray, shape=(n, words), dtype=float32
        In the order of `canonical_words`; words with an N are not counted.
    """
    canonical = canonical_words(k)
    words = canonical.max() + 1
    known = sequences.max(axis=1) > 0
    bases = np.einsum("ncl,c->nl", sequences, np.arange(len(ALPHABET), dtype=np.int32))
    places = sequences.shape[-1] - k + 1
    if places < 1:
        return np.zeros((len(sequences), words), np.float32)
    word = np.zeros((len(sequences), places), np.intp)
    whole = np.ones(word.shape, bool)
    for offset in range(k):
        word = word * 4 + bases[:, offset : offset + places]
        whole &= known[:, offset : offset + places]
    row = np.broadcast_to(np.arange(len(sequences))[:, None] * words, word.shape)
    counts = np.bincount((row + canonical[word])[whole], minlength=len(sequences) * words)
    return counts.reshape(len(sequences), words).astype(np.float32)


def regression_scores(
    train: npt.NDArray[np.float32],
    labels: npt.NDArray[np.uint8],
    test: npt.NDArray[np.float32],
    threads: int = 1,
) -> npt.NDArray[np.float32]:
    """Probabilities by one logistic regression a target.

    Parameters
    ----------
    train, test : numpy.ndarray, shape=(loci, features), dtype=float32
    labels : numpy.ndarray, shape=(loci, targets), dtype=uint8
        Of ``train``.
    threads : int
        Processes that share the targets out.

    Returns
    -------
    numpy.ndarray, shape=(loci of test, targets), dtype=float32
        Where all training labels of a target are alike, their share.
    """
    scale = StandardScaler().fit(train)
    known, unknown = scale.transform(train), scale.transform(test)

    def of_target(own: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        if own.min() == own.max():
            return np.full(len(unknown), own.mean(), np.float32)
        model = LogisticRegression(
            C=INVERSE_REGULARISATION, solver="lbfgs", max_iter=300, tol=1e-3
        ).fit(known, own)
        return model.predict_proba(unknown)[:, 1].astype(np.float32)

    columns = Parallel(n_jobs=threads, mmap_mode="r")(delayed(of_target)(own) for own in labels.T)
    return np.stack(columns, axis=1)
