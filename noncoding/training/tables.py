"""Read the training logs: learning curve and dead units."""

import numpy as np
import pandas as pd

LAYER_COLUMNS = ("step", "epoch", "layer", "weight_norm", "gradient_norm", "units", "dead_units")
EPOCH_METRICS = ("train_loss_epoch", "valid_loss", "valid_auroc", "valid_auprc")
"""Metrics that are logged at the end of each epoch."""
RECORDS_PER_EPOCH = 20
"""Records of the layers' norms per epoch, at most one per step."""


def learning_curve(metrics: pd.DataFrame) -> pd.DataFrame:
    """Loss and validation metrics by epoch.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Lightning's CSV log, possibly without the rows of some epochs.

    Returns
    -------
    pandas.DataFrame
        Index: epoch, from 1. Columns: train_loss, valid_loss, valid_auroc, valid_auprc.
    """
    curve = metrics.reindex(columns=["epoch", *EPOCH_METRICS]).groupby("epoch").last().dropna()
    curve.index = (curve.index + 1).astype(int)
    return curve.rename(columns={"train_loss_epoch": "train_loss"})


def dead_units(table: pd.DataFrame) -> pd.DataFrame:
    """Layers with units that were dead in all of the last `RECORDS_PER_EPOCH` records.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns `LAYER_COLUMNS`, see `noncoding.training.layer_statistics.LayerLog`.

    Returns
    -------
    pandas.DataFrame
        Index: layer, in descending order of the share of dead units. Columns: dead_units, the
        minimum of these records; units.
    """
    last = table[table["step"].isin(np.sort(table["step"].unique())[-RECORDS_PER_EPOCH:])]
    least = last.dropna(subset="dead_units").groupby("layer", sort=False)
    found = least[["dead_units", "units"]].min().astype(int).query("dead_units > 0")
    share = found["dead_units"] / found["units"]
    return found.loc[share.sort_values(ascending=False, kind="stable").index]
