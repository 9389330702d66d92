"""The stage ``explain``: which bases drove a prediction, and how far that can be believed."""
