import numpy as np
from figure_checks import assert_legible, saved_by

from noncoding.evaluation.calibration import calibration, cooccurrence
from noncoding.evaluation.figures import draw_cooccurrence


def test_the_curve_of_calibrated_probabilities_is_the_diagonal():
    generator = np.random.default_rng(2)
    scores = generator.beta(0.3, 2, (40_000, 3))
    labels = (generator.random(scores.shape) < scores).astype(np.uint8)
    curve = calibration(labels, scores, [0, 2])
    assert curve.predictions.sum() == 80_000
    enough = curve.predictions > 500
    error = np.sqrt(curve.predicted * (1 - curve.predicted) / np.maximum(curve.predictions, 1))
    assert (np.abs(curve.observed - curve.predicted)[enough] < 4 * error[enough]).all()


def test_extreme_probabilities_are_plotted():
    # 90 loci close to 1, 910 close to 0, and 10 between, which are too few.
    scores = np.concatenate([np.full(90, 0.999), np.full(910, 1e-4), np.full(10, 0.5)])[:, None]
    labels = (scores > 0.9).astype(np.uint8)
    curve = calibration(labels, scores, [0])
    np.testing.assert_allclose(curve.predicted[curve.plotted], [0.999])
    assert curve.observed[curve.plotted].tolist() == [1]


def test_cooccurrence_is_the_correlation_of_labels(tmp_path):
    generator = np.random.default_rng(3)
    # Two targets depend on a shared variable; the third is independent.
    shared = generator.random(50_000)
    scores = np.stack([0.5 * shared, 0.8 * shared, generator.random(50_000)], axis=1)
    labels = (generator.random(scores.shape) < scores).astype(np.uint8)
    pairs = cooccurrence(labels, scores, [0, 1, 2])
    expected = np.corrcoef(labels.T)[np.triu_indices(3, 1)]
    np.testing.assert_allclose(pairs.observed, expected, atol=1e-4)
    # The labels are independent given the probabilities, so both agree.
    np.testing.assert_allclose(pairs.predicted, expected, atol=0.02)
    assert expected[0] > 0.1
    [figure] = saved_by(draw_cooccurrence, pairs, tmp_path / "pairs.png")
    assert_legible(figure)
