"""Numbers of pixels or tiles, one for all axes or one for each."""

from __future__ import annotations

import operator
from typing import Any


def checked_sizes(owner: str, name: str, value: Any) -> int | tuple[int, ...] | None:
    """Whole numbers of at least 1, from a number or a sequence; None stays None."""
    if value is None:
        return None
    try:
        if hasattr(value, "__index__") and not isinstance(value, bool):
            sizes: int | tuple[int, ...] = operator.index(value)
        else:
            sizes = tuple(operator.index(size) for size in value)
    except TypeError:
        raise TypeError(
            f"{owner}: {name}={value!r} is not a number of pixels: give an integer, or one per axis"
        ) from None
    if sizes == () or min(sizes if isinstance(sizes, tuple) else (sizes,)) < 1:
        raise ValueError(f"{owner}: {name}={value!r} is out of range: each number must be >= 1")
    return sizes
