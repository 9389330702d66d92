"""The stage ``evaluate``: how well the test split is predicted."""

from noncoding.evaluate.evaluate import EvaluationOutputs, evaluate
from noncoding.evaluate.tables import summarise, target_metrics

__all__ = ["EvaluationOutputs", "evaluate", "summarise", "target_metrics"]
