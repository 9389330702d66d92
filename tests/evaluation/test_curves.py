import numpy as np
import pandas as pd
import pytest

from noncoding.common.errors import InputError
from noncoding.evaluation.curves import named_targets, representative_targets, thinned
from noncoding.evaluation.metrics import auroc_and_average_precision, rank

NAN = np.nan
METRICS = pd.DataFrame(
    {
        "index": range(6),
        "name": ["a", "b", "c", "d", "same", "same"],
        "test_positives": [9, 9, 9, 2, 0, 9],
        "test_negatives": 100,
        "auroc": [0.6, 0.9, 0.7, 0.99, NAN, 0.8],
        "auprc": [0.1, 0.5, 0.2, 0.9, NAN, 0.3],
    }
)


@pytest.mark.parametrize(
    ("metrics", "min_positives", "expected"),
    [
        (METRICS, 5, {"best": "b", "median": "c", "worst": "a"}),
        (METRICS[:3], 5, {"best": "b", "median": "c", "worst": "a"}),
        # Fewer than three targets, each once.
        (METRICS[:2], 5, {"best": "b", "worst": "a"}),
        (METRICS[:1], 5, {"best": "a"}),
        # If none has enough positives, all are candidates.
        (METRICS, 1000, {"best": "d", "median": "same (index 5)", "worst": "a"}),
    ],
)
def test_representative_targets_are_the_best_the_median_and_the_worst(
    metrics, min_positives, expected
):
    chosen = representative_targets(metrics, min_positives)
    assert dict(zip(chosen["role"], chosen["name"], strict=True)) == expected


def test_targets_by_name_and_by_index():
    assert named_targets(METRICS, ["c", 0])["index"].tolist() == [2, 0]
    assert named_targets(METRICS, [5])["name"].tolist() == ["same (index 5)"]
    assert named_targets(METRICS, [1, "b", 1])["index"].tolist() == [1]


def test_a_shared_name_selects_all_targets_with_metrics():
    shared = METRICS.assign(name=["same", *METRICS["name"][1:]])
    assert named_targets(shared, ["same"])["index"].tolist() == [0, 5]
    in_cells = METRICS.assign(cell_type=["K562"] * 5 + ["HeLa"])
    for chosen in (["same (HeLa)"], ["same"]):
        assert named_targets(in_cells, chosen)["name"].tolist() == ["same (HeLa)"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("none", "evaluate.curves: found 'none'; expected a name or an index"),
        (6, "0 … 5"),
        (4, "0 positive"),
    ],
)
def test_a_target_that_cannot_be_plotted_is_refused(target, message):
    with pytest.raises(InputError, match=message):
        named_targets(METRICS, [target])


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
    auroc, _ = auroc_and_average_precision(labels[:, None], scores[:, None])
    assert area == pytest.approx(auroc[0], abs=2e-3)
