"""Targets whose ROC and precision–recall curves are plotted, and the points of the curves."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from noncoding.common.errors import InputError
from noncoding.data.targets import distinct_names, named_target
from noncoding.evaluation.metrics import Ranking
from noncoding.evaluation.target_metrics import scored


def representative_targets(metrics: pd.DataFrame, min_positives: int) -> pd.DataFrame:
    """The best, the median and the worst target of `target_metrics` by AUPR.

    Of the targets with at least ``min_positives`` positive test loci; if there are none, of all
    targets with metrics. At most three rows, by decreasing AUPR, with a column ``role``: "best",
    "median" or "worst"; names are those of `distinct_names`.
    """
    candidates = scored(metrics.assign(name=distinct_names(metrics)))
    enough = candidates[candidates["test_positives"] >= min_positives]
    ranked = (enough if len(enough) else candidates).sort_values("auprc", kind="stable")
    roles = {"best": len(ranked) - 1, "worst": 0, "median": (len(ranked) - 1) // 2}
    chosen = ranked.iloc[list(roles.values())].assign(role=list(roles))
    chosen = chosen[~chosen["index"].duplicated()]
    return chosen.sort_values("auprc", ascending=False, kind="stable")


def named_targets(metrics: pd.DataFrame, targets: Sequence[str | int]) -> pd.DataFrame:
    """Targets of `target_metrics` by name or index, in the given order, each once.

    A name that several targets share selects all of them that have metrics. The column ``role``
    is empty, and names are those of `distinct_names`.

    Raises
    ------
    InputError
        No target has the name or index, or it has no positives or no negatives.
    """
    chosen = []
    for target in targets:
        found = named_target(metrics, target, "evaluate.curves")
        chosen.append(scored(found))
        if chosen[-1].empty:
            raise InputError(
                f"target {target!r}",
                f"{found['test_positives'].sum():,} positive and "
                f"{found['test_negatives'].sum():,} negative test loci",
                "at least one of each",
                "Choose another target.",
            )
    rows = pd.concat(chosen).assign(role="", name=distinct_names(metrics))
    return rows[~rows["index"].duplicated()]


def thinned(ranking: Ranking, points: int) -> Ranking:
    """At most ``2 * points`` thresholds, including the first and the last.

    They are evenly spaced in recall and in the false-positive rate.
    """
    kept = [
        np.searchsorted(counts, np.linspace(counts[0], counts[-1], points))
        for counts in (ranking.true_positives, ranking.false_positives)
    ]
    kept[0][-1] = len(ranking.true_positives) - 1
    return Ranking(*(counts[np.unique(kept)] for counts in ranking))
