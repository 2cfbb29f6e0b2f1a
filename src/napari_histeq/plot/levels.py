"""How many levels a histogram has, and why it is not flat: the honest words."""

from __future__ import annotations

import numpy as np

from napari_histeq.core.histogram import Histogram

#: Why a single curve leaves bars standing.
WHOLE_LEVELS = (
    "Why is it not perfectly flat? A curve moves whole levels: it can merge levels "
    "but never split them"
)
#: Of colors, whose levels a curve can split: what has one luminance is rounded to several.
WHOLE_LUMINANCES = (
    "Why is it not perfectly flat? The curve moves whole levels of luminance, and the colors that it "
    "makes are rounded and kept within their range."
)

#: Bins of floats: more than that follow the data, fewer were asked for by number.
MANY = 256


def one_plane(histogram: Histogram) -> Histogram:
    """A stack's histograms added up."""
    if histogram.counts.ndim == 1:
        return histogram
    counts = histogram.counts.reshape(-1, histogram.nbins).sum(axis=0)
    return Histogram(counts, histogram.bin_edges, histogram.levels)


def levels_used(histogram: Histogram) -> int | None:
    """How many different intensities occur; None if the bins do not tell them apart."""
    used = histogram.populated
    values = histogram.levels[used]
    if values.dtype.kind != "b" and np.any(histogram.bin_edges[used] != values):
        return None
    return int(np.count_nonzero(values[1:] != values[:-1])) + min(values.size, 1)  # they rise


def levels_text(histogram: Histogram, source: Histogram) -> str:
    """The number of levels used, or what can be said honestly; `source`: made from that one."""
    count = levels_used(histogram)
    if count is not None:
        return f"{count:,} levels" if count != 1 else "1 level"
    if source.levels.dtype.kind == "f" and histogram.nbins > MANY:
        return "continuous"
    return f"counted in {histogram.nbins:,} bins"


def why_not_flat(
    before: Histogram, after: Histogram, *, local: bool = False, flat: bool = False
) -> str:
    """The plain sentence that says why the histogram after is not perfectly flat.

    Parameters
    ----------
    before, after : Histogram
        Of the same pixels.
    local : bool
        Whether each place had a curve of its own; where levels can be counted, they tell.

    flat : bool
        Whether pixels were ranked, so that it is flat.

    Returns
    -------
    str
        With the numbers of levels, where they can be counted.
    """
    before, after = one_plane(before), one_plane(after)
    many, few = levels_used(before), levels_used(after)
    if not before.total:
        return "No pixel was counted, so there is nothing to equalize."
    if many == 1:
        return "All pixels share one level: there is no contrast to spread."
    if flat:
        return (
            "And here it really is flat: pixels of equal intensity were told apart by what is "
            "around them. In flat parts of the image that makes noise, and may make false patterns."
        )
    each = (
        "Why is it not perfectly flat? Each place has a curve of its own here: the contrast is "
        "spread around each pixel, not over the whole image."
    )
    if many is None or few is None:
        if local:
            return each
        return (
            "Why is it not perfectly flat? A curve moves whole levels: pixels of equal "
            "intensity stay equal, and between its knots the curve is straight."
        )
    if not _moved_whole(before, after):
        return f"{each} {many:,} levels became {few:,}."
    if few == many:
        return (
            f"{WHOLE_LEVELS}. All {many:,} levels were kept; only the distances between them "
            "changed."
        )
    if many - few == 1:
        return (
            f"{WHOLE_LEVELS}, and output values are whole numbers: {many:,} levels became {few:,}, "
            "because 1 was merged with a neighbor."
        )
    return (
        f"{WHOLE_LEVELS}, and output values are whole numbers: {many:,} levels became {few:,}, "
        f"because {many - few:,} were merged with a neighbor."
    )


def _moved_whole(before: Histogram, after: Histogram) -> bool:
    """Whether one rising curve made the one from the other: it keeps the counts below."""
    kept = np.cumsum(before.counts)[before.populated]
    made = np.cumsum(after.counts)[after.populated]
    place = np.minimum(np.searchsorted(kept, made), kept.size - 1)
    return bool(np.all(kept[place] == made))
