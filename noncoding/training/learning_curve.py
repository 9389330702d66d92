"""The learning curve, from the CSV log."""

import os

import pandas as pd

from noncoding.common.plot_style import COLOURS, saved_figure


def learning_curve(
    metrics: pd.DataFrame, known: dict[int, dict[str, float]] | None = None
) -> pd.DataFrame:
    """Loss and validation figures by epoch.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Lightning's CSV log; a loss of power may have cost some of it.
    known : dict, optional
        Epoch, from 1, → its figures, under the names of the log.

    Returns
    -------
    pandas.DataFrame
        Index: epoch, from 1. Columns: train_loss, valid_loss, valid_auroc,
        valid_auprc.
    """
    columns = {"train_loss_epoch": "train_loss"} | {
        name: name for name in ("valid_loss", "valid_auroc", "valid_auprc")
    }
    curve = metrics.reindex(columns=["epoch", *columns]).groupby("epoch").last()
    curve.index = (curve.index + 1).astype(int)
    for epoch, figures in (known or {}).items():
        curve.loc[epoch] = pd.Series(figures)
    return curve.rename(columns=columns).sort_index().dropna()


def draw_learning_curve(curve: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Draw a learning curve, made by `learning_curve`, and save it."""
    best = curve["valid_auprc"].idxmax()
    with saved_figure(*paths, size=(8, 3.4)) as figure:
        figure.suptitle(
            f"Best after epoch {best} of {curve.index[-1]}: validation AUPR "
            f"{curve.loc[best, 'valid_auprc']:.3f}, AUROC {curve.loc[best, 'valid_auroc']:.3f}",
            x=0.01,
            ha="left",
        )
        loss, quality = figure.subplots(1, 2)
        loss.plot(curve["train_loss"], "o-", label="training", color=COLOURS[0])
        loss.plot(curve["valid_loss"], "s--", label="validation", color=COLOURS[1])
        loss.set(xlabel="epoch", ylabel="binary cross-entropy (nats)")
        loss.legend()
        quality.plot(curve["valid_auprc"], "o-", label="AUPR", color=COLOURS[2])
        quality.plot(curve["valid_auroc"], "s--", label="AUROC", color=COLOURS[3])
        quality.set(xlabel="epoch", ylabel="validation, mean over targets", ylim=(0, 1.05))
        quality.legend()
        for axes in (loss, quality):
            axes.axvline(best, color="0.8", zorder=0)
            axes.xaxis.get_major_locator().set_params(integer=True)
