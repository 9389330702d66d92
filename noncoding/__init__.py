"""Classify non-coding DNA: data, models, training, evaluation and attribution."""

from pathlib import Path

# In a file of its own, so that a new version number is no change of the code of any stage.
__version__ = Path(__file__).with_name("VERSION").read_text(encoding="utf-8").strip()
