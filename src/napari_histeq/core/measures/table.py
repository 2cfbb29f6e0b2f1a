"""All measures before and after, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_histeq.core.arrays import ArraySource
from napari_histeq.core.histogram import Histogram, count
from napari_histeq.core.measures.histograms import summary
from napari_histeq.core.measures.images import of_images, pair

if TYPE_CHECKING:
    from napari_histeq.core.measures.histograms import Limits


def table(before: Any, after: Any, limits: Limits = None) -> list[dict[str, Any]]:
    """The measures before and after, as rows: for a loop, a csv.DictWriter or a data frame.

    Parameters
    ----------
    before, after : Histogram, or (...) arrays of one shape and dtype
        Of images there are also the measures that take the pixels themselves.
    limits : (float, float), optional
        As in `summary`.

    Returns
    -------
    list of dict
        ``{"measure": name, "before": value, "after": value}``.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_histeq import equalize
    >>> image = np.arange(100, dtype=np.uint8).reshape(10, 10)
    >>> table(image, equalize(image))[0]
    {'measure': 'levels_used', 'before': 100, 'after': 100}
    """
    if isinstance(before, Histogram) or isinstance(after, Histogram):
        found = summary(before, after, limits)
    else:
        one, other = pair(before, after)
        found = summary(count(ArraySource(one, None)), count(ArraySource(other, None)), limits)
        found |= of_images(one, other)
    return [{"measure": name, "before": b, "after": a} for name, (b, a) in found.items()]
