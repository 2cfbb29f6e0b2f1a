"""From where to where an image's intensities reach, and where CLAHE's knots end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_histeq.core.arrays import run_of, steps_in, steps_of
from napari_histeq.core.clahe.knots import knots_for
from napari_histeq.core.clahe.outliers import (
    Tails,
    allowance,
    counting_mask,
    ends_of_bins,
    shows_none,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Source, Steps
    from napari_histeq.core.clahe.knots import Knots
    from napari_histeq.core.histogram import Histogram

    Mask = NDArray[np.bool_] | None
    Shape = tuple[int, ...]

#: A picture with no more even steps than 8 bit has is taken for one of 8 bit: it keeps its knots.
BYTE_STEPS = 255


class Extent(NamedTuple):
    """From where to where the intensities that count reach, and over how many even `steps`.

    Without `steps` integers have all levels between, and floats may lie anywhere. If there
    are outliers, the knots reach over `ends` only, and `steps` are those between these.
    """

    low: Any
    high: Any
    steps: int | None = None
    ends: tuple[Any, Any] | None = None

    def knots(self, nbins: int, dtype: np.dtype[Any]) -> Knots:
        """Where the tiles of an image of `dtype` are counted."""
        return knots_for(*(self.ends or self[:2]), nbins, dtype, self.steps)

    @property
    def may_have_outliers(self) -> bool:
        """Whether any could cost the other pixels their knots: not where each level has one."""
        return self.steps is None and self.ends is None and bool(self.low != self.high)


@dataclass
class Survey:
    """The extremes of blocks, and what is known of the steps between."""

    steps: Steps
    found: list[tuple[Any, Any]]

    def __add__(self, other: Survey) -> Survey:
        return Survey(self.steps + other.steps, self.found + other.found)


def extent_of(source: Source, nbins: int) -> Extent | None:
    """From where to where the values that count reach; None if there are none."""
    most = _most_steps(nbins)
    survey = source.sweep(partial(_start_survey, source.dtype, most), _add_to_survey)
    if not survey.found:
        return None
    low, high = min(f[0] for f in survey.found), max(f[1] for f in survey.found)
    return Extent(low, high, survey.steps.between(low, high, most))


def _most_steps(nbins: int) -> int:
    return max(nbins - 1, BYTE_STEPS)


def _start_survey(dtype: np.dtype[Any], most: int) -> Survey:
    return Survey(steps_of(dtype, most), [])


def _add_to_survey(survey: Survey, block: NDArray[Any], mask: Mask, _: Shape) -> None:
    survey.found.extend(_extremes_of(block, mask))
    if survey.steps.is_open:
        survey.steps.add(*run_of(block, mask))


def _extremes_of(block: NDArray[Any], mask: Mask) -> list[tuple[Any, Any]]:
    """Those of a block; none if nothing in it counts."""
    if mask is None:
        low, high = block.min(), block.max()
        if np.isfinite(low) and np.isfinite(high):
            return [(low, high)]
    values = block[counting_mask(block, mask)]
    return [(values.min(), values.max())] if values.size else []


def without_outliers(source: Source, extent: Extent, nbins: int) -> Extent:
    """The extent with the `ends` that outliers leave; itself if there are none.

    All pixels are looked at once more, and if there are outliers, twice.
    """
    tails = source.sweep(partial(Tails.empty, source.dtype, source.shape), Tails.visit)
    return _ended(extent, tails.ends, partial(_steps_between, source, _most_steps(nbins)))


def _ended(extent: Extent, ends: tuple[Any, Any], steps_between: Any) -> Extent:
    if ends[0] == ends[1] or ends == extent[:2]:
        return extent
    return extent._replace(ends=ends, steps=steps_between(ends))


def _steps_between(source: Source, most: int, ends: tuple[Any, Any]) -> int | None:
    start, visit = partial(steps_of, source.dtype, most), partial(_add_between, ends)
    steps: Steps = source.sweep(start, visit)
    return steps.between(*ends, most)


def _add_between(
    ends: tuple[Any, Any], steps: Steps, block: NDArray[Any], mask: Mask, _: Shape
) -> None:
    if steps.is_open:
        inside = (block >= ends[0]) & (block <= ends[1])
        steps.add(*run_of(block, inside if mask is None else inside & mask))


def extent_in(histogram: Histogram, nbins: int, robust: bool = False) -> Extent:
    """That of the pixels of a histogram that is not empty; with `robust` without outliers.

    These are told exactly where each bin is one level, and else to a bin.
    """
    low, high = histogram.range
    used, exact, most = histogram.populated, histogram.is_exact, _most_steps(nbins)
    below, above = histogram.bin_edges[used], histogram.levels[used]
    extent = Extent(low, high, steps_in(above, most) if exact else None)
    if not (robust and extent.may_have_outliers):
        return extent
    counts = histogram.counts.reshape(-1, histogram.nbins).sum(axis=0)[used]
    below = above if exact else below

    def steps_between(ends: tuple[Any, Any]) -> int | None:
        inside = above[(above >= ends[0]) & (above <= ends[1])]
        return steps_in(inside, most) if exact else None

    return _ended(extent, ends_of_bins(counts, below, above, (low, high)), steps_between)


def tells_outliers(histogram: Histogram) -> bool:
    """Whether `extent_in` tells exactly which pixels are outliers."""
    if histogram.is_exact:
        return True
    used = histogram.populated
    counts = histogram.counts.reshape(-1, histogram.nbins).sum(axis=0)[used]
    below, above = (a[used].astype(np.float64) for a in (histogram.bin_edges, histogram.levels))
    ends = (float(histogram.range[0]), float(histogram.range[1]))
    return shows_none(counts, below, above, allowance(int(counts.sum())), ends)
