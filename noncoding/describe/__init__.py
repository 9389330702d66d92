"""The stage ``describe``: what the data looks like."""

from noncoding.describe.counts import SplitCounts, count_positives, count_split
from noncoding.describe.describe import DescriptionOutputs, describe

__all__ = ["DescriptionOutputs", "SplitCounts", "count_positives", "count_split", "describe"]
