"""Classify non-coding DNA: data, models, evaluation and explanation."""

__version__ = "0.1.0"
