"""Histograms before and after, drawn by matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core import Histogram, TransferFunction


class Theme:
    """Stub until the plot lands."""

    @staticmethod
    def of(name: str, **_: str) -> str:
        """The name."""
        return name


def render(
    before: Histogram,
    after: Histogram | None,
    *,
    curve: TransferFunction | None = None,
    title: str,
    theme: Any = "dark",
    unit: str = "",
    footer: str = "",
    width: int = 2400,
    **_: Any,
) -> NDArray[np.uint8]:
    """Draw the counts before and after; (H, W, 4)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), dpi=width / 8)
    canvas = FigureCanvasAgg(figure)
    found = [h for h in (before, after) if h is not None]
    for axes, histogram in zip(figure.subplots(len(found), squeeze=False)[:, 0], found):
        axes.bar(histogram.bin_centers, histogram.counts, histogram.bin_widths)
    figure.suptitle(title)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()
