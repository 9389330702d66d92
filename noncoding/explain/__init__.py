"""The stage ``explain``: which bases drove a prediction."""

from noncoding.explain.explain import ExplanationOutputs, explain

__all__ = ["ExplanationOutputs", "explain"]
