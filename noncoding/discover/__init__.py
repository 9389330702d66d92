"""The stage ``discover``: the motifs that a network has learned, matched to known ones."""
