"""The stage ``train``: from stores to an exported model."""

from noncoding.train.slurm import share_between_tasks
from noncoding.train.train import TrainingOutputs, train

__all__ = ["TrainingOutputs", "share_between_tasks", "train"]
