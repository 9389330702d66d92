"""The stage ``sweep``: models, seeds and data sets beside each other."""

from noncoding.sweep.sweep import Run, SweepOutputs, sweep

__all__ = ["Run", "SweepOutputs", "sweep"]
