"""Figures of an evaluation with awkward targets: every text is whole and apart."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import LONG_NAME, assert_legible, saved_by
from scipy.special import expit

from noncoding.evaluation.curves import draw_curves, representative_targets
from noncoding.evaluation.figures import draw_groups, draw_prevalence
from noncoding.evaluation.tables import target_metrics

GROUPS = ["transcription factor", "DNase I hypersensitive site", "histone modification"]


@pytest.mark.parametrize("count", [1, 30, 300])
def test_long_names_and_many_targets_leave_the_figures_legible(tmp_path, count):
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"index": range(count)})
    table["name"] = [f"{LONG_NAME} {number}" for number in range(count)]
    table["group"] = [GROUPS[number % 3] for number in range(count)]
    labels = (generator.random((2000, count)) < 0.1).astype(np.uint8)
    scores = expit(generator.normal(size=labels.shape) + labels * generator.uniform(0, 2, count))
    metrics = target_metrics(table, labels, scores)
    chosen, path = representative_targets(metrics, 5), tmp_path / "one.svg"
    [groups] = saved_by(draw_groups, metrics, path)
    [prevalence] = saved_by(draw_prevalence, metrics, path)
    [curves] = saved_by(draw_curves, chosen, labels, scores, path)
    for figure in (groups, prevalence, curves):
        assert_legible(figure)
    legend = [text.get_text() for text in curves.legends[0].get_texts()]
    assert len(legend) == len(chosen)
    for text, (_, target) in zip(legend, chosen.iterrows(), strict=True):
        assert f"AUROC {target['auroc']:.3f}, AUPR {target['auprc']:.3f}" in text
        # The end of a long name is what tells it from others.
        assert f" None {target['index']} — AUROC" in text
