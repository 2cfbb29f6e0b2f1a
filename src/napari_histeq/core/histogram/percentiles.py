"""The intensities between which all but a few per cent of the pixels lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import Interval
from napari_histeq.core.histogram.counting import bins_of
from napari_histeq.core.histogram.histogram import Histogram
from napari_histeq.core.histogram.rows import HistogramRows

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
    first, last, below, above = _ends(histogram, percent)
    low = _within(histogram, first, below, 1)
    high = _within(histogram, last, above, -1)
    return (low, high) if low <= high else (high, low)


def clipped_range(histogram: Histogram | HistogramRows, percent: float) -> tuple[Any, Any]:
    """The `saturation_limits`, or the whole range where these are one intensity."""
    if isinstance(histogram, HistogramRows):
        first, last, _ = _kept(histogram.counts, percent)
        found, whole = (histogram.levels_at(c) for c in (first, last)), histogram.range
        low, high = found
        narrow = low >= high
        return np.where(narrow, whole[0], low), np.where(narrow, whole[1], high)
    low, high = saturation_limits(histogram, percent)
    return (low, high) if low < high else histogram.range


def saturated_rows(rows: HistogramRows, percent: float) -> HistogramRows:
    """As `saturated`, of each row: of a level all pixels are clipped, or none."""
    first, last = (column[:, None] for column in _kept(rows.counts, percent)[:2])
    place = np.arange(rows.counts.shape[-1])
    kept = ((place >= first) & (place <= last)) | (first >= last)
    return HistogramRows(rows.counts * kept, rows.levels, rows.nbins)


def saturated(histogram: Histogram, percent: float) -> Histogram:
    """What is left of a histogram if `percent` of the pixels are clipped, half of them at each end.

    Those beyond the `saturation_limits` do not count. If these are one intensity (of a background
    that is nearly all of the image), nothing is clipped.
    """
    if not percent or not histogram.total:
        return histogram
    low, high = saturation_limits(histogram, percent)
    if not low < high:
        return histogram
    first, last, below, above = _ends(histogram, percent)
    counts, edges, levels = (
        part.copy() for part in (histogram.counts, histogram.bin_edges, histogram.levels)
    )
    counts[:first] = 0
    counts[last + 1 :] = 0
    if edges[first] != levels[first]:  # of a level, all pixels are clipped, or none
        counts[first] -= below
        edges[first] = low
    if edges[last] != levels[last]:
        counts[last] -= above
        levels[last] = edges[last + 1] = high
    if bins_of(levels.dtype) is not None:
        return Histogram(counts, edges, levels, histogram.cdf_error)
    kept = slice(first, last + 1)
    return Histogram(counts[kept], edges[first : last + 2], levels[kept], histogram.cdf_error)


def _ends(histogram: Histogram, percent: float) -> tuple[int, int, int, int]:
    """The first and the last bin that is not clipped, and how many pixels of each are."""
    counts = histogram.counts
    first, last, few = (int(found.item()) for found in _kept(counts, percent))
    below = few - int(counts[:first].sum())
    above = few - int(counts[last + 1 :].sum())
    return first, last, below, above


def _kept(counts: NDArray[np.int64], percent: float) -> tuple[NDArray[Any], ...]:
    """Along the last axis, the first and the last bin of which not all pixels are clipped.

    And how many pixels are clipped at either end, at most.
    """
    done = counts.cumsum(axis=-1)
    total = done[..., -1:]
    few = (total * percent / 200).astype(np.int64)
    return (done > few).argmax(axis=-1), (done >= total - few).argmax(axis=-1), few


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
