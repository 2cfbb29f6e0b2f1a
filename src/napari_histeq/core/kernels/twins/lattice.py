"""`kernels.lattice` in plain numpy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins.pieces import order_keys, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Pixels in the first piece: often so few tell all, as there are too many different ones.
FIRST = 1 << 12


def count_distinct(
    bits: NDArray[Any],
    mask: NDArray[Any],
    order: NDArray[Any],
    base: Any,
    span: Any,
    most: int,
    held: int,
    keys: NDArray[Any],
    counts: NDArray[Any],
) -> int:
    """See `kernels.lattice.count_distinct`."""
    number = bits.dtype.type
    for key in _keys_in_pieces(bits, mask, order):
        found, often = np.unique(key[key - number(base) <= span], return_counts=True)
        held = add_distinct(found.astype(np.uint64), often, most, held, keys, counts)
        if held > most:
            break
    return held


def add_distinct(
    more: NDArray[Any],
    often: NDArray[Any],
    most: int,
    held: int,
    keys: NDArray[Any],
    counts: NDArray[Any],
) -> int:
    """See `kernels.lattice.add_distinct`."""
    home = _homes(more, keys.size)
    known = (counts[home] != 0) & (keys[home] == more)
    counts[home[known]] += often[known]  # no two are in the same place
    for one in np.flatnonzero(~known):
        place = int(home[one])
        while counts[place] and keys[place] != more[one]:
            place = (place + 1) & (keys.size - 1)
        if not counts[place]:
            held += 1
            if held > most:
                break
            keys[place] = more[one]
        counts[place] += often[one]
    return held


def common_step(
    bits: NDArray[Any], mask: NDArray[Any], order: NDArray[Any], first: Any, step: Any
) -> Any:
    """See `kernels.lattice.common_step`."""
    number, step = bits.dtype.type, int(step)
    for key in _keys_in_pieces(bits, mask, order):
        apart = np.where(key > first, key - number(first), number(first) - key)
        apart = apart[apart != 0]
        while apart.size and step != 1:
            # What the first one brings makes the step at least two times smaller.
            step = math.gcd(step, int(apart[0]))
            apart = apart[apart % number(step) != 0]
        if step == 1:
            break
    return np.uint64(step)


def _keys_in_pieces(
    bits: NDArray[Any], mask: NDArray[Any], order: NDArray[Any]
) -> Iterator[NDArray[Any]]:
    """The keys of the pixels that count."""
    rest = slice(min(FIRST, bits.size), bits.size)
    cut = (slice(rest.start + p.start, rest.start + p.stop) for p in pieces(bits.size - rest.start))
    for piece in (slice(0, rest.start), *cut):
        key = order_keys(bits[piece], order)
        yield key[mask[piece].view(np.bool_)] if mask.size else key


def _homes(key: NDArray[np.uint64], size: int) -> NDArray[np.intp]:
    """Where in the open table of `kernels.lattice.place_of` a key is looked for first."""
    mixed = key * np.uint64(0x9E3779B97F4A7C15)
    return ((mixed ^ (mixed >> np.uint64(32))) & np.uint64(size - 1)).astype(np.intp)
