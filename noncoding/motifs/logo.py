"""A sequence logo in the style of all figures."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from tangermeme.plot import plot_logo

from noncoding.common.plot_style import BASE_COLOURS


def draw_logo(
    axes: Axes, heights: npt.NDArray[np.floating], limits: tuple[float, float] | None = None
) -> None:
    """Draw letters of given heights, shape=(4, width).

    A letter extends from the number of its column to the next. `limits` are the lowest and highest
    sum of heights, by default those of the logo; negative heights are below zero.
    """
    if heights.any():
        plot_logo(heights, ax=axes, color=BASE_COLOURS)
    axes.spines["bottom"].set_visible(False)
    axes.axhline(0, color="0.6", lw=0.5)
    if limits is None:  # Letters are stacked above and below the line.
        below, above = (side(heights, 0).sum(axis=0) for side in (np.minimum, np.maximum))
        limits = float(below.min()), float(above.max())
    axes.set(
        xlim=(-0.5, heights.shape[1] + 0.5),
        ylim=(1.05 * min(limits[0], 0.0), 1.05 * max(limits[1], 1e-9)),
    )
    # Without a power of ten above the axis.
    axes.yaxis.set_major_formatter("{x:g}")
