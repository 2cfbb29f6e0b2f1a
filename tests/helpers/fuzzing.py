"""Arrays made at random from a number, and what must hold for each: faster than Hypothesis.

``check(seed)`` raises where something is wrong; the same seed makes the same case again.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest

from helpers import naive
from helpers import strategies as some
from helpers.laws import assert_same_bits, is_its_formula, quietly
from helpers.lazy_cases import random_chunks
from napari_histeq.core import ChunkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Array = np.ndarray[Any, Any]
#: What a chunk turns out to be that was declared otherwise.
LIES: dict[str, Callable[[Array], Any]] = {
    "complex": lambda block: block.astype(complex),
    "longer": lambda block: np.concatenate([block, block]),
    "an axis more": lambda block: block[None],
    "None": lambda block: None,
}


def check(seed: int) -> None:
    """Try one case; which kind of it, the seed says."""
    rng = np.random.default_rng(seed)
    kinds = [check_formula, check_formula, check_formula, check_chunks, check_fault]
    kinds[seed % len(kinds)](rng)


def check_formula(rng: np.random.Generator) -> None:
    """The naive formula, whatever the dtype, layout, mask, axes, range and strength."""
    image = some_image(rng)
    options = {"convention": rng.choice(some.CONVENTIONS).item(), "power": 1.0, "plateau": np.inf}
    if naive.has_bin_per_level(image.dtype):
        options["power"] = rng.choice([1.0, 0.5, rng.uniform(0.05, 1)]).item()
        options["plateau"] = rng.choice([np.inf, rng.uniform(0.1, 20)]).item()
    elif image.dtype.kind != "f" and options["convention"] == "pillow":
        options["convention"] = "cdf"
    how = some_ways(rng, image)
    assert is_its_formula(image, options, how), (image, options, how)


def check_chunks(rng: np.random.Generator) -> None:
    """The same bits from any chunks, by any method."""
    image = some_image(rng)
    how = some_ways(rng, image)
    how["mask"] = None
    lazy = da.from_array(image, chunks=random_chunks(rng, image.shape))
    method = some.CURVES[rng.integers(len(some.CURVES))]()
    got = quietly(lazy, method, **how)
    assert isinstance(got, da.Array)
    with warnings_of_nothing():
        assert_same_bits(got.compute(scheduler="synchronous"), quietly(image, method, **how))


def check_fault(rng: np.random.Generator) -> None:
    """A chunk that fails or lies is named, and counted by nobody."""
    image = some_image(rng)
    lazy = da.from_array(image, chunks=random_chunks(rng, image.shape))
    bad = tuple(int(rng.integers(n)) for n in lazy.numblocks)
    lie = rng.choice(["fails", *LIES]).item()

    def read(block: Array, block_id: Any = None) -> Any:
        if block_id != bad:
            return block
        if lie == "fails":
            raise OSError("the disk is gone")
        return LIES[lie](block)

    empty = np.empty((0,) * image.ndim, image.dtype)
    faulty = lazy.map_blocks(read, dtype=image.dtype, meta=empty)
    how = some_ways(rng, image) | {"mask": None}
    with warnings_of_nothing(), pytest.raises((ChunkError, OSError)) as caught:
        quietly(faulty, **how).compute(scheduler="synchronous")
    case = (image, lazy.chunks, bad, lie, how)
    if isinstance(caught.value, ChunkError):
        assert caught.value.index == bad, case
    else:  # planes are read when they are asked for: then by dask, which says what the disk says
        assert lie == "fails", case
        assert how["axes"] is not None, case


@contextmanager
def warnings_of_nothing() -> Iterator[None]:
    """That nothing is counted is no surprise here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no pixel was counted", UserWarning)
        yield


def some_image(rng: np.random.Generator) -> Array:
    """Any dtype, shape, contents and layout in memory."""
    dtype = np.dtype(rng.choice(some.REAL).item())
    shape = tuple(rng.integers(1, 13, rng.integers(1, 4)).tolist())
    pixels = some_floats(rng, dtype, shape) if dtype.kind == "f" else some_levels(rng, dtype, shape)
    layout = rng.choice(list(some.LAYOUTS)).item()
    return some.LAYOUTS[layout](pixels)


def some_levels(rng: np.random.Generator, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """Integers: over the whole range, or few of them near an end, or near 0."""
    native = dtype.newbyteorder("=")
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    span = int(rng.choice([high - low, 100, 5, 1, 0])) if rng.random() < 0.9 else 3
    start = [low, max(low, 0), max(low, high - span)][rng.integers(3)]
    stop = min(start + span, high)
    return rng.integers(start, stop, shape, native, endpoint=True).astype(dtype)


def some_floats(rng: np.random.Generator, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """Floats: noise of any scale, few levels, any bits at all; some that are not finite."""
    native = dtype.newbyteorder("=")
    kind = rng.integers(4)
    if kind == 0:
        size = native.itemsize
        pixels = rng.integers(0, 256, (*shape, size), np.uint8).view(native)[..., 0]
    elif kind == 1:
        pixels = rng.choice([0.0, -0.0, 0.25, 1.0, np.nan, np.inf, -np.inf], shape)
    else:
        with np.errstate(over="ignore", under="ignore"):
            pixels = rng.normal(rng.choice([0, 100]), 1, shape)
            pixels = (pixels * 10.0 ** rng.integers(-8, 5)).astype(native)
    if kind == 3:
        pixels = np.where(rng.random(shape) < 0.1, np.nan, pixels)
    with np.errstate(over="ignore"):
        return pixels.astype(dtype)


def some_ways(rng: np.random.Generator, image: Array) -> dict[str, Any]:
    """Mask, axes, range and strength."""
    return {
        "mask": some_mask(rng, image.shape),
        "axes": some_axes(rng, image.ndim),
        "out_range": some_range(rng, image.dtype),
        "strength": rng.choice([0.0, 0.5, 1.0, 1.0, rng.random()]).item(),
    }


def some_mask(rng: np.random.Generator, shape: tuple[int, ...]) -> Array | None:
    if rng.random() < 0.5:
        return None
    lengths = [n if rng.random() < 0.7 else 1 for n in shape][rng.integers(len(shape)) :]
    return rng.random(lengths) < rng.choice([0.0, 0.3, 0.9])


def some_axes(rng: np.random.Generator, ndim: int) -> Any:
    if rng.random() < 0.5:
        return None
    chosen = rng.permutation(ndim)[: rng.integers(1, ndim + 1)]
    return tuple(int(a) - (ndim if rng.random() < 0.5 else 0) for a in chosen)


def some_range(rng: np.random.Generator, dtype: np.dtype[Any]) -> Any:
    if rng.random() < 0.6:
        return rng.choice(["auto", "dtype", "image"]).item()
    if dtype.kind == "f":
        low, high = np.sort(rng.uniform(-1000, 1000, 2)).tolist()
    else:
        info = np.iinfo(dtype)
        native = dtype.newbyteorder("=")
        low, high = sorted(rng.integers(info.min, info.max, 2, native, endpoint=True).tolist())
    return (low, high) if float(low) < float(high) else "auto"
