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

UNSIGNED, SIGNED, FLOAT = 0, 1, 2


def kind_of(dtype: np.dtype[Any]) -> int:
    """How the bits of `dtype` are put in order."""
    return {"b": UNSIGNED, "u": UNSIGNED, "i": SIGNED, "f": FLOAT}[dtype.kind]


@cache
def bits_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The unsigned dtype of the same width."""
    return np.dtype(f"u{dtype.itemsize}")


def bits_of(run: NDArray[Any]) -> NDArray[Any]:
    """The same memory as unsigned integers."""
    return run.view(bits_dtype(run.dtype))


def sign_bit(dtype: np.dtype[Any]) -> int:
    """The top bit."""
    return 1 << (8 * dtype.itemsize - 1)


def infinity_bits(dtype: np.dtype[Any]) -> int:
    """The bits of +inf, 0 for integers."""
    return int(bits_of(np.array([np.inf], dtype))[0]) if dtype.kind == "f" else 0


def constants(dtype: np.dtype[Any], base: int = 0) -> NDArray[Any]:
    """What the kernels need to know to make keys: sign bit, infinity, least key."""
    return np.array([sign_bit(dtype), infinity_bits(dtype), base], bits_dtype(dtype))


def keys_of(values: NDArray[Any]) -> NDArray[Any]:
    """The keys of finite values (the kernels' `order_key`, in numpy)."""
    bits = bits_of(np.atleast_1d(values) + values.dtype.type(0))  # + 0 turns -0 into 0
    kind, sign = kind_of(values.dtype), bits.dtype.type(sign_bit(values.dtype))
    if kind == UNSIGNED:
        return bits
    if kind == SIGNED:
        return np.asarray(bits ^ sign)
    return np.asarray(np.where(bits & sign, ~bits, bits | sign))


def values_of(keys: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The values that have these keys; none of them is -0."""
    kind, sign = kind_of(dtype), bits_dtype(dtype).type(sign_bit(dtype))
    keys = np.asarray(keys).astype(bits_dtype(dtype))
    if kind == UNSIGNED:
        bits = keys
    elif kind == SIGNED:
        bits = keys ^ sign
    else:
        # The key of -0 is never counted; as an edge it means the number below 0.
        keys = np.where(keys == sign - 1, sign - 2, keys).astype(keys.dtype)
        bits = np.where(keys & sign, keys ^ sign, ~keys)
    return bits.astype(bits_dtype(dtype)).view(dtype)
