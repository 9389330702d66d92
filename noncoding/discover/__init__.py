"""The stage ``discover``: the motifs that a network has learned, matched to known ones."""

from noncoding.discover.discover import DiscoveryOutputs, Settings, discover

__all__ = ["DiscoveryOutputs", "Settings", "discover"]
