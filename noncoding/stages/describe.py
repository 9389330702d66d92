"""The stage ``describe``: counts of a data set and figures of them."""

import logging
import os
from collections.abc import Mapping
from typing import Any

import pandas as pd

from noncoding.common.files import write_json
from noncoding.common.frames import write_table
from noncoding.common.stage_logging import RESULT
from noncoding.data.counts import SplitCounts, count_split
from noncoding.data.figures import (
    draw_bases,
    draw_gc_content,
    draw_labels,
    draw_positives,
    draw_prevalence,
)
from noncoding.data.histograms import SHARE_BINS
from noncoding.data.store import Store
from noncoding.data.targets import check_same_targets, distinct_names
from noncoding.layout import figures, files

log = logging.getLogger(__name__)


def describe(stores: Mapping[str, str | os.PathLike[str]], folder: str | os.PathLike[str]) -> None:
    """Describe the splits of a data set.

    Parameters
    ----------
    stores : mapping of str to path
        ``train``, ``valid`` and ``test``.
    folder : path
        Output folder.

    Raises
    ------
    InputError
        The splits have different targets, or one cannot be read.
    """
    counts: dict[str, SplitCounts] = {}
    summary: dict[str, dict[str, Any]] = {}
    targets = pd.DataFrame()
    for name, path in stores.items():
        with Store(path) as store:
            targets = store.targets if targets.empty else targets
            remedy = "Make all stores from one target table."
            check_same_targets(path, store.targets, targets, "the other splits", remedy)
            counts[name] = count_split(store)
            own = counts[name]
            named = targets[["index"]].assign(name=distinct_names(targets))
            without = named[own.positives == 0]
            summary[name] = {
                "rows": store.rows,
                "loci": store.loci_count,
                "strands": store.strands,
                "length": store.length,
                "bin": store.bin,
                "targets": len(targets),
                "mean_labels_per_locus": own.mean_labels,
                "labelled_loci": own.loci - own.unlabelled,
                "unlabelled_loci": own.unlabelled,
                "base_composition": own.base_shares,
                "share_of_windows_with_n": own.with_unknown / max(own.loci, 1),
                "gc_content": {
                    "bin_percent": 100 // SHARE_BINS,
                    "labelled": own.gc_labelled.tolist(),
                    "unlabelled": own.gc_unlabelled.tolist(),
                    "difference": own.gc_difference,
                },
                "targets_without_positives": without.to_dict("records"),
                "source": store.source,
            }
            log.info("%s: %s loci counted", name, f"{store.loci_count:,}")
    summary_path, targets_path = files("describe", folder)
    write_json(summary, summary_path)
    positives_by_split = {f"{name}_positives": own.positives for name, own in counts.items()}
    write_table(targets.assign(**positives_by_split), targets_path)
    positives, labels, bases, gc_content, prevalence = figures("describe", folder)
    loci = ", ".join(f"{name} {part['loci']:,}" for name, part in summary.items())
    log.log(RESULT, "loci: %s", loci)
    draw_positives(targets, counts["train"], *positives)
    draw_labels(counts, *labels)
    draw_bases(counts, *bases)
    draw_gc_content(counts, *gc_content)
    draw_prevalence(targets, counts["train"], counts["test"], *prevalence)
