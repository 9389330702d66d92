"""Baselines without a network: GC content, k-mer regression and a scan for known motifs."""

import logging
import os
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.common.frames import write_table
from noncoding.common.stage_logging import RESULT
from noncoding.data.store import Store
from noncoding.data.targets import same_targets
from noncoding.evaluation.baselines import (
    best_columns,
    count_kmers,
    gc_content,
    gc_scores,
    regression_scores,
)
from noncoding.evaluation.bootstrap import blocks, bootstrap, write_replicates
from noncoding.evaluation.metrics import auroc_and_average_precision
from noncoding.motifs.known_motifs import match_motifs
from noncoding.motifs.meme import read_motifs
from noncoding.motifs.scan import base_composition, best_hits
from noncoding.settings.baseline import BaselineSettings

log = logging.getLogger(__name__)

_Compute = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.floating]]
_LOCI = 4096
"""Loci that are read at a time."""


def baseline(
    train_store: str | os.PathLike[str],
    store: str | os.PathLike[str],
    motifs: str | os.PathLike[str] | None,
    folder: str | os.PathLike[str],
    settings: BaselineSettings,
    *,
    replicates: int,
    seed: int,
    threads: int = 1,
) -> None:
    """Score every target of a split by GC content, k-mers and its known motif.

    The table has one row per target: index, name, group; AUROC and AUPR (average precision) of
    each of `layout.BASELINES`; ``motif``, the name of the motif. Values are empty where a
    target has no positives, no negatives, or no motif. The replicates are paired with those of
    the stage `evaluate`.

    gc : GC content of the sequence (`gc_scores`).
    kmers : logistic regression on k-mer counts in the sequence and around the bin.
    motif : best match around the bin, on either strand, against the base composition of the
        training loci; of a target's motifs (`match_motifs`), the one with the highest AUROC in
        training.

    Parameters
    ----------
    train_store, store : path
        The split for fitting, and the split that is scored.
    motifs : path or None
        MEME file.
    folder : path
        Output folder.
    settings : BaselineSettings
    replicates, seed : int
        Of the block bootstrap; the seed also selects the training loci.
    threads : int

    Raises
    ------
    InputError
        The stores do not match, or the sequences are shorter than a k-mer.
    """
    with Store(train_store) as train, Store(store) as split:
        _check(train, split, settings.kmer)
        table = split.targets
        labels = split.labels(slice(0, split.loci_count))
        block = blocks(split.loci(), len(labels))
        sample = np.random.default_rng(seed).choice(
            train.loci_count, min(settings.rows, train.loci_count), replace=False
        )
        sample.sort()
        train_labels = train.labels(sample)
        margin = max(0, (split.length - split.bin) // 2 - settings.flank)
        centre = slice(margin, split.length - margin)

        def kmer_counts(sequences: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
            regions = (sequences, np.ascontiguousarray(sequences[:, :, centre]))
            return np.concatenate([count_kmers(one, settings.kmer) for one in regions], axis=1)

        def of_both(compute: _Compute) -> list[npt.NDArray]:
            """Values of the sampled training loci, and of all loci of the split."""
            both = (_batches(train, sample), _batches(split, np.arange(split.loci_count)))
            return [np.concatenate([*map(compute, batches)]) for batches in both]

        train_gc, gc = of_both(gc_content)
        train_counts, counts = of_both(kmer_counts)
        scores = {
            "gc": gc_scores(train_gc, train_labels, gc),
            "kmers": regression_scores(train_counts, train_labels, counts, threads),
            "motif": np.zeros(labels.shape, np.float32),
        }
        log.info("regression on %d-mers of %s loci", settings.kmer, f"{len(sample):,}")
        names: list[str | None] = [None] * len(table)
        if motifs is not None:
            matrices = read_motifs(motifs)
            width = centre.stop - centre.start
            candidates = [
                [name for name in matched if matrices[name].shape[1] <= width]
                for matched in match_motifs(table, matrices)
            ]
            used = sorted({name for matched in candidates for name in matched})
            background = base_composition(_batches(train, sample))
            train_hits, hits = of_both(
                lambda sequences: best_hits(
                    sequences[:, :, centre], [matrices[name] for name in used], background
                )
            )
            columns = [[used.index(name) for name in matched] for matched in candidates]
            for target, column in enumerate(best_columns(train_hits, train_labels, columns)):
                if column is not None:
                    names[target] = used[column]
                    scores["motif"][:, target] = hits[:, column]
            found = sum(name is not None for name in names)
            log.info("%d of %d targets have a motif", found, len(table))

    with_motif = np.array([name is not None for name in names])
    result = table[["index", "name", "group"]].copy()
    medians = {}
    targets_file, *replicates_files = layout.files("baseline", folder)
    for name, path in zip(layout.BASELINES, replicates_files, strict=True):
        scored = labels
        if name == "motif":
            result["motif"] = names
            scored = labels * with_motif  # A target without positives has no metrics.
        areas = auroc_and_average_precision(scored, scores[name], threads)
        result[f"{name}_auroc"], result[f"{name}_auprc"] = areas
        resampled = bootstrap(
            scored, scores[name], block, replicates=replicates, seed=seed, threads=threads
        )
        write_replicates(resampled, path)
        known = result[f"{name}_auroc"].dropna()
        if len(known):
            log.info("%s: median AUROC %.3f over %d targets", name, known.median(), len(known))
            medians[name] = known.median()
    write_table(result, targets_file)
    shown = ", ".join(f"{name} {median:.3f}" for name, median in medians.items())
    log.log(RESULT, "median AUROC: %s", shown or "no target with both classes")


def _check(train: Store, split: Store, k: int) -> None:
    if not same_targets(train.targets, split.targets) or train.length != split.length:
        raise InputError(
            train.path,
            f"{len(train.targets)} targets, {train.length} bp",
            f"the {len(split.targets)} targets and {split.length} bp of {split.path}",
            "Make both stores from one target table and one window.",
        )
    if k > split.length:
        raise InputError(
            "baseline.kmer in the configuration",
            f"k-mers of {k} bases",
            f"at most {split.length}, the length of the sequences",
            "Choose shorter k-mers.",
        )


def _batches(store: Store, loci: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.uint8]]:
    """One-hot sequences of some loci."""
    for start in range(0, len(loci), _LOCI):
        yield store.sequences(loci[start : start + _LOCI])
