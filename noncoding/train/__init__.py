"""The stage ``train``: from stores to an exported model."""

from noncoding.train.train import TrainingOutputs, train

__all__ = ["TrainingOutputs", "train"]
