"""TransferFunction: a monotone map of intensities. Small, frozen, lazy to apply."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from napari_histeq.core import showing
from napari_histeq.core.arrays import (
    Interval,
    array_of,
    check_knots,
    check_strength,
    checked_image,
    checked_lazily,
    checked_lut_dtype,
    is_lazy,
    is_named,
    map_chunks,
    number_of,
    read,
    unnamed,
    written,
)
from napari_histeq.core.threads import in_place
from napari_histeq.core.transfer.apply import (
    apply_curve,
    apply_curve_into,
    between_knots,
    curve_table,
    push_counts,
)

if TYPE_CHECKING:
    import dask.array as da
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from napari_histeq.core.arrays import C, D, Indexed, S, Stored
    from napari_histeq.core.histogram import Histogram


#: Knots whose values are farther away than so many times the range of the others are in no picture.
FAR = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class TransferFunction:
    """A monotone, piecewise linear map from intensity to intensity.

    Parameters
    ----------
    x : (n,) array of a real dtype
        Intensities, strictly increasing.
    y : (n,) array of float64
        What they become; not decreasing. It is rounded (half to even) only when
        applied to integers.
    end_slope : float
        The slope beyond the first and the last knot: 0 holds the end values.

    Raises
    ------
    ValueError
        If `x` does not increase, `y` decreases, or their shapes differ.

    Notes
    -----
    For integers of 8 and 16 bit there is a knot at every level, so the map is a
    lookup table and nothing is interpolated.
    """

    x: NDArray[Any]
    y: NDArray[np.float64]
    end_slope: float = 0.0

    def __post_init__(self) -> None:
        x, y = np.asarray(self.x), np.asarray(self.y, dtype=np.float64)
        check_knots(x, y)
        for name, value in (("x", x), ("y", y)):
            frozen = value.view()
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)

    @classmethod
    def identity(cls, low: Any, high: Any) -> TransferFunction:
        """The map that changes nothing, with knots at `low` and `high`."""
        x = np.unique(np.array([low, high]))
        return cls(x, x.astype(np.float64), end_slope=1.0)

    def to_json(self) -> str:
        """The map as a JSON text, exact to the bit: `from_json` reads it."""
        return written("TransferFunction", {"x": self.x, "y": self.y, "end_slope": self.end_slope})

    @classmethod
    def from_json(cls, text: str) -> TransferFunction:
        """The map of a `to_json` text; nothing of the text is executed.

        Raises
        ------
        ValueError
            If it is not such a text, or damaged: the message says where.
        """
        fields = read("TransferFunction", text, ("x", "y"), ("end_slope",))
        slope = number_of("end_slope", fields.get("end_slope", 0.0))
        return cls.from_parts(array_of("x", fields["x"]), array_of("y", fields["y"]), slope)

    @classmethod
    def from_parts(cls, x: Any, y: Any, end_slope: Any = 0.0) -> TransferFunction:
        """The map of parts from elsewhere (a file), which are looked at first.

        Raises
        ------
        ValueError
            If they are not arrays of dtypes that can be equalized, or no monotone curve.
        """
        for name, knots in (("x", x), ("y", y)):
            if not isinstance(knots, np.ndarray) or knots.dtype.kind not in "biuf":
                raise ValueError(f"{name} is not an array of numbers")
            if knots.dtype.itemsize > 8:
                raise ValueError(f"{name} is wider than any dtype that can be equalized")
        slope = number_of("end_slope", end_slope)
        if slope < 0:
            raise ValueError(f"end_slope is {slope}: it must not be negative")
        return cls(x, y, slope)

    @property
    def is_identity(self) -> bool:
        """Whether no intensity is changed."""
        return self.end_slope == 1.0 and bool((self.x == self.y).all())

    @property
    def inner(self) -> slice:
        """The knots without those that only say how the curve goes on far beyond the others."""
        y = self.y
        most = y[2:-2] if y.size > 6 else y  # of those that say so there are two at each end
        with np.errstate(over="ignore"):
            reach = FAR * (most[-1] - most[0])
            near = np.flatnonzero((y >= most[0] - reach) & (y <= most[-1] + reach))
        return slice(int(near[0]), int(near[-1]) + 1)

    @overload
    def __call__(self, image: np.ndarray[S, np.dtype[D]]) -> np.ndarray[S, np.dtype[D]]: ...
    @overload
    def __call__(self, image: C) -> C: ...
    @overload
    def __call__(self, image: Stored) -> da.Array: ...
    @overload
    def __call__(self, image: ArrayLike) -> NDArray[Any]: ...
    @overload
    def __call__(self, image: Indexed) -> Any: ...
    def __call__(self, image: Any) -> Any:
        """Apply to every pixel.

        Parameters
        ----------
        image : (...) numpy or dask array of a real dtype

        Returns
        -------
        array
            Same shape and dtype, new memory (dask: lazy). NaN and infinities stay.
        """
        if is_named(image):
            return image.copy(data=self(unnamed(image)))
        if is_lazy(image):
            return map_chunks(partial(_apply_here, self), checked_lazily(image))
        return apply_curve(self, checked_image(image))

    def map_into(
        self,
        block: NDArray[Any],
        out: NDArray[Any],
        offset: tuple[int, ...] = (),
        shape: tuple[int, ...] = (),
    ) -> None:
        """Apply to a block, into another one of the same shape and dtype."""
        apply_curve_into(self, block, out)

    def evaluate(self, intensities: Any) -> NDArray[np.float64]:
        """The unrounded values at some intensities: for plots and small arrays."""
        where = np.asarray(intensities, dtype=np.float64)
        x = self.x.astype(np.float64)
        inside = between_knots(where, x, self.y)
        return np.asarray(inside + self.end_slope * (where - np.clip(where, x[0], x[-1])))

    def as_lut(self, dtype: DTypeLike) -> NDArray[Any]:
        """The map as a table with an entry for every level of an integer dtype.

        Parameters
        ----------
        dtype : dtype
            bool, or an integer dtype of 8 or 16 bit.

        Returns
        -------
        (2, 256 or 65536) array of `dtype`
            ``lut[v - iinfo(dtype).min]`` is what ``v`` becomes.

        Raises
        ------
        TypeError
            For floats and wider integers, which have too many levels for a table.
        """
        return curve_table(self, checked_lut_dtype(dtype))

    def inverse(self) -> TransferFunction:
        """The map back.

        Where levels were merged (`y` does not increase) the way back is not unique:
        each merged group returns to the least of its levels, and the number of
        levels lost that way is ``x.size - inverse().x.size``. The curve of an image rises
        where its pixels are and is level behind them, so that an intensity that occurs
        comes back as itself: ``s.inverse()(s(x)) == x``.
        """
        keep = np.append(True, np.diff(self.y) > 0)
        slope = 1.0 / self.end_slope if self.end_slope else 0.0
        return TransferFunction(self.y[keep], self.x[keep].astype(np.float64), slope)

    def blend(self, strength: float) -> TransferFunction:
        """Between the identity (`strength` 0) and this map (1), linear in the curve.

        Raises
        ------
        ValueError
            If `strength` is not within 0 to 1.
        """
        check_strength(strength)
        if strength == 1.0:
            return self
        y = (1.0 - strength) * self.x.astype(np.float64) + strength * self.y
        return TransferFunction(self.x, y, (1.0 - strength) + strength * self.end_slope)

    def push(self, histogram: Histogram) -> Histogram:
        """The histogram after the map, without another look at the pixels.

        Parameters
        ----------
        histogram : Histogram
            Of an image, from `compute_histogram`.

        Returns
        -------
        Histogram
            Exactly that of the mapped image if there is a bin per level, and with
            the bins moved by the map if the bins are adaptive.
        """
        return push_counts(self, histogram)

    def plot(self, before: Histogram, **options: Any) -> Any:
        """Draw the curve between the histogram of an image, and that which it comes to.

        Parameters
        ----------
        before : Histogram
            Of the image.
        **options
            As in `napari_histeq.plot.render`.

        Returns
        -------
        matplotlib.figure.Figure
            To be shown by a notebook, or saved.
        """
        return showing.drawn(before, self.push(before), curve=self, **options)

    def _repr_html_(self) -> str:
        """A small picture for a notebook, without a plotting library."""
        x, y = self.x[self.inner], self.y[self.inner]
        ends = Interval(x[0], x[-1]), Interval(float(y[0]), float(y[-1]))
        told = f"{x[0]:g} to {x[-1]:g} becomes {y[0]:g} to {y[-1]:g}"
        some = np.unique(np.linspace(0, x.size - 1, 2 * showing.WIDE).astype(int))
        return showing.line(ends[0].place(x[some]), ends[1].place(y[some]), told)


def _apply_here(curve: TransferFunction, chunk: NDArray[Any], *_: Any) -> NDArray[Any]:
    with in_place():
        return apply_curve(curve, chunk)
