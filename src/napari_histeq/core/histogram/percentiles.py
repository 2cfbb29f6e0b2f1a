"""The intensities between which all but a few per cent of the pixels lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_histeq.core.arrays import Interval

if TYPE_CHECKING:
    from napari_histeq.core.histogram.histogram import Histogram


def saturation_limits(histogram: Histogram, percent: float) -> tuple[Any, Any]:
    """The range that is left if `percent` of the pixels are clipped, half of them at each end.

    By the rule of ImageJ's contrast enhancer [1]_: the least (greatest) level that more than
    ``int(total * percent / 200)`` pixels are not above (not below). So never more pixels are
    clipped than asked for, and of levels that many pixels share, fewer. In a bin that is wider
    than a level, pixels are taken as evenly spread; no such bin holds more than 1/2048 of them.

    Parameters
    ----------
    histogram : Histogram
        1-D, of at least one pixel.
    percent : float
        0 (nothing is clipped) to less than 100.

    Returns
    -------
    low, high
        Of the dtype of the levels; `low` is not above `high`.

    References
    ----------
    .. [1] W. Rasband, ImageJ, ``ij.plugin.ContrastEnhancer``: the documentation of
       Process > Enhance Contrast, https://imagej.net/ij/docs/menus/process.html#enhance.
    """
    few = int(histogram.total * percent / 200)
    done = histogram.counts.cumsum()
    first = int((done > few).argmax())
    last = int((done >= histogram.total - few).argmax())
    below = few - int(done[first] - histogram.counts[first])
    above = few - (histogram.total - int(done[last]))
    low = _within(histogram, first, below, 1)
    high = _within(histogram, last, above, -1)
    return (low, high) if low <= high else (high, low)


def _within(histogram: Histogram, which: int, pixels: int, sign: int) -> Any:
    """The intensity that so many of a bin's pixels lie beyond: from its start (1) or its end."""
    start, end = histogram.bin_edges[which], histogram.levels[which]
    if start == end or not pixels:
        return end if sign < 0 or start == end else end.dtype.type(start)
    part = pixels / int(histogram.counts[which])
    place = part if sign > 0 else 1.0 - part
    if end.dtype.kind in "iu":  # whole numbers, of 64 bit too
        return end.dtype.type(int(start) + round((int(end) - int(start)) * place))
    return end.dtype.type(Interval(start, end).at(place))
