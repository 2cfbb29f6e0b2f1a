"""How the planes of a stack, as rows of pixels of 8 or 16 bit, are equalized in few calls of loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from napari_histeq.core.arrays import bits_of, order_of
from napari_histeq.core.histogram import FEW_PIXELS, HistogramRows, float_bins

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pixels = NDArray[Any]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

#: Levels for which numpy makes curves at once: what it keeps of them stays in a cache.
CURVE_LEVELS = 1 << 16


#: Pixels that a compiled loop counts in a plane at most.
MOST_PIXELS = (1 << 31) - 1


class StackRule(Protocol):
    """How to equalize rows of pixels, each of which is a plane.

    If there are `least` of them, and each has no more than `most` pixels.
    """

    @property
    def least(self) -> int:
        """See `StackRule`."""

    @property
    def most(self) -> int:
        """See `StackRule`."""

    def run(self, planes: Pixels, mask: Pixels, out: Pixels, counted: Flags, left: Flags) -> None:
        """Equalize `planes` into `out`; where the mask (bytes; maybe empty) is 0 no pixel counts.

        `counted` takes in which rows any does, `left` which have to be equalized by themselves.
        """


class CompiledRule(NamedTuple):
    """The whole of it by one compiled loop: see `kernels.planes`.

    The results are between `low` and `high`; or `by_image`, between the extremes of what counts in
    the plane. One small plane is quickest that way too: most of its time is what Python does around it.
    """

    by_min: bool
    by_image: bool
    low: float
    high: float
    strength: float
    least: int = 1
    most: int = MOST_PIXELS

    def run(
        self,
        planes: Pixels,
        mask: Pixels,
        out: Pixels,
        counted: Flags,
        left: Flags,  # noqa: ARG002  (none is)
    ) -> None:
        """See `StackRule`."""
        from napari_histeq.core import kernels

        loops = kernels.planes
        loop = loops.equalize_bytes if planes.itemsize == 1 else loops.equalize_shorts
        lowest = int(np.iinfo(planes.dtype).min)
        how = (int(self.by_min), int(self.by_image), self.low, self.high, self.strength, lowest)
        loop(bits_of(planes), mask, bits_of(out), counted, *how)


class FloatsRule(NamedTuple):
    """The same, of floats: see `kernels.floats`. Of large planes a tree is quicker.

    And a few are done before the loop is compiled, which takes seconds.
    """

    by_image: bool
    low: float
    high: float
    least: int = 16
    most: int = FEW_PIXELS

    def run(self, planes: Pixels, mask: Pixels, out: Pixels, counted: Flags, left: Flags) -> None:
        """See `StackRule`."""
        from napari_histeq.core import kernels

        loop: Any = kernels.floats.equalize_floats
        how = (*float_bins(planes.dtype), int(self.by_image), self.low, self.high)
        loop(bits_of(planes), planes, mask, order_of(planes.dtype), *how, out, counted, left)


class CurvesRule(NamedTuple):
    """Loops count and map; between, `curves` makes those of many planes in numpy.

    Of histograms, a row each, it returns what the levels become, before rounding. A row that
    decreases, or has a NaN, is left: its plane is to be done by itself, or to say what is wrong.
    """

    curves: Callable[[HistogramRows], Floats]
    strength: float
    least: int = 2
    most: int = MOST_PIXELS

    def run(self, planes: Pixels, mask: Pixels, out: Pixels, counted: Flags, left: Flags) -> None:
        """See `StackRule`."""
        rows, levels = _counted(planes, mask)
        used = np.count_nonzero(rows.counts, axis=-1)
        counted[:] = used > 0
        step = max(CURVE_LEVELS // rows.counts.shape[1], 1)
        for some in _runs(used > 1, step):
            in_order = np.empty(some.stop - some.start, np.bool_)
            y = np.ascontiguousarray(self.curves(_part(rows, some)))
            _map(planes[some], levels[some], y, self.strength, out[some], in_order)
            left[some] = ~in_order
        out[used < 2] = planes[used < 2]


def _counted(planes: Pixels, mask: Pixels) -> tuple[HistogramRows, Pixels]:
    """The histogram of each row; and its levels in rows that may be longer (16 bit)."""
    from napari_histeq.core import kernels

    info, number = np.iinfo(planes.dtype), len(planes)
    lowest = int(info.min)
    if planes.itemsize == 1:
        counts = np.empty((number, 256), np.int64)
        kernels.rows.count_bytes(bits_of(planes), mask, lowest, counts)
        known = np.arange(lowest, lowest + 256).astype(planes.dtype)
        return HistogramRows(counts, known, 256), np.empty((number, 0), planes.dtype)
    shape = (number, min(planes.shape[1], 1 << 16) + 1)
    levels, counts = np.empty(shape, np.uint16), np.empty(shape, np.int64)
    sizes = np.empty(number, np.int64)
    kernels.rows.count_shorts(bits_of(planes), mask, lowest, levels, counts, sizes)
    most = int(sizes.max())
    known = levels.view(planes.dtype)
    return HistogramRows(counts[:, :most], known[:, :most], 1 << 16), known


def _map(
    planes: Pixels, levels: Pixels, y: Floats, strength: float, out: Pixels, in_order: Flags
) -> None:
    """Map rows by the values of their levels."""
    from napari_histeq.core import kernels

    lowest, how = int(np.iinfo(planes.dtype).min), (bits_of(out), in_order)
    if planes.itemsize == 1:
        kernels.rows.map_bytes(bits_of(planes), y, strength, lowest, *how)
    else:
        kernels.rows.map_shorts(bits_of(planes), bits_of(levels), y, strength, lowest, *how)


def _runs(wanted: Flags, most: int) -> list[slice]:
    """Runs of rows that are wanted, of so many at most."""
    edges = np.flatnonzero(np.diff(wanted, prepend=False, append=False)).tolist()
    ends = zip(edges[::2], edges[1::2], strict=True)
    return [
        slice(start, min(start + most, stop))
        for first, stop in ends
        for start in range(first, stop, most)
    ]


def _part(rows: HistogramRows, some: slice) -> HistogramRows:
    """Some rows."""
    levels = rows.levels if rows.levels.ndim == 1 else rows.levels[some]
    return HistogramRows(rows.counts[some], levels, rows.nbins)
