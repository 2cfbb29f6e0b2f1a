"""Applying a transfer function to pixels: by table, or by its knots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core import _blocks, _keys
from napari_histeq.core.histogram import Histogram

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_histeq.core.transfer import TransferFunction

    Run = Callable[[NDArray[Any], NDArray[Any]], None]

#: Cells of keys among which the knots of a curve are shared out for the search.
SEARCH_BITS = 18


def apply(curve: TransferFunction, image: NDArray[Any]) -> NDArray[Any]:
    """The mapped image: same shape, dtype and memory order; new memory."""
    out = np.empty_like(image, subok=False)
    apply_into(curve, image, out)
    return out


def apply_into(curve: TransferFunction, image: NDArray[Any], out: NDArray[Any]) -> None:
    """Map `image` into `out`, block by block on the shared pool."""
    if curve.is_identity:
        np.copyto(out, image)
        return
    source, target = _blocks.flat_views(image, out)
    run = mapper(curve, image.dtype.newbyteorder("="))

    def work(region: _blocks.Region) -> None:
        values, place = _blocks.native(source[region]), target[region]
        direct = place.flags.c_contiguous and place.dtype == values.dtype
        result = place.reshape(-1) if direct else np.empty_like(values)
        run(values, result)
        if not direct:
            place[...] = result.reshape(place.shape)

    # Backwards: the end of the image was counted last and is still in the cache.
    _blocks.for_each(work, _blocks.regions(source.shape)[::-1])


def mapper(curve: TransferFunction, dtype: np.dtype[Any]) -> Run:
    """The function that maps one contiguous run of `dtype` into another."""
    if dtype.itemsize > 2:
        return _knot_mapper(curve, dtype)
    if dtype.kind == "f":
        return _table_mapper(_half_table(curve))
    return _table_mapper(_by_bits(table(curve, dtype)))


def table(curve: TransferFunction, dtype: np.dtype[Any]) -> NDArray[Any]:
    """See `TransferFunction.as_lut`."""
    if dtype.kind == "b":
        return np.asarray(np.rint(curve.evaluate([0, 1])) > 0)
    if curve.x.size == 1 << 8 * dtype.itemsize and curve.x.dtype == dtype:  # a knot per level
        return rounded(curve.y, dtype)
    info = np.iinfo(dtype)
    return rounded(curve.evaluate(np.arange(info.min, info.max + 1)), dtype)


def rounded(values: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Finite values as integers: half to even, held within the dtype's range."""
    info = np.iinfo(dtype)
    whole = np.rint(values)
    if dtype.itemsize < 8:
        return whole.clip(info.min, info.max).astype(dtype)
    # float(max) of 64 bit is one too many to cast.
    above, below = whole >= float(info.max), whole <= float(info.min)
    out = np.where(above | below, 0.0, whole).astype(dtype)
    out[above], out[below] = info.max, info.min
    return out


def _half_table(curve: TransferFunction) -> NDArray[np.uint16]:
    """What the bits of every float16 become; those that are not finite stay."""
    bits = np.arange(1 << 16, dtype=np.uint16)
    values = bits.view(np.float16)
    finite = np.isfinite(values)
    values[finite] = curve.evaluate(values[finite]).astype(np.float16)
    return bits


def _by_bits(lut: NDArray[Any]) -> NDArray[Any]:
    """A table in the order of the levels, put in the order of their bits."""
    return _keys.bits_of(lut if lut.dtype.kind != "i" else np.roll(lut, lut.size // 2))


def _table_mapper(bits: NDArray[Any]) -> Run:
    """The mapper that looks the bits of a value up in a table."""
    from napari_histeq.core import _kernels

    # Bytes are looked up in pairs: half the work for a table of all pairs.
    small = bits.size == 256
    shorts = (bits[:, None].astype(np.uint16) << 8 | bits).reshape(-1) if small else bits

    def run_words(run: NDArray[Any], out: NDArray[Any]) -> None:
        source, target = _keys.bits_of(run), _keys.bits_of(out)
        aligned = (source.ctypes.data | target.ctypes.data) % 8 == 0
        whole = source.nbytes // 8 * 8 // source.itemsize if aligned else 0
        words, result = source[:whole].view(np.uint64), target[:whole].view(np.uint64)
        _kernels.look_up_words(words, shorts, result)
        _kernels.look_up(source[whole:], bits, target[whole:])

    return run_words


def _knot_mapper(curve: TransferFunction, dtype: np.dtype[Any]) -> Run:
    from napari_histeq.core import _kernels

    x, y = _search_knots(curve, dtype)
    keys = _keys.keys_of(x).astype(np.uint64)
    base, spread = int(keys[0]), int(keys[-1]) - int(keys[0])
    shift = max(spread.bit_length() - SEARCH_BITS, 0)
    cells = (spread >> shift) + 2
    first = np.searchsorted(
        keys - np.uint64(base), np.arange(cells, dtype=np.uint64) << np.uint64(shift)
    )
    first = np.minimum(first, x.size - 1).astype(np.int32)
    constants = _keys.constants(dtype, base)
    kind, places = _keys.kind_of(dtype), x.astype(np.float64)
    segments = _segments(places, y)

    def run_values(run: NDArray[Any], out: NDArray[Any]) -> None:
        if dtype.kind != "f":
            exact = np.empty(run.size, np.float64)
            interpolated(run, exact)
            out[...] = rounded(exact, dtype)
        else:
            interpolated(run, out)

    def interpolated(run: NDArray[Any], out: NDArray[Any]) -> None:
        _kernels.interpolate(
            _keys.bits_of(run), run, kind, constants, constants.dtype.type(shift), first,
            places, segments, curve.end_slope, out,
        )  # fmt: skip

    return run_values


def _segments(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each knot the line that ends there: start, value at the start, slope, value."""
    segments = np.zeros((x.size, 4))
    segments[1:, 0], segments[1:, 1], segments[:, 3] = x[:-1], y[:-1], y
    with np.errstate(over="ignore"):
        # Infinite over the narrowest of steps; the kernel holds it to the value at the end.
        segments[1:, 2] = np.diff(y) / np.diff(x)
    return segments


def _search_knots(
    curve: TransferFunction, dtype: np.dtype[Any]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The knots in the image's dtype, one of them at 0 so that no difference overflows."""
    x, y = curve.x, curve.y
    if x[0] < 0 < x[-1] and not np.any(x == 0):
        place = int(np.searchsorted(x, 0))
        x, y = np.insert(x, place, 0), np.insert(y, place, float(curve.evaluate(0)))
    cast = x.astype(dtype)
    distinct = np.append(True, cast[1:] > cast[:-1])
    return cast[distinct], y[distinct]


def push(curve: TransferFunction, histogram: Histogram) -> Histogram:
    """See `TransferFunction.push`."""
    dtype = histogram.levels.dtype
    if dtype.kind in "iu" and dtype.itemsize <= 2:
        lut = table(curve, dtype)
        target = lut.astype(np.int64) - int(np.iinfo(dtype).min)
        counts = np.bincount(target, weights=histogram.counts, minlength=target.size)
        return Histogram(counts.astype(np.int64), histogram.bin_edges, histogram.levels)
    moved = curve.evaluate(histogram.bin_edges), curve.evaluate(histogram.levels)
    edges = np.maximum.accumulate(moved[0])
    return Histogram(histogram.counts, edges, moved[1])
