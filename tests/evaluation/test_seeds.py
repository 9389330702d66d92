import numpy as np
import pandas as pd
import pytest
from scipy import stats

from noncoding.evaluation.seeds import means_over_seeds


def test_means_and_intervals_are_those_of_scipy():
    values = [0.3, 0.32, 0.37]
    runs = pd.DataFrame(
        {"dataset": "yeast", "model": ["a"] * 3 + ["b"], "auprc": [*values, 0.5], "auroc": 0.9}
    )
    several, one = means_over_seeds(runs).to_dict("records")
    assert (several["model"], several["seeds"]) == ("a", 3)
    assert several["auprc"] == pytest.approx(np.mean(values))
    assert several["auprc_sd"] == pytest.approx(np.std(values, ddof=1))
    expected = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    assert (several["auprc_low"], several["auprc_high"]) == pytest.approx(expected)
    assert (one["seeds"], one["auprc"]) == (1, 0.5)
    assert np.isnan([one["auprc_sd"], one["auprc_low"], one["auprc_high"]]).all()
