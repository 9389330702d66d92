"""The stage ``predict``: strand-averaged probabilities of a split."""

from noncoding.predict.predict import device, devices, predict, strand_averaged
from noncoding.predictions import read_predictions

__all__ = ["device", "devices", "predict", "read_predictions", "strand_averaged"]
