"""Match: the histogram of a reference image, or of a standard, given to another image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np

from napari_histeq.core.arrays import Interval, dtype_limits
from napari_histeq.core.histogram import count
from napari_histeq.core.methods.base import Fit, Method
from napari_histeq.core.methods.matching.planes import ReferencePlanes
from napari_histeq.core.methods.matching.quantiles import Line, check_levels, percentiles_of
from napari_histeq.core.methods.matching.reference import (
    Reference,
    counted,
    counted_planes,
    reference_of,
)
from napari_histeq.core.methods.matching.standard import (
    Standard,
    checked_landmarks,
    percentiles_at,
)
from napari_histeq.core.methods.neighbors import KINDS, MOST_FRAMES, Kind, Neighbors, checked_window
from napari_histeq.core.methods.options import Option
from napari_histeq.core.methods.single import CurveMethod, held, with_ends
from napari_histeq.core.transfer import TransferFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Axes, Axis, Image, Source
    from napari_histeq.core.histogram import Histogram, HistogramRows
    from napari_histeq.core.recipe import Recipe

    Floats = NDArray[np.float64]

#: Frames that are averaged where nobody says how many.
FRAMES = 11


@dataclass(frozen=True, slots=True)
class Match(CurveMethod):
    """Histogram matching: the intensities of a reference image in the order of the image's own.

    A level that is above a fraction ``C / N`` of the pixels becomes the intensity that is
    above the same fraction of the reference's [1]_, between whose levels the cdf is linear.

    Parameters
    ----------
    reference : array, Histogram, Reference, ReferencePlanes, Standard or str
        What all planes are to match: an array of any real dtype, also a lazy one, which is
        counted at once; or what was counted before. `Match.of` takes its mask, too. For each
        plane of a stack (`axes`) to match the plane at the same place in another stack:
        ``Match.of(stack, axes=(-2, -1))``, or `ReferencePlanes`. Of a movie that is equalized frame by frame (`axes`): ``"neighbors"``, the average of the quantile functions
        of the frames around each one, which removes flicker and keeps slow changes [4]_;
        ``"first"``, ``"previous"`` (the frame before, as it was) or ``"median"`` (of all
        frames). For viewing, not for measuring intensities.
    landmarks : int, tuple of float or None
        Where to match. None: everywhere. A number: at the least and the greatest intensity and
        at so many quantiles between, as ITK's HistogramMatching does [2]_; as many as there
        are levels are all. A tuple: at these percentiles, 0 to 100 [3]_. Between the landmarks
        the curve is linear, so that it neither combs the histogram nor amplifies noise.
    window : int or None
        With ``"neighbors"``: how many frames are averaged, by a Gaussian window whose standard
        deviation is a quarter of it. None: 11.

    Notes
    -----
    By ``out_range="auto"`` the result has the reference's own intensities, clipped to what the
    image's dtype holds. By any other `out_range` these are stretched over it: the reference's
    least intensity becomes `lo`, its greatest one `hi`.

    References
    ----------
    .. [1] R. C. Gonzalez and R. E. Woods, "Digital Image Processing", section 3.3.
    .. [2] L. G. Nyul, J. K. Udupa and X. Zhang, "New variants of a method of MRI scale
       standardization", IEEE Trans. Medical Imaging 19(2), 2000.
    .. [3] L. G. Nyul and J. K. Udupa, "On standardizing the MR image intensity scale",
       Magnetic Resonance in Medicine 42(6), 1999.
    .. [4] J. Delon, "Movie and video scale-time equalization application to flicker reduction",
       IEEE Transactions on Image Processing 15(1), 2006.
    """

    name: ClassVar[str] = "match"
    title: ClassVar[str] = "Match"
    group: ClassVar[str] = "match"
    summary: ClassVar[str] = "Gives the image the histogram of another one, the reference."
    cost: ClassVar[str] = (
        "as Global, and one pass to count the reference. A comb where the reference has many "
        "pixels; fewer landmarks are gentler"
    )
    caution: ClassVar[str] = (
        "preserve the rank order of measured intensities but are those of the reference"
    )

    reference: Annotated[
        Reference | ReferencePlanes | Standard | Kind | None,
        Option(
            "The image whose histogram the result is to have",
            accepts="an array, Histogram or Standard; of a movie: "
            "neighbors, first, previous or median",
        ),
    ] = None
    landmarks: Annotated[
        int | tuple[float, ...] | None,
        Option(
            "Match only at so many quantiles, or at these percentiles, and linearly between. "
            "With few (2 to 20) no noise is amplified",
            accepts="empty, a number such as 7, or percentiles such as 1, 50, 99",
            empty="everywhere; or 7; or 1, 50, 99",
        ),
    ] = None
    window: Annotated[
        int | None,
        Option(
            "With neighboring frames as the reference: how many of them are averaged",
            ge=1,
            le=MOST_FRAMES,
            label="Frames",
            advanced=True,
            used_if=("reference", ("neighbors",)),
            empty=str(FRAMES),
        ),
    ] = None

    if TYPE_CHECKING:  # it takes more than its fields hold: an image is counted

        def __init__(
            self,
            reference: Image | Histogram | Reference | ReferencePlanes | Standard,
            landmarks: int | Sequence[float] | None = None,
            window: int | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        Method.__post_init__(self)
        if not (isinstance(self.reference, str) and self.reference in KINDS):
            object.__setattr__(self, "reference", reference_of(self.reference))
        object.__setattr__(self, "landmarks", checked_landmarks(self.landmarks))
        object.__setattr__(self, "window", checked_window(self.window, self.reference))
        if isinstance(self.reference, Standard) and self.landmarks is not None:
            raise ValueError(
                f"Match: landmarks={self.landmarks!r} cannot be set beside a Standard, which "
                "has its own: leave them out"
            )

    @classmethod
    def of(
        cls,
        image: Image,
        mask: Image | None = None,
        *,
        channel_axis: Axis = None,
        axes: Axes = None,
        landmarks: int | Sequence[float] | None = None,
        name: str = "",
    ) -> Match:
        """Match to an image, of which only a part counts.

        Parameters
        ----------
        image : array
            The reference, in memory or lazy.
        mask : array of bool, broadcastable to `image`, optional
            True where a pixel of the reference counts.
        channel_axis : int, optional
            If the reference is RGB or RGBA: its luminance is matched.
        axes : int or sequence of int, optional
            The axes of a plane. None: all planes of an image match the whole reference. Given,
            and not all there are: plane k of an image matches plane k of the reference, of which
            each is counted on its own; the image needs as many, and `axes` of its own.
        landmarks
            See `Match`.
        name : str
            What the reference is called in records.
        """
        if axes is None:
            return cls(Reference(counted(image, mask, channel_axis), name), landmarks)
        found = counted_planes(image, mask, channel_axis, axes)
        one = Reference(found.item(), name) if found.ndim == 0 else ReferencePlanes(found, name)
        return cls(one, landmarks)

    @property
    def own_range(self) -> tuple[Any, Any] | None:
        """See `Method`: the reference's."""
        return None if isinstance(self.reference, str) else self._given.range

    @property
    def keeps_intensities(self) -> bool:
        """See `Method`: where frames of the image itself are the references."""
        return self.neighbors is not None

    @property
    def references(self) -> ReferencePlanes | None:
        """See `Method`: if each plane has one of its own."""
        return self.reference if isinstance(self.reference, ReferencePlanes) else None

    def matched_to(self, reference: Histogram) -> Match:
        """See `Method`: with one of the planes as the reference."""
        return replace(self, reference=Reference(reference))

    @property
    def _given(self) -> Reference | ReferencePlanes | Standard:
        assert isinstance(self.reference, Reference | ReferencePlanes | Standard)
        return self.reference

    @property
    def _reference(self) -> Reference | Standard:
        assert isinstance(self.reference, Reference | Standard)
        return self.reference

    @property
    def neighbors(self) -> Neighbors | None:
        """See `Method`: where the planes of the image itself are the references."""
        if not isinstance(self.reference, str):
            return None
        return Neighbors(self.reference, self.window or FRAMES)

    def resolved(self, shape: tuple[int, ...]) -> Method:  # noqa: ARG002
        """See `Method`: with the number of frames, where it matters."""
        return replace(self, window=self.window or FRAMES) if self.reference == KINDS[0] else self

    def fit_among(self, around: Histogram, source: Source, recipe: Recipe) -> Fit:
        """See `Method`: what is around the plane is its reference."""
        histogram = count(source)
        if not histogram.total or not around.total:  # nothing to be matched, or nothing to match
            return Fit(TransferFunction.identity(*histogram.levels[[0, -1]]), None)
        known = Match(Reference(around), self.landmarks)
        return Fit(known.transfer_function(histogram, recipe), histogram.range)

    @property
    def is_ready(self) -> bool:
        """See `Method`: whether the reference is counted."""
        return self.neighbors is not None or self._given.is_counted

    def prepare(self) -> None:
        """See `Method`: count the reference."""
        _ = self.own_range

    def counts_levels(self, dtype: np.dtype[Any]) -> bool:  # noqa: ARG002  (one for all)
        """See `CurveMethod`: it goes by the cdf alone."""
        return False

    def check(
        self,
        shape: tuple[int, ...],  # noqa: ARG002
        dtype: np.dtype[Any],
        masked: bool,  # noqa: ARG002
        out_range: Any,
    ) -> None:
        """Refuse a reference of whose intensities the image's dtype can hold but two."""
        if out_range != "auto" or dtype.kind not in "iu" or self.neighbors:
            return
        if self._given.size > 2:
            check_levels(self._given.range, dtype)

    def check_units(self, units: str) -> None:
        """See `Method`: those of the images that a standard was learned from, if both are known."""
        if isinstance(self.reference, Standard) and units and self.reference.units:
            self.reference.for_units(units)

    def placed(self, histogram: Histogram, recipe: Recipe) -> tuple[NDArray[Any], Floats]:
        """See `CurveMethod`: in the reference's own intensities, or stretched.

        Of what is clipped nothing goes on beyond the landmarks.
        """
        self.check((), histogram.levels.dtype, False, recipe.out_range)
        x, y = self._placed(histogram, recipe)
        if recipe.saturated and self._full(histogram) is None:
            return held(x, y, histogram.range)
        return x, y

    def _placed(self, histogram: Histogram, recipe: Recipe) -> tuple[NDArray[Any], Floats]:
        if recipe.out_range != "auto":
            return CurveMethod.placed(self, histogram, recipe)
        ends = dtype_limits(histogram.levels.dtype)
        full = self._full(histogram)
        if full is None:
            line = self._line(histogram)
            return line.knots(histogram, ends, lambda y: np.clip(y, *ends))
        low, high = (float(np.clip(float(end), *ends)) for end in self._reference.range)
        return with_ends(histogram, np.clip(full.full_match(histogram), *ends), low, high)

    @property
    def along_rows(self) -> bool:
        """See `CurveMethod`: where one reference is matched everywhere."""
        return isinstance(self.reference, Reference) and self.landmarks is None

    def placed_rows(self, rows: HistogramRows, recipe: Recipe, low: Any, high: Any) -> Floats:
        """See `CurveMethod`: in the reference's own intensities, or stretched."""
        assert isinstance(self.reference, Reference)
        if recipe.out_range != "auto":
            return Interval(low, high).at(self.reference.full_match_rows(rows, places=True))
        ends = dtype_limits(rows.levels.dtype)
        return np.clip(self.reference.full_match_rows(rows), *ends)

    def knots(self, histogram: Histogram, low: float, high: float) -> tuple[NDArray[Any], Floats]:
        """See `CurveMethod.knots`: by landmarks, of the line that goes through them."""
        if self._full(histogram) is not None:
            return CurveMethod.knots(self, histogram, low, high)
        return self._line(histogram).knots(
            histogram, (self._own.low, self._own.high), self._stretched(low, high)
        )

    def curve(self, histogram: Histogram, low: float, high: float) -> Floats:
        """See `CurveMethod.curve`: the reference's range stretched over that of the output."""
        full = self._full(histogram)
        if full is not None:
            return Interval(low, high).at(full.full_match(histogram, places=True))
        return self._stretched(low, high)(self._line(histogram).at(histogram.levels))

    @property
    def _own(self) -> Interval:
        return Interval(*(float(end) for end in self._reference.range))

    def _stretched(self, low: float, high: float) -> Callable[[Floats], Floats]:
        own, output = self._own, Interval(low, high)
        return lambda y: output.at(own.place(y))

    def _full(self, histogram: Histogram) -> Reference | None:
        """The reference, if it is matched everywhere: at as many landmarks as levels, or at all."""
        marks = self.landmarks
        everywhere = marks is None or (isinstance(marks, int) and marks >= histogram.nbins)
        return self.reference if isinstance(self.reference, Reference) and everywhere else None

    def _line(self, histogram: Histogram) -> Line:
        """The landmarks of the image, and what they become."""
        reference = self._reference
        if isinstance(reference, Standard):
            reference.check(histogram)
            percentiles: Sequence[float] = reference.percentiles
            targets = np.asarray(reference.landmarks)
        else:
            assert self.landmarks is not None
            percentiles = percentiles_at(self.landmarks)
            targets = reference.values_at(percentiles)
        return Line(percentiles_of(histogram, percentiles), targets)
