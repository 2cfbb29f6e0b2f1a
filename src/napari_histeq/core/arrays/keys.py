"""Order-preserving keys: any real number as an unsigned integer, and back.

The bits of an IEEE float, read as an integer, are already in order but for the
sign; so one radix method counts floats and integers of every width alike.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@cache
def bits_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The unsigned dtype of the same width."""
    return np.dtype(f"u{dtype.itemsize}")


def bits_of(run: NDArray[Any]) -> NDArray[Any]:
    """The same memory as unsigned integers."""
    return run.view(bits_dtype(run.dtype))


def order_of(dtype: np.dtype[Any]) -> NDArray[Any]:
    """What the kernels' `order_key` needs to know of a dtype."""
    return _order_of(dtype).copy()


@cache
def _order_of(dtype: np.dtype[Any]) -> NDArray[Any]:
    bits = bits_dtype(dtype)
    top = 8 * dtype.itemsize - 1
    sign, floats = 1 << top, dtype.kind == "f"
    every = int(np.iinfo(bits).max) if floats else 0
    toggle = 0 if dtype.kind in "bu" else sign
    return np.array([top, every, toggle, sign if floats else 0], bits)


def keys_of(values: NDArray[Any]) -> NDArray[Any]:
    """The keys of finite values (the kernels' `order_key`, in numpy)."""
    top, every, toggle, minus_zero = _order_of(values.dtype)
    bits = bits_of(np.atleast_1d(values))
    bits = np.where(bits == minus_zero, bits.dtype.type(0), bits)
    return np.asarray(bits ^ (np.where(bits >> top, every, bits.dtype.type(0)) | toggle))


@cache
def finite_keys(dtype: np.dtype[Any]) -> tuple[int, int]:
    """The least and the greatest key of a finite value."""
    if dtype.kind != "f":
        return 0, int(np.iinfo(bits_dtype(dtype)).max)
    greatest = np.finfo(dtype).max
    least, most = keys_of(np.array([-greatest, greatest], dtype))
    return int(least), int(most)


def values_of(keys: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The values that have these keys; none of them is -0."""
    keys = np.asarray(keys).astype(bits_dtype(dtype))
    top, _, toggle, minus_zero = _order_of(dtype)
    if not minus_zero:
        return np.asarray(keys ^ toggle).view(dtype)
    # The key of -0 is never counted; as an edge it means the number below 0.
    keys = np.where(keys == minus_zero - 1, minus_zero - 2, keys).astype(keys.dtype)
    return np.where(keys >> top, keys ^ toggle, ~keys).view(dtype)
