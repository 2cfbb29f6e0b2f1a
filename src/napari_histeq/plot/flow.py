"""The transfer curve: over the histogram before, and as threads to the one after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb

from napari_histeq.plot.content import Content, moves

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from napari_histeq.core.transfer import TransferFunction
    from napari_histeq.plot.layout import Rect, Sizes
    from napari_histeq.plot.theme import Theme

    Floats = NDArray[np.float64]

#: A smooth step from 0 to 1, by which the threads run.
STEP = np.linspace(0, 1, 24)
SMOOTH = STEP**2 * (3 - 2 * STEP)


class Flow:
    """The strip between the two histograms: a thread from each bar to where it goes."""

    def __init__(self, figure: Figure, sizes: Sizes, theme: Theme) -> None:
        self.color, self.most = theme.curve, sizes.threads
        self.axes = Axes(figure, (0, 0, 1, 1), facecolor="none")
        self.axes.set_axis_off()
        self.axes.set(xlim=(0, 1), ylim=(0, 1), autoscale_on=False)
        figure.add_axes(self.axes)
        self.threads = LineCollection([], linewidths=0.7 * sizes.line, capstyle="butt")
        self.axes.add_collection(self.threads, autolim=False)
        (self.thread,) = self.axes.plot([], [], ls="-", lw=1.2 * sizes.line, color=theme.text)

    def place(self, rect: Rect) -> None:
        """Move the strip."""
        self.axes.set_position(rect)

    def show(
        self,
        curve: TransferFunction | None,
        before: Content,
        after: Content | None,
    ) -> None:
        """Draw the threads of a curve; none without one."""
        self.axes.set_visible(curve is not None and after is not None)
        if curve is None or after is None:
            return
        start, end, weight = moves(curve, before, after.view)
        if weight.size > self.most:  # the faintest could not be told apart
            kept = np.sort(np.argpartition(weight, -self.most)[-self.most :])
            start, end, weight = start[kept], end[kept], weight[kept]
        across = start[:, None] + (end - start)[:, None] * SMOOTH
        down = np.broadcast_to(1 - STEP, across.shape)
        self.threads.set_segments(list(np.stack([across, down], axis=-1)))
        self.threads.set_color(_faded(self.color, weight))  # type: ignore[arg-type]

    def point_at(self, start: float | None, end: float | None) -> None:
        """Mark the thread between two places (0 to 1), or none."""
        if start is None or end is None or not (0 <= start <= 1 and 0 <= end <= 1):
            self.thread.set_data([], [])
        else:
            self.thread.set_data(start + (end - start) * SMOOTH, 1 - STEP)


def _faded(color: str, weight: Floats) -> Floats:
    """One color, the fainter the fewer pixels it stands for."""
    rgba = np.empty((weight.size, 4))
    rgba[:, :3] = to_rgb(color)
    rgba[:, 3] = 0.12 + 0.88 * np.sqrt(weight / max(float(weight.max(initial=0)), 1e-300))
    return rgba
