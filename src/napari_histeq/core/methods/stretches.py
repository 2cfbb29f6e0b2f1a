"""Stretches: the same formula for every image, from its least to its greatest intensity.

Histogram equalization looks at how often each intensity occurs; these do not, but for where the
range ends. ``t`` is the place of an intensity between these ends, 0 to 1; ``lo`` and ``hi`` the
range of the output.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np

from napari_histeq.core.arrays import Interval
from napari_histeq.core.histogram import clipped_range
from napari_histeq.core.methods.options import Option
from napari_histeq.core.methods.single import CurveMethod

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram

    Floats = NDArray[np.float64]

#: Between two knots a curve rises by no more than one of so many parts of its range.
STEPS = 4096

#: The greatest float64.
_MOST = float(np.finfo(np.float64).max)

#: Below this a logarithm is its line, to the last bits of a float64.
_STRAIGHT = 1e-9


class StretchMethod(CurveMethod):
    """A method that is a formula of the place between the ends of the range."""

    __slots__ = ()
    group: ClassVar[str] = "stretch"
    cost: ClassVar[str] = "as Global; no regard to how often an intensity occurs"

    @property
    def along_rows(self) -> bool:
        """See `CurveMethod`."""
        return True

    def ends(self, histogram: Histogram) -> tuple[Any, Any]:
        """The intensities that become the ends of the range of the output."""
        return histogram.range

    @abstractmethod
    def stretched(self, places: Floats) -> Floats:
        """What becomes of places from 0 to 1: 0 and 1 stay."""

    @abstractmethod
    def restored(self, places: Floats) -> Floats:
        """The inverse of `stretched`."""

    def curve(self, histogram: Histogram, low: float, high: float) -> Floats:
        """See `CurveMethod.curve`."""
        return self._at(histogram.levels, self.ends(histogram), low, high)

    def counts_levels(self, dtype: np.dtype[Any]) -> bool:  # noqa: ARG002  (one for all)
        """See `CurveMethod`: a formula of the place does not."""
        return False

    def knots(self, histogram: Histogram, low: float, high: float) -> tuple[NDArray[Any], Floats]:
        """See `CurveMethod.knots`: where bins are no levels, dense enough for the formula.

        Between two knots the curve rises by at most ``1 / STEPS`` of the range, so that it is
        no farther from the formula; where it is smooth, by the square of that.
        """
        levels, ends = histogram.levels, self.ends(histogram)
        if levels.dtype.kind != "f" and bool(np.all(histogram.bin_widths == 1)):
            return levels, self.curve(histogram, low, high)
        x = _between(*ends, self.restored(np.linspace(0.0, 1.0, STEPS + 1)))
        if histogram.is_exact:
            x = np.union1d(x, levels[histogram.populated])
        return x, self._at(x, ends, low, high)

    def _at(self, x: NDArray[Any], ends: tuple[Any, Any], low: float, high: float) -> Floats:
        y = Interval(low, high).at(self.stretched(Interval(*ends).place(x)))
        # Nearly always in order already; a row of many that is not is done by itself.
        if y.ndim > 1 or (y[1:] >= y[:-1]).all():
            return y
        return np.maximum.accumulate(y)


def _between(low: Any, high: Any, places: Floats) -> NDArray[Any]:
    """Intensities at places, each with its neighbors: of the dtype of `low` and `high`, in order."""
    dtype = np.asarray(high).dtype
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            near = Interval(low, high).at(places).astype(dtype)
            found = [near, np.nextafter(near, high), np.nextafter(near, low)]
    else:
        info = np.iinfo(dtype)
        # Python's integers: neighbors of 64 bit may be the same float.
        span = int(high) - int(low)
        exact = [int(low) + int(span * place) for place in places.tolist()]
        found = [
            np.array([min(max(n + step, info.min), info.max) for n in exact], dtype)
            for step in (0, 1)
        ]
    ends = np.array([low, high], dtype)
    return np.unique(np.clip(np.concatenate([*found, ends]), *ends))


@dataclass(frozen=True, slots=True)
class Stretch(StretchMethod):
    """A linear stretch between percentiles: ``lo + t * (hi - lo)``.

    ``t`` is 0 up to the lower percentile and 1 from the upper one on. Per cent and ends are
    ImageJ's [1]_: `saturated` per cent of the pixels are clipped in all, half at each end, and
    of levels that many pixels share, fewer. If both percentiles are the same intensity (of a
    background that is nearly all of the image), nothing is clipped.

    Parameters
    ----------
    saturated : float
        Per cent of the pixels that are clipped, 0 to 50; ImageJ's default is 0.35. With 0 the
        least intensity becomes `lo` and the greatest `hi`.

    References
    ----------
    .. [1] W. Rasband, ImageJ: Process > Enhance Contrast,
       https://imagej.net/ij/docs/menus/process.html#enhance.
    """

    name: ClassVar[str] = "stretch"
    summary: ClassVar[str] = "Linear between percentiles; the few pixels beyond are clipped."
    caution: ClassVar[str] = (
        "stay linear in the measured intensities, but for the pixels that are clipped at either "
        "end (none with 0 % saturated pixels)"
    )

    saturated: Annotated[
        float,
        Option(
            "Pixels that become black or white, half of them each; 0.35 as in ImageJ",
            label="Clip",
            unit="%",
            ge=0,
            le=50,
        ),
    ] = 0.35

    def ends(self, histogram: Histogram) -> tuple[Any, Any]:
        """The percentiles, or where these are one intensity the whole range."""
        return clipped_range(histogram, self.saturated)

    def stretched(self, places: Floats) -> Floats:
        """See `StretchMethod`."""
        return places

    def restored(self, places: Floats) -> Floats:
        """See `StretchMethod`: a line needs no knots but its ends."""
        return places[[0, -1]]


@dataclass(frozen=True, slots=True)
class Log(StretchMethod):
    """A logarithmic stretch: ``lo + log(1 + a t) / log(1 + a) * (hi - lo)`` [1]_.

    Parameters
    ----------
    a : float
        How much the dark is lifted, > 0: near 0 the stretch is linear, 1000 is the default of
        DS9 and astropy. Beyond the greatest float64 it is taken as that.

    References
    ----------
    .. [1] SAOImageDS9, https://ds9.si.edu/doc/ref/how.html; the same as
       ``astropy.visualization.LogStretch``.
    """

    name: ClassVar[str] = "log"
    title: ClassVar[str] = "Logarithm"
    summary: ClassVar[str] = "Lifts the dark: for intensities over several powers of ten."
    caution: ClassVar[str] = (
        "preserve the rank order of measured intensities but not their ratios (a logarithmic scale)"
    )

    a: Annotated[
        float,
        Option(
            "How much the dark is lifted: 1 a little, 1000 as in DS9, 10000 a lot",
            label="Lift",
            gt=0,
        ),
    ] = 1000.0

    def stretched(self, places: Floats) -> Floats:
        """See `StretchMethod`."""
        a = min(self.a, _MOST)
        return places if a < _STRAIGHT else np.log1p(a * places) / math.log1p(a)

    def restored(self, places: Floats) -> Floats:
        """See `StretchMethod`."""
        a = min(self.a, _MOST)
        return places if a < _STRAIGHT else np.expm1(places * math.log1p(a)) / a


@dataclass(frozen=True, slots=True)
class Asinh(StretchMethod):
    """An asinh stretch: ``lo + asinh(t / a) / asinh(1 / a) * (hi - lo)`` [1]_.

    Linear far below `a`, logarithmic far above: the faint is lifted, and the noise around it less
    than by a logarithm.

    Parameters
    ----------
    a : float
        The place, 0 to 1, where the linear part goes over into the logarithmic one, >= 1e-6.

    References
    ----------
    .. [1] R. Lupton et al., "Preparing red-green-blue images from CCD data", Publications of the
       Astronomical Society of the Pacific 116, 2004; the same as
       ``astropy.visualization.AsinhStretch``.
    """

    name: ClassVar[str] = "asinh"
    title: ClassVar[str] = "Asinh"
    summary: ClassVar[str] = "Lifts the dark like a logarithm, but is linear at its very bottom."
    caution: ClassVar[str] = (
        "preserve the rank order of measured intensities but not their ratios (an asinh scale)"
    )

    a: Annotated[
        float,
        Option(
            "Linear up to this part of the range, logarithmic above; less lifts the dark more",
            label="Linear to",
            ge=1e-6,
            le=1,
        ),
    ] = 0.1

    def stretched(self, places: Floats) -> Floats:
        """See `StretchMethod`."""
        return np.asarray(np.arcsinh(places / self.a) / math.asinh(1 / self.a))

    def restored(self, places: Floats) -> Floats:
        """See `StretchMethod`."""
        return np.asarray(self.a * np.sinh(places * math.asinh(1 / self.a)))


@dataclass(frozen=True, slots=True)
class Gamma(StretchMethod):
    """A gamma correction: ``lo + t ** gamma * (hi - lo)`` [1]_.

    Parameters
    ----------
    gamma : float
        The exponent, 0.05 to 20: below 1 the dark is lifted, 1 is linear, above 1 the bright
        gets the contrast. 0.5 is the square root of DS9, 2 its square.

    References
    ----------
    .. [1] R. C. Gonzalez and R. E. Woods, "Digital Image Processing", section 3.2: power-law
       transformations; the same as ``astropy.visualization.PowerStretch``.
    """

    name: ClassVar[str] = "gamma"
    summary: ClassVar[str] = "Below 1 lifts the dark, above 1 darkens it: a power of the intensity."
    caution: ClassVar[str] = (
        "preserve the rank order of measured intensities but not their ratios (a power of them)"
    )

    gamma: Annotated[
        float,
        Option("The exponent: below 1 lifts the dark, 1 changes nothing", ge=0.05, le=20),
    ] = 0.5

    def stretched(self, places: Floats) -> Floats:
        """See `StretchMethod`."""
        return np.asarray(places**self.gamma)

    def restored(self, places: Floats) -> Floats:
        """See `StretchMethod`."""
        return np.asarray(places ** (1.0 / self.gamma))
