"""The stage ``sweep``: models, seeds and data sets beside each other."""
