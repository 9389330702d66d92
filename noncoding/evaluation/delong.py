"""DeLong's confidence interval of the AUROC, for independent loci."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from noncoding.evaluation.confidence_intervals import t_quantile
from noncoding.evaluation.metrics import Labels, Scores


def delong(labels: Labels, scores: Scores, threads: int = 1) -> npt.NDArray[np.float64]:
    """95 % interval of the AUROC of each target (DeLong et al. 1988, Biometrics 44:837).

    Too narrow where windows overlap, because their loci are not independent. The variance is
    that of the placements: the share of negatives below each positive, and of positives above
    each negative, found by binary search in sorted scores (Sun & Xu 2014, IEEE Signal Process.
    Lett. 21:1389, use midranks). The interval is symmetric on the logit scale, so it remains
    between 0 and 1.

    Returns
    -------
    numpy.ndarray, shape=(2, targets), dtype=float64
        Lower and upper limit. NaN where a class has fewer than two loci, and where the AUROC
        is 0 or 1, whose estimated variance is 0.
    """

    def of_target(target: int) -> tuple[float, float]:
        positive = labels[:, target] == 1
        return _interval(np.sort(scores[positive, target]), np.sort(scores[~positive, target]))

    with ThreadPoolExecutor(threads) as pool:
        limits = list(pool.map(of_target, range(labels.shape[1])))
    return np.array(limits, dtype=np.float64).reshape(-1, 2).T


def _interval(positives: Scores, negatives: Scores) -> tuple[float, float]:
    m, n = len(positives), len(negatives)
    if m < 2 or n < 2:
        return np.nan, np.nan
    below_positives = _count_below(positives, negatives) / n
    above_negatives = 1 - _count_below(negatives, positives) / m
    area = below_positives.mean()
    if not 0 < area < 1:
        return np.nan, np.nan
    variance = below_positives.var(ddof=1) / m + above_negatives.var(ddof=1) / n
    reach = t_quantile(min(m, n) - 1) * (np.sqrt(variance) / (area * (1 - area)))
    return float(expit(logit(area) - reach)), float(expit(logit(area) + reach))


def _count_below(scores: Scores, among: Scores) -> npt.NDArray[np.float64]:
    """Number of ``among`` below each score, a tie counted as one half; both sorted."""
    return (np.searchsorted(among, scores, "left") + np.searchsorted(among, scores, "right")) / 2
