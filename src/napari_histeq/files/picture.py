"""Picture: an image as a file has it, with all that its copy has to keep."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: An image of more bytes is read when it is asked for, and never held as a whole.
LARGE = 1 << 28

#: An axis that the file gives no name.
UNNAMED = "?"

#: Meters in what files call their units of length.
_METERS = {
    "m": 1.0, "meter": 1.0, "metre": 1.0, "cm": 1e-2, "centimeter": 1e-2, "mm": 1e-3,
    "millimeter": 1e-3, "µm": 1e-6, "um": 1e-6, "micron": 1e-6, "micrometer": 1e-6,
    "nm": 1e-9, "nanometer": 1e-9, "pm": 1e-12, "picometer": 1e-12, "inch": 0.0254,
}  # fmt: skip
_NAMES = {1.0: "meter", 1e-2: "centimeter", 1e-3: "millimeter", 1e-6: "micrometer",
          1e-9: "nanometer", 1e-12: "picometer", 0.0254: "inch"}  # fmt: skip
_TIMES = {"s": "second", "sec": "second", "ms": "millisecond", "msec": "millisecond",
          "µs": "microsecond", "usec": "microsecond", "min": "minute", "h": "hour"}  # fmt: skip
_SHORT = {
    "meter": "m", "centimeter": "cm", "millimeter": "mm", "micrometer": "µm", "nanometer": "nm",
    "picometer": "pm", "inch": "in", "second": "s", "millisecond": "ms", "microsecond": "µs",
    "minute": "min", "hour": "h",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Location:
    """A file, and which of the images in it: ``file.h5:/dataset``."""

    path: Path
    inner: str = ""

    @classmethod
    def of(cls, text: str | Path | Location) -> Location:
        """The location that a person wrote."""
        if isinstance(text, Location):
            return text
        found = re.fullmatch(r"(.+\.(?:h5|hdf5|hdf)):(/?.+)", str(text), re.IGNORECASE)
        return cls(Path(found[1]), found[2].strip("/")) if found else cls(Path(text))

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return f"{self.path.name}:/{self.inner}" if self.inner else self.path.name


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image and what its file tells of it.

    Attributes
    ----------
    data : (...) array
        numpy; lazy (dask) if it is larger than `LARGE`. Of integers that stand for a scale
        (Hounsfield units), the values on that scale.
    axes : str
        A letter for each axis, in lower case: ``tczyx``, ``s`` for the samples of a color,
        ``?`` for what has no name.
    scale, units : tuple
        Size of a pixel along each axis, and its unit (None: unknown).
    form : str
        The name of the file's format.
    channel_axis : int or None
        The axis of RGB or RGBA, if the file says that it holds colors.
    coarser : tuple of array
        The other levels of a pyramid.
    ignored : float or None
        The intensity that stands for "no data", in the values of `data`.
    limits : (float, float) or None
        What pixels may hold, where that is less than their dtype could.
    notes : tuple of str
        What a person should know: sentences.
    header : Any
        What the format needs to write the same kind of file again.
    attributes : dict
        How the picture was made, for formats that can tell.
    closers : tuple of callable
        What closes the files that lazy pixels are read from: `close`, or ``with``, calls them.
    """

    data: Any
    axes: str
    form: str
    scale: tuple[float, ...] = ()
    units: tuple[str | None, ...] = ()
    channel_axis: int | None = None
    coarser: tuple[Any, ...] = ()
    ignored: float | None = None
    limits: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()
    header: Any = None
    attributes: dict[str, Any] = field(default_factory=dict)
    closers: tuple[Callable[[], object], ...] = ()

    def __post_init__(self) -> None:
        ndim = len(self.data.shape)
        if not self.scale:
            object.__setattr__(self, "scale", (1.0,) * ndim)
        if not self.units:
            object.__setattr__(self, "units", (None,) * ndim)
        assert len(self.axes) == len(self.scale) == len(self.units) == ndim, self.axes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files that lazy pixels are read from: nothing can be read any more."""
        for closer in self.closers:
            closer()

    def with_pixels(self, data: Any) -> Picture:
        """The same picture with other pixels: an array, or a list of the levels of a pyramid."""
        levels = list(data) if isinstance(data, list) else [data]
        return replace(self, data=levels[0], coarser=tuple(levels[1:]))

    def axis_numbers(self, wanted: str) -> tuple[int, ...]:
        """The axes of ``"yx"`` or ``"-2,-1"``.

        Raises
        ------
        ValueError
            If the picture has no such axis.
        """
        parts = [part for part in re.split(r"[,\s]+", wanted) if part]
        if parts and all(re.fullmatch(r"-?\d+", part) for part in parts):
            return tuple(int(part) for part in parts)
        letters = "".join(parts).lower()
        missing = [letter for letter in letters if letter not in self.axes or letter == UNNAMED]
        if missing or not letters:
            raise ValueError(
                f"axes is {wanted!r}, but the axes of this image are {self.axes!r} (shape "
                f"{tuple(self.data.shape)}): name some of them, or count them: -2,-1"
            )
        return tuple(sorted(self.axes.index(letter) for letter in letters))


def is_large(shape: Sequence[int], dtype: Any) -> bool:
    """Whether an image is to be streamed."""
    return bool(math.prod(shape) * np.dtype(dtype).itemsize > LARGE)


def short_unit(unit: str) -> str:
    """The symbol of a unit that `named_unit` gave: "µm" of "micrometer"."""
    return _SHORT.get(unit, unit)


def named_unit(unit: str | None) -> str | None:
    """A unit as OME-Zarr calls it; None for what is none."""
    plain = (unit or "").strip().replace("\\u00B5", "µ").replace("μ", "µ")
    if plain.lower() in ("", "none", "pixel", "pixels", "unknown", "\\\\u"):
        return None
    meters = _METERS.get(plain) or _METERS.get(plain.lower())
    return _NAMES[meters] if meters else _TIMES.get(plain.lower(), plain)
