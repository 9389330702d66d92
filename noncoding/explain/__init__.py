"""The stage ``explain``: which bases drove a prediction, and how far that can be believed."""

from noncoding.explain.explain import ExplanationOutputs, Settings, explain

__all__ = ["ExplanationOutputs", "Settings", "explain"]
