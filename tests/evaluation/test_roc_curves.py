import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from noncoding.common.errors import InputError
from noncoding.evaluation.curves import (
    curves_finding,
    draw_curves,
    named_targets,
    representative_targets,
    thinned,
)
from noncoding.evaluation.metrics import auroc, rank
from noncoding.evaluation.tables import target_metrics

NAN = np.nan
METRICS = pd.DataFrame(
    {
        "index": range(6),
        "name": ["a", "b", "c", "d", "same", "same"],
        "test_positives": [9, 9, 9, 2, 0, 9],
        "test_negatives": 100,
        "prevalence": 0.1,
        "auroc": [0.6, 0.9, 0.7, 0.99, NAN, 0.8],
        "auprc": [0.1, 0.5, 0.2, 0.9, NAN, 0.3],
        "auprc_over_prevalence": [1.0, 5, 2, 9, NAN, 3],
    }
)


def roles(chosen):
    return dict(zip(chosen["role"], chosen["name"], strict=True))


def test_best_median_and_worst_of_those_with_enough_positives():
    assert roles(representative_targets(METRICS, 5)) == {"best": "b", "median": "c", "worst": "a"}
    odd = METRICS[METRICS["index"] != 5]
    assert roles(representative_targets(odd, 5)) == {"best": "b", "median": "c", "worst": "a"}


def test_fewer_than_three_targets_are_drawn_once_each():
    assert roles(representative_targets(METRICS[:2], 5)) == {"best": "b", "worst": "a"}
    assert roles(representative_targets(METRICS[:1], 5)) == {"best": "a"}


def test_where_none_has_enough_positives_all_are_candidates():
    assert roles(representative_targets(METRICS, 1000))["best"] == "d"


def test_targets_by_name_and_by_index():
    assert named_targets(METRICS, ["c", 0])["index"].tolist() == [2, 0]
    assert named_targets(METRICS, [5])["name"].tolist() == ["same"]
    assert named_targets(METRICS, [1, "b", 1])["index"].tolist() == [1]


def test_a_shared_name_means_all_that_have_metrics():
    shared = METRICS.assign(name=["same", *METRICS["name"][1:]])
    assert named_targets(shared, ["same"])["index"].tolist() == [0, 5]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("none", "evaluate.curves: found 'none'; expected a name or an index"),
        (6, "0 … 5"),
        (4, "0 positive"),
    ],
)
def test_a_target_that_cannot_be_drawn_is_refused(target, words):
    with pytest.raises(InputError, match=words):
        named_targets(METRICS, [target])


def test_title_tells_the_range():
    assert curves_finding(named_targets(METRICS, ["c", "b", "a"])) == (
        "AUPR between 0.100 (a) and 0.500 (b)"
    )
    assert curves_finding(named_targets(METRICS, ["c"])) == (
        "c has an AUPR of 0.200, 2 times its prevalence"
    )


@pytest.mark.parametrize("loci", [2, 50, 20_000])
def test_thinned_curves_keep_their_ends_and_their_area(loci):
    generator = np.random.default_rng(1)
    labels = np.append([0, 1], generator.random(loci - 2) < 0.05).astype(np.uint8)
    scores = generator.normal(size=loci) + labels
    full = rank(labels, scores)
    few = thinned(full, 300)
    assert len(few.true_positives) <= 600
    for counts, kept in zip(full, few, strict=True):
        assert (kept[0], kept[-1]) == (counts[0], counts[-1])
        assert np.isin(kept, counts).all()
    area = np.trapezoid(
        np.append(0, few.true_positives) / few.positives,
        np.append(0, few.false_positives) / few.negatives,
    )
    assert area == pytest.approx(auroc(labels[:, None], scores[:, None])[0], abs=2e-3)


def test_curves_stay_small_and_name_their_targets(tmp_path):
    generator = np.random.default_rng(1)
    labels = (generator.random((30_000, 3)) < 0.1).astype(np.uint8)
    scores = expit(generator.normal(size=labels.shape) + labels * [0.5, 1, 2])
    table = pd.DataFrame({"index": range(3), "name": ["low", "middle", "high"], "group": "TF"})
    chosen = representative_targets(target_metrics(table, labels, scores), 5)
    vector, raster = tmp_path / "curves.svg", tmp_path / "curves.png"
    draw_curves(chosen, labels, scores, vector, raster)
    text = vector.read_text()
    for words in ("best: high", "median: middle", "worst: low", curves_finding(chosen)):
        assert words in text
    assert vector.stat().st_size < 200_000
    assert raster.exists()
