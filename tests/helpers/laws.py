"""What the laws of `equalize` are stated with."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from helpers import naive
from napari_histeq import Global, equalize


def quietly(image: Any, method: Any = Global(), **options: Any) -> Any:  # noqa: B008
    """`equalize`; that nothing is counted is no surprise here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no pixel was counted", UserWarning)
        return equalize(image, method, **options)


def bits(image: Any) -> Any:
    """The very bits, so that NaN equals NaN and -0 is not 0."""
    return np.ascontiguousarray(image).view(f"u{image.dtype.itemsize}")


def assert_same_bits(one: Any, other: Any) -> None:
    assert one.dtype == other.dtype
    np.testing.assert_array_equal(bits(one), bits(other))


def tolerance(image: Any, wanted: Any, convention: str, strength: float, ends: Any = ()) -> Any:
    """Half a level for integers, and what the arithmetic may round; tie or not, no more."""
    numbers = wanted, image, np.array(ends, float)
    scale = max(np.abs(v[np.isfinite(v)].astype(float)).max(initial=0) for v in numbers)
    if image.dtype.kind == "f":
        limits = np.finfo(image.dtype)
        return 16 * float(limits.eps) * scale + float(limits.smallest_subnormal)
    extra = 1e-4 if convention == "cdf_min" else 0.0  # OpenCV's single precision
    if (
        convention == "midpoint" and strength < 1
    ):  # ImageJ's levels are whole before they are blended
        extra = 0.5 * strength
    return 0.5 + extra + 1e-12 * scale


def is_its_formula(image: Any, options: Any, how: Any) -> Any:
    """Whether `Global` makes of an image what the naive formula does, and keeps what it leaves."""
    out = quietly(image, Global(**options), **how)
    wanted = naive.equalized(image, **how, **options)
    same = np.isnan(wanted)
    assert_same_bits(out[same], image[same])
    error = np.abs(out[~same].astype(float) - wanted[~same])
    ends = how.get("out_range", "auto")
    ends = () if isinstance(ends, str) else ends
    allowed = tolerance(image, wanted, options["convention"], how["strength"], ends)
    if image.dtype.kind != "f" or options["convention"] not in ("midpoint", "pillow"):
        return np.all(error <= allowed)
    # These programs know 8 bit only, and so has a picture of 8 bit in floats the levels that they
    # round to; of what does not count, and lies between them, one level more or less is none.
    mask = True if how["mask"] is None else how["mask"]
    level = how["strength"] / 255 * np.ptp(wanted[~same]) if error.size else 0
    return np.all(
        error <= np.where(np.broadcast_to(mask, image.shape)[~same], allowed, allowed + level)
    )
