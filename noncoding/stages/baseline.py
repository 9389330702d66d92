"""The driver of the baselines: what can be said of a target without a network."""

import logging
import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write
from noncoding.data.store import Store
from noncoding.evaluation.intervals import Replicates, blocks, bootstrap, write_replicates
from noncoding.evaluation.kmers import count_words, regression_scores
from noncoding.evaluation.metrics import auroc, auroc_and_average_precision
from noncoding.motifs.matching import match_motifs
from noncoding.motifs.meme import read_motifs
from noncoding.motifs.scan import base_composition, best_hits

log = logging.getLogger(__name__)

BASELINES = ("gc", "kmers", "motif")
_LOCI = 4096
"""Read at a time."""


def baseline(
    train_store: str | os.PathLike[str],
    store: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    motifs: str | os.PathLike[str] | None,
    k: int,
    rows: int,
    flank: int,
    replicates: int,
    seed: int,
    threads: int = 1,
) -> None:
    """Score every target of a split by GC content, short words and its motif.

    Parameters
    ----------
    train_store, store : path
        What is learned from, and what is scored.
    folder : path
        For the results. ``targets.tsv``, one row a target: index, name, group; AUROC
        and AUPR (average precision) of each of `BASELINES`; ``motif``, the name of
        the motif; empty where a target has no positives, no negatives, or no motif.
        ``replicates/{baseline}.h5``: the same metrics of resampled loci, paired with
        those of the stage `evaluate`.

        gc: share of G and C in the whole sequence, or its negative where
        training positives have less of it than other loci. kmers: logistic
        regression on counts of words of ``k`` bases, in the whole sequence and
        around the bin. motif: best match around the bin, over both strands, against
        the base composition of the training loci; of a target's motifs
        (see `noncoding.motifs.matching.match_motifs`), the one of the highest AUROC in
        training.
    motifs : path or None
        MEME file.
    k : int
        Bases of a word.
    rows : int
        Training loci that the regression learns from, at most; drawn at random.
    flank : int
        Bases on each side of the bin that are its surroundings.
    replicates, seed : int
        Of the block bootstrap (`noncoding.evaluation.intervals.bootstrap`); the seed also draws
        the training loci.
    threads : int

    Raises
    ------
    InputError
        The stores do not fit each other, or the sequences are shorter than a
        word.
    """
    with Store(train_store) as train, Store(store) as split:
        _check(train, split, k)
        table = split.targets
        labels = split.labels(slice(0, split.loci_count))
        beside = max(0, (split.length - split.bin) // 2 - flank)
        middle = slice(beside, split.length - beside)
        sample = _sample(train.loci_count, rows, seed)
        known = train.labels(sample)
        words = np.concatenate([_words(part, k, middle) for part in _batches(train, sample)])
        others = np.concatenate([_words(part, k, middle) for part in _batches(split)])
        gc = [
            np.concatenate([_gc(part) for part in _batches(*arguments)])
            for arguments in ((train, sample), (split,))
        ]
        every = np.arange(len(table))
        # By baseline: targets, and their scores.
        scores: dict[str, tuple[npt.NDArray[np.intp], npt.NDArray[np.floating]]] = {
            "gc": (every, gc[1].astype(np.float32)[:, None] * _direction(gc[0], known)),
            "kmers": (every, regression_scores(words, known, others, threads)),
            "motif": (every[:0], np.empty((len(labels), 0), np.float32)),
        }
        block = blocks(split.loci(), len(labels))
        log.info("%d-base words learned from %s loci", k, f"{len(sample):,}")
        names: list[str | None] = [None] * len(table)
        if motifs is not None:
            matrices = read_motifs(motifs)
            room = middle.stop - middle.start
            candidates = [
                [name for name in names if matrices[name].shape[1] <= room]
                for names in match_motifs(table, matrices)
            ]
            used = sorted(set(chain.from_iterable(candidates)))
            places = {name: place for place, name in enumerate(used)}
            background = base_composition(_batches(train, sample))
            trained, hits = (
                np.concatenate(
                    [
                        best_hits(part[:, :, middle], [matrices[n] for n in used], background)
                        for part in _batches(*arguments)
                    ]
                )
                for arguments in ((train, sample), (split,))
            )
            for target, keys in enumerate(candidates):
                if keys:
                    own = trained[:, [places[key] for key in keys]]
                    alike = np.repeat(known[:, [target]], len(keys), axis=1)
                    names[target] = keys[int(np.nan_to_num(auroc(alike, own)).argmax())]
            with_motif = np.flatnonzero([name is not None for name in names])
            chosen = [places[str(names[target])] for target in with_motif]
            scores["motif"] = (with_motif, hits[:, chosen])
            log.info("%d of %d targets have a motif", len(with_motif), len(table))
    result = table[["index", "name", "group"]].copy()
    drawn = {}
    for name, (columns, values) in scores.items():
        areas = np.full((2, len(table)), np.nan)
        areas[:, columns] = auroc_and_average_precision(labels[:, columns], values, threads)
        result[f"{name}_auroc"], result[f"{name}_auprc"] = areas
        resampled = bootstrap(
            labels[:, columns], values, block, replicates=replicates, seed=seed, threads=threads
        )
        drawn[name] = _widened(resampled, columns, len(table))
    result.insert(result.columns.get_loc("motif_auroc"), "motif", names)
    for name, resampled in drawn.items():
        write_replicates(resampled, Path(folder) / "replicates" / f"{name}.h5")
    with atomic_write(Path(folder) / "targets.tsv") as [partial]:
        result.to_csv(partial, sep="\t", index=False, float_format="%.7g")
    for name in BASELINES:
        scored = result[f"{name}_auroc"].dropna()
        if len(scored):
            log.info("%s: median AUROC %.3f over %d targets", name, scored.median(), len(scored))


def _widened(replicates: Replicates, columns: npt.NDArray[np.intp], targets: int) -> Replicates:
    """Replicates of some targets as replicates of all, NaN where there are none."""
    metrics = np.full((2, len(replicates.auroc), targets), np.nan)
    metrics[:, :, columns] = replicates[:2]
    positives = np.zeros((len(replicates.loci), targets), np.int32)
    positives[:, columns] = replicates.positives
    return replicates._replace(auroc=metrics[0], auprc=metrics[1], positives=positives)


def _check(train: Store, split: Store, k: int) -> None:
    if list(train.targets["name"]) != list(split.targets["name"]) or train.length != split.length:
        raise InputError(
            train.path,
            f"{len(train.targets)} targets, {train.length} bp",
            f"the {len(split.targets)} targets and {split.length} bp of {split.path}",
            "Make both stores from one target table and one window.",
        )
    if k > split.length:
        raise InputError(
            "baseline.kmer in the configuration",
            f"words of {k} bases",
            f"at most {split.length}, the length of the sequences",
            "Choose shorter words.",
        )


def _sample(loci: int, rows: int, seed: int) -> npt.NDArray[np.int64]:
    """Places of training loci, rising."""
    generator = np.random.default_rng(seed)
    return np.sort(generator.choice(loci, min(rows, loci), replace=False))


def _batches(
    store: Store, places: npt.NDArray[np.int64] | None = None
) -> Iterator[npt.NDArray[np.uint8]]:
    """One-hot sequences of the loci at some places, or of all, a few at a time."""
    chosen = np.arange(store.loci_count) if places is None else places
    for start in range(0, len(chosen), _LOCI):
        yield store.sequences(chosen[start : start + _LOCI])


def _words(sequences: npt.NDArray[np.uint8], k: int, middle: slice) -> npt.NDArray[np.float32]:
    parts = (sequences, np.ascontiguousarray(sequences[:, :, middle]))
    return np.concatenate([count_words(part, k) for part in parts], axis=1)


def _gc(sequences: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Share of G and C among the known bases; 0.5 where none is known."""
    bases = sequences.sum(axis=2, dtype=np.float64)
    known = bases.sum(axis=1)
    return np.where(known > 0, (bases[:, 1] + bases[:, 2]) / np.maximum(known, 1), 0.5)


def _direction(
    gc: npt.NDArray[np.float64], labels: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32]:
    """1 where training positives of a target have more G and C than all loci, else -1."""
    excess = (gc - gc.mean()) @ labels.astype(np.float64)
    return np.where(excess >= 0, np.float32(1), np.float32(-1))
