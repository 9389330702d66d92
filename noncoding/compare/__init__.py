"""The stage ``compare``: our models, baselines and published results, target by target."""

from noncoding.compare.compare import ComparisonOutputs, compare, versus

__all__ = ["ComparisonOutputs", "compare", "versus"]
