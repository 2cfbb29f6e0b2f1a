"""The compiled loops that look at which intensities occur: see `arrays.lattice`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.compiling import compiled
from napari_histeq.core.kernels.keys import order_key
from napari_histeq.core.kernels.levels import kernel
from napari_histeq.core.kernels.twins import lattice as twins

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def place_of(key: Any, keys: NDArray[Any], counts: NDArray[Any]) -> Any:
    """Where in an open table (its size a power of 2) a key is, or may be put."""
    last = np.uint64(keys.size - 1)
    mixed = key * np.uint64(0x9E3779B97F4A7C15)
    place = (mixed ^ (mixed >> np.uint64(32))) & last
    while counts[place] != 0 and keys[place] != key:
        place = (place + np.uint64(1)) & last
    return place


@kernel(
    twins.count_distinct, bits="I[n]", mask="u1[n?]", order="I[4]", keys="u8[k]", counts="i8[k]"
)
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
    """Count the different order keys from `base` to ``base + span`` in an open table.

    Returns how many there are, given those `held` already; it stops when there are too many.
    """
    masked = mask.size > 0
    for i in range(bits.size):
        key = order_key(bits[i], order)
        if key - base > span or (masked and not mask[i]):
            continue
        wide = np.uint64(key)
        place = place_of(wide, keys, counts)
        if counts[place] == 0:
            held += 1
            if held > most:
                break
            keys[place] = wide
        counts[place] += 1
    return held


@kernel(twins.add_distinct, more="u8[n]", often="i8[n]", keys="u8[k]", counts="i8[k]")
def add_distinct(
    more: NDArray[Any],
    often: NDArray[Any],
    most: int,
    held: int,
    keys: NDArray[Any],
    counts: NDArray[Any],
) -> int:
    """Add keys that occur so `often` to the table of `count_distinct`."""
    for i in range(more.size):
        place = place_of(more[i], keys, counts)
        if counts[place] == 0:
            held += 1
            if held > most:
                break
            keys[place] = more[i]
        counts[place] += often[i]
    return held


@kernel(twins.common_step, bits="I[n]", mask="u1[n?]", order="I[4]")
def common_step(
    bits: NDArray[Any], mask: NDArray[Any], order: NDArray[Any], first: Any, step: Any
) -> Any:
    """The greatest number that divides `step` and the differences of all keys to `first`."""
    masked = mask.size > 0
    none, one = np.uint64(0), np.uint64(1)
    for i in range(bits.size):
        key = order_key(bits[i], order)
        if key == first or (masked and not mask[i]):
            continue
        rest = np.uint64(key - first) if key > first else np.uint64(first - key)
        if step != none:
            rest %= step  # nothing is left over, nearly always
        while rest != none:  # Euclid's
            step, rest = rest, step % rest
        if step == one:
            break
    return step
