"""The stage ``baseline``: GC content, short words and known motifs, for comparison."""

from noncoding.baseline.baseline import BASELINES, baseline

__all__ = ["BASELINES", "baseline"]
