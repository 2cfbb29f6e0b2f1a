"""What the loops in plain numpy share: pieces of work, lines of pixels, counting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Pixels worked on at a time: a dozen of arrays of them fit the cache.
PIECE = 1 << 16


def pieces(size: int, step: int = PIECE) -> Iterator[slice]:
    """All of `size`, cut into slices."""
    for start in range(0, size, step):
        yield slice(start, min(start + step, size))


def add_counts(counts: NDArray[Any], cells: NDArray[Any]) -> None:
    """Count `cells` into all of `counts`, which has one dimension."""
    if counts.size > 4 * cells.size:
        np.add.at(counts, cells, counts.dtype.type(1))
    else:
        found = np.bincount(cells, minlength=counts.size)
        np.add(counts, found, out=counts, casting="unsafe")


def order_keys(bits: NDArray[Any], order: NDArray[Any]) -> NDArray[Any]:
    """See `kernels.keys.order_key`: in an array of their own."""
    top, floats, toggle, minus_zero = order
    if not floats or (bits.size and bits.max() < minus_zero):  # nothing negative, nor its zero
        return np.asarray(bits ^ toggle)
    one = bits.copy()
    one[bits == minus_zero] = 0
    key: NDArray[Any] = one >> top
    key *= floats
    key |= toggle
    key ^= one
    return key


def greater(first: NDArray[Any], second: Any) -> NDArray[Any]:
    """Python's ``max(first, second)``: the first of equals, and of what cannot be compared."""
    return np.where(second > first, second, first)


def less(first: NDArray[Any], second: Any) -> NDArray[Any]:
    """Python's ``min(first, second)``."""
    return np.where(second < first, second, first)


def read_lines(flat: NDArray[Any], rows: NDArray[Any], start: int, stop: int) -> NDArray[Any]:
    """The pixels from `start` to `stop` of each row: (rows, pixels)."""
    even = _evenly(flat, rows, start, stop)
    return flat[_places(rows, start, stop)] if even is None else even


def write_lines(flat: NDArray[Any], rows: NDArray[Any], start: int, values: NDArray[Any]) -> None:
    """Write (rows, pixels) `values` from `start` of each row on."""
    stop = start + values.shape[1]
    even = _evenly(flat, rows, start, stop)
    if even is None:
        flat[_places(rows, start, stop)] = values
    else:
        even[...] = values


def _places(rows: NDArray[Any], start: int, stop: int) -> NDArray[np.intp]:
    return rows.astype(np.intp)[:, None] + np.arange(start, stop)


def _evenly(flat: NDArray[Any], rows: NDArray[Any], start: int, stop: int) -> NDArray[Any] | None:
    """A view of the pixels, if rows lie evenly; the door has seen that all lie within `flat`."""
    steps = np.diff(rows.astype(np.intp))
    if steps.size and not (steps[0] >= 0 and (steps == steps[0]).all()):
        return None
    step = int(steps[0]) if steps.size else 0
    return np.lib.stride_tricks.as_strided(
        flat[int(rows[0]) + start :],
        (rows.size, stop - start),
        (step * flat.itemsize, flat.itemsize),
    )
