"""The stage `plot_training`: figures of a training."""

import os

import pandas as pd

from noncoding.layout import figures
from noncoding.training.figures import draw_layers, draw_learning_curve
from noncoding.training.tables import learning_curve


def plot_training(
    metrics: str | os.PathLike[str],
    layers: str | os.PathLike[str],
    folder: str | os.PathLike[str],
) -> None:
    """Plot the learning curve, and a heat map of the layers.

    Parameters
    ----------
    metrics, layers : path
        Tables of the stage `train`: CSV log, and norms of each layer.
    folder : path
        Output folder.
    """
    curve, heat_map = figures("plot_training", folder)
    draw_learning_curve(learning_curve(pd.read_csv(metrics)), *curve)
    draw_layers(pd.read_csv(layers), *heat_map)
