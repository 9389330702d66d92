"""What a prediction of regions contains, in a few numbers."""

from typing import Any

import numpy as np

from noncoding.prediction.region_output import PredictedWindows

LISTED = 20
"""Targets that a summary lists."""


def summarise_regions(found: PredictedWindows) -> dict[str, Any]:
    """Summarise the probabilities of windows.

    Returns
    -------
    dict
        Numbers of ``windows`` and of targets (``n_targets``), and ``targets``: a list of those
        with the highest mean probability, with their ``index`` and distinct ``name``, the
        ``mean``, the number of windows with a probability above 0.5 (``above_half``), the
        ``highest`` probability, and the bin that has it (``at``, as ``chromosome:first-last``).
    """
    n_targets = len(found.targets)
    total, above_half = np.zeros(n_targets), np.zeros(n_targets, int)
    highest, window = np.full(n_targets, -np.inf), np.zeros(n_targets, int)
    for shard, values in found.shards:
        total += values.sum(axis=0, dtype=float)
        above_half += (values > 0.5).sum(axis=0)
        best = values.max(axis=0)
        higher = best > highest
        window[higher] = shard.start + values.argmax(axis=0)[higher]
        highest = np.maximum(best, highest)
    mean = total / len(found.windows)
    table = found.targets.reset_index(drop=True)

    def row(target: int) -> dict[str, Any]:
        first = int(window[target])
        [locus] = found.windows.table(slice(first, first + 1)).to_dict("records")
        return {
            "index": int(table["index"][target]),
            "name": table["label"][target],
            "mean": float(mean[target]),
            "above_half": int(above_half[target]),
            "highest": float(highest[target]),
            "at": f"{locus['chromosome']}:{locus['start'] + 1}-{locus['end']}",
        }

    strongest = np.argsort(-mean, kind="stable")[:LISTED].tolist()
    return {
        "windows": len(found.windows),
        "n_targets": n_targets,
        "targets": [row(target) for target in strongest],
    }
