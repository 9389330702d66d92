"""The stage ``train``: from stores to an exported model."""

from noncoding.train.estimate import in_words, sequences_per_second
from noncoding.train.train import TrainingOutputs, train

__all__ = ["TrainingOutputs", "in_words", "sequences_per_second", "train"]
