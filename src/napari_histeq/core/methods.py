"""The methods: one frozen dataclass each; its options are its fields.

A curve method turns a histogram into the values of a transfer function at the
histogram's levels. ``C`` is the inclusive cumulative count (or weight), ``N`` its
total, ``lo`` and ``hi`` the range of the output.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from napari_histeq.core._options import Method, Option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram

    Floats = NDArray[np.float64]

Convention = Literal["cdf", "cdf_min", "midpoint", "pillow"]


class CurveMethod(Method):
    """A method that is a single curve for all pixels that share a histogram."""

    __slots__ = ()

    @abstractmethod
    def curve(self, histogram: Histogram, low: float, high: float) -> Floats:
        """What the levels of a 1-D histogram become, within `low` to `high`.

        Returns
        -------
        (nbins,) array of float64
            Not decreasing, not yet rounded.
        """


@dataclass(frozen=True, slots=True)
class Global(CurveMethod):
    """Histogram equalization: ``lo + C / N * (hi - lo)`` [1]_.

    Parameters
    ----------
    convention : {"cdf", "cdf_min", "midpoint", "pillow"}
        Where in its bin the cdf is taken. ``"cdf"`` is the textbook's inclusive
        ``C / N``; ``"cdf_min"``, ``(C - C0) / (N - C0)`` with ``C0`` the count of the
        darkest level, sends that level to `lo` and equals OpenCV's ``equalizeHist``;
        ``"midpoint"`` takes the middle of each bin, as ImageJ does; ``"pillow"``
        excludes the bin itself, and equals Pillow's ``ImageOps.equalize``.
    power : float
        The counts are raised to this power first, > 0 and <= 1; 0.5, the square
        root, is ImageJ's default and gentler than 1.
    plateau : float
        The counts are capped at this multiple of the mean count of the populated
        levels first [2]_; infinity caps nothing, less equalizes less.

    References
    ----------
    .. [1] R. C. Gonzalez and R. E. Woods, "Digital Image Processing", section 3.3.
    .. [2] V. E. Vickers, "Plateau equalization algorithm for real-time display of
       high-quality infrared imagery", Optical Engineering 35(7), 1996.
    """

    name: ClassVar[str] = "global"
    summary: ClassVar[str] = "Spreads the intensities evenly: one curve for the whole image."

    convention: Annotated[
        Convention,
        Option("Where in its bin the cdf is taken: textbook, OpenCV, ImageJ or Pillow"),
    ] = "cdf"
    power: Annotated[
        float,
        Option("Counts are raised to this power; 0.5 is ImageJ's gentler square root", gt=0, le=1),
    ] = 1.0
    plateau: Annotated[
        float,
        Option(
            "Counts are capped at this multiple of the mean count; infinite caps nothing", gt=0
        ),
    ] = math.inf

    def curve(self, histogram: Histogram, low: float, high: float) -> Floats:
        """See `CurveMethod.curve`."""
        weights = self._weights(histogram.counts)
        return _CONVENTIONS[self.convention](weights, low, high)

    def _weights(self, counts: NDArray[np.int64]) -> NDArray[Any]:
        if self.power == 1.0 and math.isinf(self.plateau):
            return counts
        cap = self.plateau * counts.sum() / np.count_nonzero(counts)
        return np.minimum(counts, cap) ** self.power


def scaled(fractions: Floats, low: float, high: float) -> Floats:
    """Fractions from 0 to 1 put between `low` and `high`, without overflow."""
    if low == 0:
        return fractions * high
    return low * (1.0 - fractions) + high * fractions


def _cdf(weights: NDArray[Any], low: float, high: float) -> Floats:
    # 8 bit: literally the procedure of the textbook, pdf before cdf: where C / N * 255
    # is a tie, the order of the operations decides how it is rounded. With more levels
    # the sum of so many rounded quotients would drift; there it is the exact C / N.
    if weights.size <= 256:
        return scaled((weights / weights.sum()).cumsum(), low, high)
    total = weights.cumsum()
    return scaled(total / total[-1], low, high)


def _cdf_min(weights: NDArray[Any], low: float, high: float) -> Floats:
    first = int(np.flatnonzero(weights)[0])
    above = weights.cumsum() - weights[first]
    above[:first] = 0
    if high - low == 255 and weights.size == 256:
        # OpenCV's single precision, for the same bits.
        scale = np.float32(255) / np.float32(above[-1])
        return low + (above.astype(np.float32) * scale).astype(np.float64)
    return scaled(above / above[-1], low, high)


def _midpoint(weights: NDArray[Any], low: float, high: float) -> Floats:
    total = weights.cumsum()
    middle = 2.0 * total - weights - weights[0]
    middle[0] = 0.0
    return scaled(middle / middle[-1], low, high)


def _pillow(weights: NDArray[Any], low: float, high: float) -> Floats:
    before = weights.cumsum() - weights
    last = int(np.flatnonzero(weights)[-1])
    span = high - low
    if weights.dtype.kind != "i" or weights.size - 1 != span:
        return scaled(np.minimum(before / before[last], 1.0), low, high)
    step = int(before[last] // span)
    if step == 0:  # too few pixels for a step of one: Pillow leaves such an image alone
        return np.arange(weights.size, dtype=np.float64) + low
    return low + np.minimum(span, (step // 2 + before) // step).astype(np.float64)


_CONVENTIONS = {"cdf": _cdf, "cdf_min": _cdf_min, "midpoint": _midpoint, "pillow": _pillow}

METHODS: Mapping[str, type[Method]] = {method.name: method for method in (Global,)}
