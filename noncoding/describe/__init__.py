"""The stage ``describe``: what the data looks like."""
