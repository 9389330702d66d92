"""Published results, where the test set is the one that they were measured on."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.data.targets import PUBLISHED_POSITIVES

_PAPERS = {
    "deepsea": "DeepSEA (published)",
    "danq": "DanQ (published)",
    "danq_jaspar": "DanQ-JASPAR (published)",
    "deepatt": "DeepATT (published)",
}


def published_results(
    targets: pd.DataFrame, positive_rows: npt.NDArray[np.int64]
) -> tuple[pd.DataFrame, str]:
    """AUROC and AUPR of published models, if they were measured on this test set.

    Parameters
    ----------
    targets : pandas.DataFrame
        The target table. ``NAME_auroc`` and ``NAME_auprc`` are the results of
        the model NAME, `PUBLISHED_POSITIVES` the positive rows of the set that
        they were measured on.
    positive_rows : numpy.ndarray, shape=(targets,)
        Positive rows of the test split, both strands counted where it holds them.

    Returns
    -------
    results : pandas.DataFrame
        One row a target and published model: index, classifier, auroc, auprc.
        Empty where there are none to be shown.
    reason : str
        In words, why they are shown or not.
    """
    nothing = pd.DataFrame(columns=["index", "classifier", "auroc", "auprc"])
    models = [
        column.removesuffix("_auroc")
        for column in targets
        if column.endswith("_auroc") and f"{column.removesuffix('_auroc')}_auprc" in targets
    ]
    if not models:
        return nothing, "The target table names no published results."
    if PUBLISHED_POSITIVES not in targets:
        return nothing, (
            "Published results are not shown: the target table does not say how many positives "
            f"their test set had (column {PUBLISHED_POSITIVES})."
        )
    expected = targets[PUBLISHED_POSITIVES].to_numpy()
    differ = np.flatnonzero(positive_rows != expected)
    if len(differ):
        first = differ[0]
        return nothing, (
            f"Published results are not shown: {len(differ):,} of {len(targets):,} targets have "
            "another number of positive test rows than in the published test set, first "
            f"{targets['name'].iloc[first]} (index {first}): {positive_rows[first]:,} instead of "
            f"{expected[first]:,.0f}. Figures of different data must not stand side by side."
        )
    rows = [
        pd.DataFrame(
            {
                "index": targets["index"],
                "classifier": _PAPERS.get(model, f"{model} (published)"),
                "auroc": targets[f"{model}_auroc"].astype(float),
                "auprc": targets[f"{model}_auprc"].astype(float),
            }
        )
        for model in models
    ]
    return pd.concat(rows, ignore_index=True), (
        f"Published results are shown, since all {len(targets):,} targets have as many positive "
        "test rows as in the published test set."
    )
