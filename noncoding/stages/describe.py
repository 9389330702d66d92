"""The driver of a description: from stores to a summary and figures."""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from noncoding.common.files import atomic_write
from noncoding.data.counts import SplitCounts, count_split
from noncoding.data.figures import draw_bases, draw_labels, draw_positives, draw_prevalence
from noncoding.data.store import Store
from noncoding.data.targets import check_same_targets

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DescriptionOutputs:
    """What a description leaves behind.

    Attributes
    ----------
    summary : Path
        Counts by split, JSON.
    positives, labels, bases, prevalence : list of Path
        Positives by target; labels of a locus; share of each base by split;
        prevalence in training against test. One file a format each.
    """

    summary: Path
    positives: list[Path]
    labels: list[Path]
    bases: list[Path]
    prevalence: list[Path]


def describe(stores: Mapping[str, str | os.PathLike[str]], outputs: DescriptionOutputs) -> None:
    """Describe the splits of a data set.

    Parameters
    ----------
    stores : mapping of str to path
        ``train``, ``valid`` and ``test``.
    outputs : DescriptionOutputs

    Raises
    ------
    InputError
        The splits have different targets, or one cannot be read.
    """
    counts: dict[str, SplitCounts] = {}
    summary: dict[str, Any] = {}
    targets: pd.DataFrame | None = None
    for name, path in stores.items():
        with Store(path) as store:
            targets = store.targets if targets is None else targets
            check_same_targets(
                store.path,
                store.targets,
                targets,
                "the other splits",
                "Make all stores from one target table.",
            )
            counts[name] = count_split(store)
            summary[name] = _summary(store, counts[name])
            log.info("%s: %s loci counted", name, f"{store.loci_count:,}")
    with atomic_write(outputs.summary) as [partial]:
        partial.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    draw_positives(targets, counts["train"], *outputs.positives)
    draw_labels(counts, *outputs.labels)
    draw_bases(counts, *outputs.bases)
    draw_prevalence(targets, counts["train"], counts["test"], *outputs.prevalence)


def _summary(store: Store, counts: SplitCounts) -> dict[str, Any]:
    without = store.targets[counts.positives == 0]
    return {
        "rows": store.rows,
        "loci": store.loci_count,
        "strands": store.strands,
        "length": store.length,
        "bin": store.bin,
        "targets": len(store.targets),
        "mean_labels_per_locus": counts.mean_labels,
        "base_composition": counts.base_shares,
        "targets_without_positives": [
            {"index": int(index), "name": str(name)}
            for index, name in zip(without["index"], without["name"], strict=True)
        ],
        "source": store.source,
    }
