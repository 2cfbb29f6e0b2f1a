"""Standard: the intensity scale of a series of images, learned from some of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import array_of, number_of, read, written
from napari_histeq.core.histogram import Histogram
from napari_histeq.core.methods.matching.quantiles import percentiles_of
from napari_histeq.core.methods.matching.reference import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Landmarks = int | tuple[float, ...] | None

#: So many landmarks are enough for any number of levels.
MOST_LANDMARKS = 65536

#: The percentiles of Nyul and Udupa: both ends, and the deciles.
PERCENTILES = (1.0, *(float(p) for p in range(10, 100, 10)), 99.0)

#: Where a standard's scale starts and ends: torchio's.
SCALE = (0.0, 100.0)


@dataclass(frozen=True, slots=True)
class Standard:
    """The intensity scale that a series of images has in common.

    `Match(standard)` brings any image of the kind to it: the percentiles of the image become the
    landmarks, and between them the curve is linear [1]_. So intensities can be compared
    between images that were taken at different gains.

    Parameters
    ----------
    percentiles : tuple of float
        Where the landmarks lie in an image, from 0 to 100, increasing.
    landmarks : tuple of float
        What intensities these become; not decreasing.
    signed : bool
        Whether the images that it was learned from have negative intensities.
    units : str
        Of their intensities: "HU", say; empty if unknown.
    images : int
        From how many it was learned.

    Raises
    ------
    ValueError
        If the percentiles do not increase, or the landmarks do not fit them.

    References
    ----------
    .. [1] L. G. Nyul, J. K. Udupa and X. Zhang, "New variants of a method of MRI scale
       standardization", IEEE Trans. Medical Imaging 19(2), 2000; the landmarks' mean as in
       torchio's HistogramStandardization.
    """

    percentiles: tuple[float, ...]
    landmarks: tuple[float, ...]
    signed: bool = False
    units: str = ""
    images: int = 1

    def __post_init__(self) -> None:
        found = checked_percentiles("Standard: percentiles", self.percentiles)
        object.__setattr__(self, "percentiles", found)
        landmarks = np.asarray(self.landmarks, np.float64)
        fit = landmarks.shape == (len(found),) and np.isfinite(landmarks).all()
        if not fit or (np.diff(landmarks) < 0).any() or landmarks[0] == landmarks[-1]:
            raise ValueError(
                f"Standard: landmarks={self.landmarks!r}: there must be one for each of the "
                f"{len(found)} percentiles, and they must not decrease"
            )
        object.__setattr__(self, "landmarks", tuple(landmarks.tolist()))

    @classmethod
    def learn(
        cls,
        images: Iterable[Any],
        percentiles: Sequence[float] = PERCENTILES,
        masks: Iterable[Any] | None = None,
        *,
        scale: tuple[float, float] = SCALE,
        units: str = "",
    ) -> Standard:
        """Learn a standard from some images of a series.

        Each image's percentiles are brought to the scale, the first to its start and the last
        to its end; the landmarks are their means.

        Parameters
        ----------
        images : iterable of array or Histogram
            Of any real dtype, in memory or lazy; each is counted in one pass, one at a time,
            so that a generator may read them from files.
        percentiles : sequence of float
            Where the landmarks lie, 0 to 100.
        masks : iterable of array of bool or None, optional
            For each image its mask, or None: True where a pixel counts.
        scale : (float, float)
            Where the landmarks start and end.
        units : str
            Of the images' intensities. Empty: those that the images tell themselves (an xarray
            DataArray by its attribute ``units``), if they all tell the same.

        Raises
        ------
        ValueError
            If there is no image, if the masks are not as many as the images, or if nothing counts
            in an image or its first percentile equals its last: the message says in which.
        """
        wanted = checked_percentiles("Standard: percentiles", percentiles)
        low, high = (float(end) for end in scale)
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise ValueError(f"Standard: scale={scale!r}: give two numbers, the lower one first")
        found, signed, told = [], False, set[str]()
        pairs = ((image, None) for image in images) if masks is None else _paired(images, masks)
        for number, (image, mask) in enumerate(pairs):
            histogram = image if isinstance(image, Histogram) else counted(image, mask)
            if not histogram.total:
                raise ValueError(f"images[{number}]: no pixel counts, so nothing can be learned")
            signed = signed or bool(histogram.range[0] < 0)
            told.add(str(getattr(image, "attrs", {}).get("units", "")))
            values = percentiles_of(histogram, wanted)
            if not values[0] < values[-1]:
                raise ValueError(
                    f"images[{number}]: its percentiles {wanted[0]:g} and {wanted[-1]:g} are both "
                    f"{values[0]:g}: give a mask of the object, or other percentiles"
                )
            found.append(low + (high - low) * ((values - values[0]) / (values[-1] - values[0])))
        if not found:
            raise ValueError("images is empty: give at least one")
        landmarks = np.maximum.accumulate(np.mean(found, axis=0))
        units = units or (told.pop() if len(told) == 1 else "")
        return cls(wanted, tuple(landmarks.tolist()), signed, units, len(found))

    @property
    def range(self) -> tuple[float, float]:
        """The first and the last landmark."""
        return self.landmarks[0], self.landmarks[-1]

    @property
    def size(self) -> int:
        """How many intensities it knows."""
        return len(self.landmarks)

    @property
    def is_counted(self) -> bool:
        """Whether it is known already: always."""
        return True

    def check(self, histogram: Histogram) -> None:
        """Refuse what is of another kind than the images it was learned from.

        Raises
        ------
        ValueError
            If an intensity is negative, and none was.
        """
        least = histogram.range[0]
        if least < 0 and not self.signed:
            raise ValueError(
                f"image has negative intensities (down to {least:g}), and the Standard was learned "
                "from images without: learn one from images of this kind"
            )

    def for_units(self, units: str) -> Standard:
        """The standard itself, if it is of images in `units`.

        Raises
        ------
        ValueError
            If it is of others.
        """
        if self.units != units:
            raise ValueError(
                f"the Standard was learned from images in {self.units or 'unknown units'}, not "
                f"{units}: learn one from images in {units}"
            )
        return self

    def __str__(self) -> str:
        return f"a standard of {self.images} image{'s' * (self.images != 1)}"

    def to_json(self) -> str:
        """As a JSON text, exact to the bit: `from_json` reads it."""
        arrays = {name: np.array(getattr(self, name)) for name in ("percentiles", "landmarks")}
        others = {name: getattr(self, name) for name in ("signed", "units", "images")}
        return written("Standard", arrays | others)

    @classmethod
    def from_json(cls, text: str) -> Standard:
        """The standard of a `to_json` text; nothing of the text is executed.

        Raises
        ------
        ValueError
            If it is not such a text, or damaged: the message says where.
        """
        others = ("signed", "units", "images")
        fields = read("Standard", text, ("percentiles", "landmarks"), others)
        percentiles, landmarks = (
            tuple(array_of(name, fields[name]).astype(float).tolist())
            for name in ("percentiles", "landmarks")
        )
        signed, units = fields.get("signed", False), fields.get("units", "")
        images = number_of("images", fields.get("images", 1))
        if type(signed) is not bool or not isinstance(units, str) or not images.is_integer():
            raise ValueError("the Standard is damaged: signed, units or images")
        return cls(percentiles, landmarks, signed, units, int(images))


def _paired(images: Iterable[Any], masks: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    try:
        yield from zip(images, masks, strict=True)
    except ValueError as error:
        raise ValueError(f"masks must be as many as images ({error})") from None


def checked_percentiles(what: str, value: Any) -> tuple[float, ...]:
    """At least two percentiles, increasing."""
    try:
        found = tuple(float(v) for v in value)
    except (TypeError, ValueError):
        raise TypeError(
            f"{what}={value!r} are not percentiles: give numbers from 0 to 100"
        ) from None
    if len(found) < 2 or not all(0 <= p <= 100 for p in found):
        raise ValueError(f"{what}={found}: give two or more percentiles, from 0 to 100")
    if any(later <= earlier for earlier, later in pairwise(found)):
        raise ValueError(f"{what}={found} are out of order: each must be above the one before")
    return found


def percentiles_at(landmarks: int | tuple[float, ...]) -> tuple[float, ...]:
    """The percentiles of `landmarks` that are evenly spaced, and both ends."""
    if isinstance(landmarks, tuple):
        return landmarks
    parts = landmarks + 1
    return tuple(100.0 * part / parts for part in range(parts + 1))


def checked_landmarks(value: Any) -> Landmarks:
    """A number of landmarks, percentiles that increase, or None; or an error."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if hasattr(value, "__index__") and not isinstance(value, bool) and not np.ndim(value):
        if not 1 <= value <= MOST_LANDMARKS:
            raise ValueError(
                f"Match: landmarks={value!r} is out of range: it must be >= 1 and "
                f"<= {MOST_LANDMARKS}"
            )
        return int(value)
    return checked_percentiles("Match: landmarks", value)
