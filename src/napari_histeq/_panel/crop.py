"""The visible part of a layer with the tiles that CLAHE would lay over the whole image.

A tile and its neighbours are enough to know a pixel of CLAHE's result. So the crop is
widened by a tile on each side, and sampled so that the tiles of the whole image fall on
whole pixels of it, at the pyramid's displayed level or thinned out. What sticks out of the
image is masked, and does not count. Two pixels that nobody sees are given the extremes of
the whole image, as the bins of all tiles lie between these.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq import held, layers
from napari_histeq.core import Clahe, equalize
from napari_histeq.core._tiles import default_kernel

if TYPE_CHECKING:
    from napari.layers import Image
    from numpy.typing import NDArray

    from napari_histeq.task import Task


@dataclass(frozen=True, slots=True)
class Sampling:
    """Along one axis: which pixels of the displayed level are taken.

    Attributes
    ----------
    at : array of int
        Their indices; of those outside the image, the nearest.
    inside : array of bool
        Which of them lie in the image.
    kept : slice
        Those that are visible.
    kernel : int
        Size of a tile, in samples.
    start, step : float
        Where the first visible sample lies, and how far the next, in pixels of the level.
    """

    at: NDArray[np.intp]
    inside: NDArray[np.bool_]
    kept: slice
    kernel: int
    start: float
    step: float


def sampled(size: int, kernel: float, window: tuple[int, int], thinning: float) -> Sampling:
    """Samples of `window` and the tiles around it, of an axis of `size` pixels.

    `kernel`: pixels of a tile; `thinning`: about so many pixels become a sample.
    """
    tiles = max(int(np.ceil(size / kernel - 1e-6)), 1)
    per_tile = max(int(np.ceil(kernel / thinning - 1e-6)), 1)
    step = kernel / per_tile
    edge = (size - tiles * kernel) / 2  # of the first tile, which may stick out
    edge = float(np.floor(edge + 0.5)) if step == 1 else edge
    first = max(int((window[0] - edge) // kernel) - 1, 0)
    last = min(int(-((edge - window[1]) // kernel)) + 1, tiles)
    middles = edge + first * kernel + (np.arange((last - first) * per_tile) + 0.5) * step
    at = np.floor(middles).astype(np.intp)
    seen = np.flatnonzero((at >= max(window[0], 0)) & (at < min(window[1], size)))
    kept = slice(int(seen[0]), int(seen[-1]) + 1)
    inside = (at >= 0) & (at < size)
    start = float(middles[kept.start]) - 0.5
    return Sampling(np.clip(at, 0, size - 1), inside, kept, per_tile, start, step)


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """What to read and equalize, on a worker's thread.

    Attributes
    ----------
    level : array
        The displayed level, or its slice.
    point : tuple of int
        Where to read it on the axes that are not displayed.
    rows, columns : Sampling
    task : Task
        How to equalize it.
    extremes : (float, float)
        The least and the greatest intensity of the whole image.
    """

    level: Any
    point: tuple[int, ...]
    rows: Sampling
    columns: Sampling
    task: Task
    extremes: tuple[float, float]

    def equalized(self) -> NDArray[Any]:
        """The visible part of the result."""
        rows, columns = self.rows.at, self.columns.at
        box = tuple(slice(int(at[0]), int(at[-1]) + 1) for at in (rows, columns))
        read = np.asarray(self.level[(*self.point, *box)])
        pixels = np.ascontiguousarray(read[np.ix_(rows - rows[0], columns - columns[0])])
        inside = np.logical_and.outer(self.rows.inside, self.columns.inside)
        self._plant(pixels, inside)
        task = self.task
        out = equalize(
            pixels, task.method, mask=None if inside.all() else inside,
            channel_axis=-1 if task.channel_axis is not None else None,
            out_range=task.out_range, strength=task.strength,
        )  # fmt: skip
        return np.asarray(out[self.rows.kept, self.columns.kept])

    def _plant(self, pixels: NDArray[Any], inside: NDArray[np.bool_]) -> None:
        """Put the extremes into two pixels out of sight, if there are some."""
        hidden = np.ones(inside.shape, np.bool_)
        hidden[self.rows.kept, self.columns.kept] = False
        places = np.argwhere(hidden)[:2]  # of the first tile
        if len(places) < 2:
            return  # all of the image is here
        for (row, column), value in zip(places, self.extremes, strict=True):
            pixels[row, column] = value
            inside[row, column] = True

    @property
    def place(self) -> NDArray[np.float64]:
        """From the result's pixels to those of the level."""
        place = np.eye(3)
        for axis, sampling in enumerate((self.rows, self.columns)):
            place[axis, axis], place[axis, 2] = sampling.step, sampling.start
        return place


def crop_of(
    source: Image,
    task: Task,
    point: tuple[float, ...],
    extremes: tuple[float, float],
    most: int,
) -> Crop | None:
    """The visible part for CLAHE in about `most` samples; None for another method.

    `point` is where the viewer stands, in the layer's data; `extremes` are the least and
    the greatest intensity of the whole image.
    """
    method = task.method
    if not isinstance(method, Clahe) or method.convention != "centered":
        return None
    finest = layers.pixels_of(source)
    kernel = _kernel(method, task, finest.shape, source.ndim)
    factors = np.ones(source.ndim)
    level: Any = held.slice_of(source)
    at: tuple[int, ...] = ()
    if source.multiscale:
        factors = np.asarray(source.downsample_factors)[source.data_level]
        level = source.data[source.data_level]
        places = np.rint(np.asarray(point) / factors).astype(int)[:-2]
        at = tuple(int(p) for p in np.clip(places, 0, np.array(level.shape[: len(places)]) - 1))
    sizes = level.shape[len(at) :][:2]
    windows = [
        (w.start or 0, size if w.stop is None else min(w.stop, size))
        for w, size in zip(held.visible_window(source), sizes, strict=True)
    ]
    thinning = max(np.sqrt(np.prod([stop - start for start, stop in windows]) / most), 1.0)
    rows, columns = (
        sampled(size, min(k / factor, size), window, thinning)
        for size, k, factor, window in zip(sizes, kernel, factors[-2:], windows, strict=True)
    )
    how = replace(method, kernel_size=(rows.kernel, columns.kernel))
    return Crop(level, at, rows, columns, replace(task, method=how), extremes)


def _kernel(method: Clahe, task: Task, shape: tuple[int, ...], ndim: int) -> tuple[int, int]:
    """Pixels of a tile along the last two axes of the finest level."""
    given, plane = method.kernel_size, shape[ndim - 2 : ndim]
    if given is None:
        rows, columns = default_kernel(plane)
    elif isinstance(given, int):
        rows = columns = given
    else:
        spanned = list(range(ndim)) if task.axes is None else [a % ndim for a in task.axes]
        size = dict(zip(spanned, given, strict=False))
        rows, columns = (size.get(ndim - 2 + i, plane[i]) for i in range(2))
    return min(rows, plane[0]), min(columns, plane[1])
