"""Published results, where they were measured on the same test set."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError
from noncoding.data.published_positives import (
    TOLERANCE,
    beyond_tolerance,
    difference_from_published,
    published_positives,
)
from noncoding.data.targets import PUBLISHED_POSITIVES

_PAPERS = {
    "deepsea": "DeepSEA (published)",
    "danq": "DanQ (published)",
    "danq_jaspar": "DanQ-JASPAR (published)",
    "deepatt": "DeepATT (published)",
}


class Published(NamedTuple):
    """Results of published models on the test set of a store.

    Attributes
    ----------
    results : pandas.DataFrame
        One row per target and published model: index, classifier, auroc, auprc. Empty if they
        are not shown.
    reason : str
        Why they are shown or not, as a sentence.
    note : str
        How the test set differs from the published one, as a sentence; empty if results are not
        shown or it is the same.
    """

    results: pd.DataFrame
    reason: str
    note: str = ""


def published_results(
    targets: pd.DataFrame, positive_rows: npt.NDArray[np.int64], *, rebuilt: bool = False
) -> Published:
    """AUROC and AUPR of published models, if they were measured on this test set.

    Parameters
    ----------
    targets : pandas.DataFrame
        The target table: ``NAME_auroc`` and ``NAME_auprc`` are the results of the model NAME,
        `PUBLISHED_POSITIVES` the positive rows of the published test set.
    positive_rows : numpy.ndarray, shape=(targets,)
        Positive rows of the test split; both strands count where both are stored.
    rebuilt : bool
        The test set was rebuilt from genome and peaks: numbers of positive rows may differ from
        the published ones by `TOLERANCE`. Otherwise, they must be equal.
    """
    names = [column.removesuffix("_auroc") for column in targets if column.endswith("_auroc")]
    models = [name for name in names if f"{name}_auprc" in targets]
    if not models:
        return _not_shown("The target table names no published results.")
    if PUBLISHED_POSITIVES not in targets:
        return _not_shown(
            "Published results are not shown: the target table does not say how many positives "
            f"their test set had (column {PUBLISHED_POSITIVES})."
        )
    try:
        expected = published_positives(targets)
    except InputError as error:
        return _not_shown(
            f"Published results are not shown: in the {error.where}, {error.found} is not the "
            "number of positives of their test set."
        )
    difference = difference_from_published(positive_rows, expected)
    as_many = "as many positive test rows as in the published test set"
    if rebuilt:
        as_many += f", to within {100 * TOLERANCE:g} %"
    differ = beyond_tolerance(positive_rows, expected) if rebuilt else positive_rows != expected
    if differ.any():
        first = np.flatnonzero(differ)[0]
        return _not_shown(
            f"Published results are not shown: {differ.sum():,} of {len(targets):,} targets do not "
            f"have {as_many}, first {targets['name'].iloc[first]} (index {first}): "
            f"{positive_rows[first]:,} instead of {expected[first]:,}"
            + (f" (the test set is rebuilt; {difference})" if rebuilt else "")
            + ". Figures of different data must not stand side by side."
        )
    results = [
        classifier_metrics(targets, model, _PAPERS.get(model, f"{model} (published)"))
        for model in models
    ]
    return Published(
        pd.concat(results, ignore_index=True),
        f"Published results are shown, since all {len(targets):,} targets have {as_many}.",
        "The test set is rebuilt, not identical to the published one (positive rows of targets: "
        f"{difference})."
        if rebuilt
        else "",
    )


def _not_shown(reason: str) -> Published:
    return Published(pd.DataFrame(columns=["index", "classifier", "auroc", "auprc"]), reason)


def classifier_metrics(table: pd.DataFrame, prefix: str, name: str) -> pd.DataFrame:
    """Index, classifier, auroc and auprc, from the columns of a table with a prefix."""
    return pd.DataFrame(
        {
            "index": table["index"],
            "classifier": name,
            # A table of peak files is read as text, with empty cells.
            "auroc": pd.to_numeric(table[f"{prefix}_auroc"], errors="coerce").astype(float),
            "auprc": pd.to_numeric(table[f"{prefix}_auprc"], errors="coerce").astype(float),
        }
    )
