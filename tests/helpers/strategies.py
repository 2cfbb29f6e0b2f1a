"""Hypothesis strategies: images of every kind, and every way to ask for their equalization."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from napari_histeq import Clahe, Global, Match, Standard
from napari_histeq.core import METHODS
from napari_histeq.core.methods import OptionField, options_of

Array = np.ndarray[Any, Any]

UNSIGNED = ("u1", "<u2", ">u2", "<u4", ">u4", "<u8", ">u8")
SIGNED = ("i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8")
FLOATS = ("<f2", ">f2", "<f4", ">f4", "<f8", ">f8")
REAL = (*UNSIGNED, *SIGNED, *FLOATS)
#: Every method that needs no reference, and those that are one curve; a new one needs no line here.
_KNOWN: tuple[Any, ...] = tuple(METHODS.values())
BARE = tuple(k for k in _KNOWN if not any(field.values for field in options_of(k)))
CURVES = tuple(kind for kind in BARE if kind.is_single_curve)
CONVENTIONS = ("cdf", "cdf_min", "midpoint", "pillow")

dtypes = st.sampled_from(REAL).map(np.dtype)
shapes = npst.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)
strengths = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))


def option(field: OptionField) -> st.SearchStrategy[Any]:
    """Any value that an option's declaration allows, its default and the very limits included."""
    limits = field.option
    least = limits.gt if limits.gt is not None else limits.ge
    if field.choices:
        values: st.SearchStrategy[Any] = st.sampled_from(field.choices)
    elif tuple[float, ...] in get_args(field.type):
        weights = st.lists(st.floats(limits.ge, 1e300), min_size=2, max_size=9)
        values = weights.filter(any).map(tuple)
    elif field.type is float:
        # Hypothesis looks for the least of floats itself, denormal ones included.
        exclude = limits.gt is not None
        anything = st.floats(least, limits.le, exclude_min=exclude, allow_nan=False)
        values = st.one_of(anything, st.floats(0.05, min(limits.le or 20.0, 20.0)))
    else:
        values = st.integers(int(least or 0), int(limits.le or 64))
    return st.one_of(st.just(field.default), values)


def any_options(kind: Any, *besides: str) -> st.SearchStrategy[dict[str, Any]]:
    """Options of a method, each within its declared limits; `besides` are left out."""
    known = [field for field in options_of(kind) if field.name not in besides]
    found = st.fixed_dictionaries({field.name: option(field) for field in known})
    return found.map(_with_counts_or_without) if hasattr(kind, "counts") else found


def _with_counts_or_without(options: dict[str, Any]) -> dict[str, Any]:
    """Counts go with one target only, and it with nothing else."""
    counts = options["counts"] or (1.0, 0.0, 3.0)
    return options | {"counts": counts if options["target"] == "counts" else None}


#: Where the arithmetic of a test is that of counts: nothing is lost below the least number.
ordinary = {
    "power": st.one_of(st.sampled_from([1.0, 0.5]), st.floats(0.05, 1)),
    "plateau": st.one_of(st.just(np.inf), st.floats(0.1, 20)),
}


def element_pools(dtype: np.dtype[Any]) -> st.SearchStrategy[st.SearchStrategy[Any]]:
    """One kind of elements for a whole image, so that images differ in kind."""
    if dtype.kind == "f":
        width: Any = 8 * dtype.itemsize
        return st.sampled_from(
            [
                st.floats(width=width),
                st.floats(width=width, allow_nan=False, allow_infinity=False),
                st.floats(-2, 2, width=width),
                st.sampled_from([0.0, -0.0, 0.25, 1.0, np.nan, np.inf, -np.inf]),
            ]
        )
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    narrow = [st.integers(start, start + 5) for start in {low, 0, high - 5}]
    return st.sampled_from([st.integers(low, high), *narrow])


def strided(image: Array) -> Array:
    wide = np.repeat(np.repeat(image, 2, axis=0), 3, axis=-1)
    return wide[::2, ..., ::3] if image.ndim > 1 else wide[::6]


def unaligned(image: Array) -> Array:
    """Contiguous, but starting at an odd address: a raw file with a header of odd length."""
    memory = np.frombuffer(b"x" + np.ascontiguousarray(image).tobytes(), np.uint8)
    return memory[1:].view(image.dtype).reshape(image.shape)


def read_only(image: Array) -> Array:
    image = image.copy()
    image.flags.writeable = False
    return image


LAYOUTS: dict[str, Any] = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "strided": strided,
    "backwards": lambda image: np.flip(np.flip(image).copy()),
    "transposed": lambda image: np.moveaxis(np.moveaxis(image, 0, -1).copy(), -1, 0),
    "read-only": read_only,
    "unaligned": unaligned,
}


@st.composite
def images(
    draw: Any, dtypes: Any = dtypes, shapes: Any = shapes, layouts: Any = tuple(LAYOUTS)
) -> Any:
    """Images of any dtype, shape, contents and memory layout."""
    dtype, shape = np.dtype(draw(dtypes)), draw(shapes)
    elements = draw(element_pools(dtype))
    image = draw(npst.arrays(dtype, shape, elements=elements))
    return LAYOUTS[draw(st.sampled_from(layouts))](image)


@st.composite
def masks(draw: Any, shape: tuple[int, ...]) -> Any:
    """None, or a mask that broadcasts to `shape`; it may be empty."""
    if draw(st.booleans()):
        return None
    lengths = [draw(st.sampled_from([n, 1])) for n in shape]
    lengths = lengths[draw(st.integers(0, len(shape) - 1)) :]
    return draw(npst.arrays(bool, tuple(lengths), fill=st.nothing()))


@st.composite
def axes(draw: Any, ndim: int) -> Any:
    """None, a number, or several of them; from either end."""
    if draw(st.booleans()):
        return None
    chosen = draw(st.sets(st.integers(0, ndim - 1), min_size=1))
    signed = [a - ndim if draw(st.booleans()) else a for a in draw(st.permutations(sorted(chosen)))]
    return signed[0] if len(signed) == 1 and draw(st.booleans()) else tuple(signed)


@st.composite
def out_ranges(draw: Any, dtype: np.dtype[Any]) -> Any:
    """A name, or two numbers that the dtype holds."""
    if draw(st.booleans()):
        return draw(st.sampled_from(["auto", "dtype", "image"]))
    if dtype.kind == "f":
        most = float(np.finfo(dtype).max)
        ends = st.one_of(st.floats(-1000, 1000), st.sampled_from([-most, most]))
    else:
        info = np.iinfo(dtype)
        ends = st.integers(int(info.min), int(info.max))
    low, high = sorted(draw(st.lists(ends, min_size=2, max_size=2)))
    return (low, high) if float(low) < float(high) else "auto"


@st.composite
def matches(draw: Any) -> Any:
    """Matching to any image in which something counts, or to a standard."""
    reference = draw(images())
    if not np.isfinite(reference).any():
        reference = np.array([1, 2, 4], np.uint8)
    percentiles = st.lists(st.floats(0, 100), min_size=2, max_size=9, unique=True).map(sorted)
    if draw(st.booleans()):
        return Match(reference, draw(st.none() | st.integers(1, 300) | percentiles.map(tuple)))
    steps = draw(percentiles)
    landmarks = sorted(
        draw(st.lists(st.floats(-1e6, 1e6), min_size=len(steps), max_size=len(steps)))
    )
    if landmarks[0] == landmarks[-1]:
        landmarks = list(range(len(steps)))
    return Match(Standard(tuple(steps), tuple(landmarks), signed=True))


@st.composite
def methods(draw: Any) -> Any:
    """Any curve method with any options; `matches` are beside, as they may not fit an image."""
    kind: Any = draw(st.sampled_from([Global, *CURVES]))
    return kind(**draw(any_options(kind)))


@st.composite
def clahes(draw: Any, shape: tuple[int, ...]) -> Any:
    """CLAHE with any options, and tiles that fit planes of `shape`; in its own convention."""
    chosen = draw(any_options(Clahe, "kernel_size", "convention", "tile_grid_size"))
    kernel = st.tuples(*(st.integers(1, n) for n in shape))
    return Clahe(kernel_size=draw(st.one_of(st.none(), kernel)), **chosen)


@dataclass
class Job:
    """An image and how to equalize it."""

    image: Array
    options: dict[str, Any] = field(default_factory=dict)


@st.composite
def jobs(draw: Any, images: Any = images(), strengths: Any = strengths) -> Any:  # noqa: B008
    """What `equalize` may be asked, beside the method."""
    image = draw(images)
    return Job(
        image,
        {
            "mask": draw(masks(image.shape)),
            "axes": draw(axes(image.ndim)),
            "out_range": draw(out_ranges(image.dtype)),
            "strength": draw(strengths),
        },
    )
