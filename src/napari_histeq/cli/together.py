"""What the histograms of many files have in common: one curve for all, or a standard."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.batch import Refused
from napari_histeq.core import Histogram, Standard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_histeq.core import TransferFunction

#: Levels between the least and the greatest intensity of all files: a table of more is not made.
MOST_LEVELS = 1 << 24


def curve_of_all(counted: Sequence[Mapping[str, Any]]) -> TransferFunction:
    """The curve of files that were counted one by one.

    Raises
    ------
    Refused
        If one curve cannot do it: colors, planes of their own, no single curve, floats.
    """
    recipes = [entry["recipe"] for entry in counted]
    recipe = recipes[0]
    if any(other != recipe for other in recipes):
        raise Refused("--together: the files hold colors, planes or bits of different kinds")
    if recipe.channel_axis is not None:
        raise Refused("--together: the files hold colors, which have no curve in common")
    if recipe.each_label:
        raise Refused("--together and --labels do not go together: leave one of them out")
    if recipe.inside:
        raise Refused("--together and --inside do not go together: leave one of them out")
    if not recipe.one_curve:
        raise Refused(
            f"--together needs one curve for the whole image: {type(recipe.method).__name__}"
            f"{' with --axes' if recipe.axes is not None else ''} has several"
        )
    whole = reduce(_joined, [entry["histogram"] for entry in counted])
    if not whole.total:
        raise Refused("--together: no pixel of any file counts")
    return recipe.curve(whole)  # type: ignore[no-any-return]


def _joined(one: Histogram, other: Histogram) -> Histogram:
    """The histogram of both; of integers with a bin for each level also if their ranges differ."""
    if one.levels.dtype != other.levels.dtype:
        raise Refused(
            f"--together: the files are {one.levels.dtype} and {other.levels.dtype}: "
            "one curve needs one dtype"
        )
    if np.array_equal(one.bin_edges, other.bin_edges):
        return one + other
    kinds = {h.levels.dtype.kind for h in (one, other)}
    if not kinds <= set("iu") or not all((h.bin_widths == 1).all() for h in (one, other)):
        raise Refused(
            f"--together: files of {one.levels.dtype} with so many levels are counted in bins of "
            "their own: call napari_histeq.equalize_together from Python"
        )
    low = min(int(h.levels[0]) for h in (one, other))
    high = max(int(h.levels[-1]) for h in (one, other))
    if high - low >= MOST_LEVELS:
        raise Refused(f"--together: {high - low + 1:,} levels are too many for one table")
    counts = np.zeros(high - low + 1, np.int64)
    for h in (one, other):
        start = int(h.levels[0]) - low
        counts[start : start + h.nbins] += h.counts
    levels = np.arange(low, high + 1).astype(one.levels.dtype)
    return Histogram(counts, np.arange(low, high + 2).astype(one.bin_edges.dtype), levels)


def learned(
    histograms: Sequence[Any], percentiles: tuple[float, ...], scale: tuple[float, ...], units: str
) -> str:
    """The JSON text of the standard, or a refusal in words."""
    if len(scale) != 2:
        raise Refused(f"--scale has {len(scale)} numbers: give two, such as 0,100")
    try:
        low, high = scale
        found = Standard.learn(histograms, percentiles, scale=(low, high), units=units)
    except ValueError as error:
        raise Refused(str(error)) from None
    return found.to_json() + "\n"
