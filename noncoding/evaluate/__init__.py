"""The stage ``evaluate``: how well the test split is predicted."""

from noncoding.evaluate.evaluate import EvaluationOutputs, evaluate
from noncoding.evaluate.metrics import auroc, average_precision
from noncoding.evaluate.tables import summarise, target_metrics

__all__ = [
    "EvaluationOutputs",
    "auroc",
    "average_precision",
    "evaluate",
    "summarise",
    "target_metrics",
]
