"""Published results, where they were measured on the same test set."""

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
        The target table: ``NAME_auroc`` and ``NAME_auprc`` are the results of the model NAME,
        `PUBLISHED_POSITIVES` the positive rows of the published test set.
    positive_rows : numpy.ndarray, shape=(targets,)
        Positive rows of the test split; both strands count where both are stored.

    Returns
    -------
    results : pandas.DataFrame
        One row per target and published model: index, classifier, auroc, auprc. Empty if they
        are not shown.
    reason : str
        Why they are shown or not, as a sentence.
    """
    nothing = pd.DataFrame(columns=["index", "classifier", "auroc", "auprc"])
    names = [column.removesuffix("_auroc") for column in targets if column.endswith("_auroc")]
    models = [name for name in names if f"{name}_auprc" in targets]
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
    results = [
        classifier_metrics(targets, model, _PAPERS.get(model, f"{model} (published)"))
        for model in models
    ]
    return pd.concat(results, ignore_index=True), (
        f"Published results are shown, since all {len(targets):,} targets have as many positive "
        "test rows as in the published test set."
    )


def classifier_metrics(table: pd.DataFrame, prefix: str, name: str) -> pd.DataFrame:
    """Index, classifier, auroc and auprc, from the columns of a table with a prefix."""
    return pd.DataFrame(
        {
            "index": table["index"],
            "classifier": name,
            "auroc": table[f"{prefix}_auroc"].astype(float),
            "auprc": table[f"{prefix}_auprc"].astype(float),
        }
    )
