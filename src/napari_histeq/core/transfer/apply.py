"""Applying a transfer function to pixels: by table, or by its knots."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import Region, bits_of, block_size, flat_views, native_run, regions
from napari_histeq.core.histogram import Histogram
from napari_histeq.core.threads import for_each
from napari_histeq.core.transfer.knots import FEW_PIXELS, knot_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_histeq.core.transfer.transfer import TransferFunction

    Run = Callable[[NDArray[Any], NDArray[Any]], None]

#: So many float16 are looked for among the knots one by one: sooner than all there are are put in a table.
FEW_HALVES = 1 << 13


def apply_curve(curve: TransferFunction, image: NDArray[Any]) -> NDArray[Any]:
    """The mapped image: same shape, dtype and memory order; new memory."""
    out = np.empty_like(image, subok=False)
    apply_curve_into(curve, image, out)
    return out


def apply_curve_into(curve: TransferFunction, image: NDArray[Any], out: NDArray[Any]) -> None:
    """Map `image` into `out`, block by block on the shared pool."""
    if curve.is_identity:
        np.copyto(out, image)
        return
    source, target = flat_views(image, out)
    run = mapper(curve, image.dtype.newbyteorder("="), _few(image))

    def work(region: Region) -> None:
        values, place = native_run(source[region]), target[region]
        direct = place.flags.c_contiguous and place.dtype == values.dtype
        result = place.reshape(-1) if direct else np.empty_like(values)
        run(values, result)
        if not direct:
            place[...] = result.reshape(place.shape)

    # Backwards: the end of the image was counted last and is still in the cache.
    for_each(work, regions(source.shape, block_size(source))[::-1])


def _few(image: NDArray[Any]) -> int:
    """How many pixels there are about, if a large table for them would take longer than they do; else 0."""
    most = FEW_HALVES if image.dtype.itemsize == 2 else FEW_PIXELS
    return 1 << (image.size - 1).bit_length() if 0 < image.size <= most else 0


@lru_cache(maxsize=8)  # a curve is applied to chunk after chunk
def mapper(curve: TransferFunction, dtype: np.dtype[Any], few: int = 0) -> Run:
    """The function that maps one contiguous run of `dtype` into another; `few`: see `knot_table`."""
    if dtype.itemsize > 2:
        return _knot_mapper(curve, dtype, few)
    if dtype.kind == "f":
        return partial(_evaluate_run, curve) if few else _table_mapper(_half_table(curve))
    bits = _by_bits(curve_table(curve, dtype))
    if dtype.kind == "b":  # looked up as bytes, of which there are two only
        bits = np.concatenate([bits, np.zeros(254, np.uint8)])
    return _table_mapper(bits)


def curve_table(curve: TransferFunction, dtype: np.dtype[Any]) -> NDArray[Any]:
    """See `TransferFunction.as_lut`."""
    if dtype.kind == "b":
        return np.asarray(np.rint(curve.evaluate([0, 1])) > 0)
    if curve.x.size == 1 << 8 * dtype.itemsize and curve.x.dtype == dtype:  # a knot per level
        return rounded(curve.y, dtype)
    info = np.iinfo(dtype)
    return rounded(curve.evaluate(np.arange(info.min, info.max + 1)), dtype)


def between_knots(
    where: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`np.interp` without its slopes, which overflow between the closest of knots."""
    if x.size == 1:
        return np.full(where.shape, y[0])
    # From the right: of integers that are one float64 the greatest counts.
    knot = np.clip(np.searchsorted(x, where, side="right"), 1, x.size - 1)
    with np.errstate(over="ignore"):
        half = np.where(np.isinf(x[knot] - x[knot - 1]), 0.5, 1.0)
        rise = y[knot] - y[knot - 1]
        start = x[knot - 1] * half
        width, way = x[knot] * half - start, where * half - start
        beyond = np.where(way < 0, 0.0, 1.0)  # of knots that are one float64
        part = np.clip(np.divide(way, width, out=beyond, where=width > 0), 0.0, 1.0)
    inside = y[knot - 1] + np.minimum(rise, np.finfo(np.float64).max) * part
    return np.asarray(np.where(part == 1.0, y[knot], np.minimum(inside, y[knot])))


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
    return bits_of(lut if lut.dtype.kind != "i" else np.roll(lut, lut.size // 2))


def _table_mapper(bits: NDArray[Any]) -> Run:
    """The mapper that looks the bits of a value up in a table."""
    from napari_histeq.core import kernels

    def run_bytes(run: NDArray[Any], out: NDArray[Any]) -> None:
        kernels.levels.look_up_bytes(bits_of(run), bits, bits_of(out))

    def run_words(run: NDArray[Any], out: NDArray[Any]) -> None:
        source, target = bits_of(run), bits_of(out)
        aligned = (source.ctypes.data | target.ctypes.data) % 8 == 0
        whole = source.size // 4 * 4 if aligned else 0
        words, result = source[:whole].view(np.uint64), target[:whole].view(np.uint64)
        kernels.levels.look_up_words(words, bits, result)
        kernels.levels.look_up(source[whole:], bits, target[whole:])

    return run_bytes if bits.size == 256 else run_words


def _knot_mapper(curve: TransferFunction, dtype: np.dtype[Any], few: int) -> Run:
    from napari_histeq.core import kernels

    if curve.x.dtype == dtype and _beyond_double(curve.x):
        return partial(_interpolate_exactly, curve)
    if not _holds(dtype, curve.x):
        return _between_numbers(curve, dtype, few)
    table = knot_table(curve, dtype, few)

    def run_floats(run: NDArray[Any], out: NDArray[Any]) -> None:
        kernels.keys.interpolate(bits_of(run), run, *table, out)

    def run_integers(run: NDArray[Any], out: NDArray[Any]) -> None:
        exact = np.empty(run.size, np.float64)
        run_floats(run, exact)
        out[...] = rounded(exact, dtype)

    return run_floats if dtype.kind == "f" else run_integers


def _between_numbers(curve: TransferFunction, dtype: np.dtype[Any], few: int) -> Run:
    """The mapper by knots that lie between the numbers of a dtype: in double precision, if it can be."""
    if dtype.itemsize > 4:
        return partial(_evaluate_run, curve)
    in_double = _knot_mapper(curve, np.dtype(np.float64), few)

    def run(values: NDArray[Any], out: NDArray[Any]) -> None:
        exact = np.empty(values.size, np.float64)
        in_double(values.astype(np.float64), exact)
        with np.errstate(over="ignore"):
            out[...] = exact if dtype.kind == "f" else rounded(exact, dtype)

    return run


def _holds(dtype: np.dtype[Any], x: NDArray[Any]) -> bool:
    """Whether the knots are numbers of a dtype: those of a curve for another one may not be."""
    if x.dtype == dtype:
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        cast = x.astype(dtype)
        same = (cast.astype(x.dtype) == x) & ((cast < 0) == (x < 0))  # what wraps comes back, too
        return bool(np.all(same) and np.all(cast[1:] > cast[:-1]))


def _evaluate_run(curve: TransferFunction, run: NDArray[Any], out: NDArray[Any]) -> None:
    """The curve at any numbers, with knots that lie between them."""
    if run.dtype.kind != "f":
        out[...] = rounded(curve.evaluate(run), run.dtype)
        return
    finite = np.isfinite(run)
    out[...] = run
    out[finite] = curve.evaluate(run[finite])


def _beyond_double(x: NDArray[Any]) -> bool:
    """Whether integers are too great for float64 to tell each from its neighbors."""
    return x.dtype.kind in "iu" and max(abs(int(x[0])), abs(int(x[-1]))) > 1 << 53


def _interpolate_exactly(curve: TransferFunction, run: NDArray[Any], out: NDArray[Any]) -> None:
    """The curve at integers beyond double precision: their differences are exact."""
    x, y = curve.x, curve.y
    held = np.clip(run, x[0].astype(run.dtype), x[-1].astype(run.dtype))
    knot = np.searchsorted(x, held)
    before = np.maximum(knot - 1, 0)
    width, way = _distance(x[before], x[knot]), _distance(x[before], held)
    part = np.divide(way, width, out=np.ones_like(way), where=width > 0)
    beyond = run.astype(np.float64) - held.astype(np.float64)
    exact = y[before] + (y[knot] - y[before]) * part + curve.end_slope * beyond
    out[...] = rounded(exact, run.dtype)


def _distance(low: NDArray[Any], high: NDArray[Any]) -> NDArray[np.float64]:
    """``high - low`` of 64-bit integers, by the arithmetic of their bits: it wraps around."""
    return (high.astype(np.uint64) - low.astype(np.uint64)).astype(np.float64)


def push_counts(curve: TransferFunction, histogram: Histogram) -> Histogram:
    """See `TransferFunction.push`."""
    dtype = histogram.levels.dtype
    if curve.is_identity:
        return histogram
    if dtype.kind in "iu" and dtype.itemsize > 2:
        return _push_integers(curve, histogram)
    if dtype.kind in "iu":
        lut = curve_table(curve, dtype)
        target = lut.astype(np.int64) - int(np.iinfo(dtype).min)
        counts = np.bincount(target, weights=histogram.counts, minlength=target.size)
        return Histogram(counts.astype(np.int64), histogram.bin_edges, histogram.levels)
    edges, levels = curve.evaluate(histogram.bin_edges), curve.evaluate(histogram.levels)
    if curve.x[-1] > histogram.levels[-1]:  # above all levels the curve may jump: no pixel does
        edges[-1] = levels[-1]
    return Histogram(histogram.counts, np.maximum.accumulate(edges), levels)


def _push_integers(curve: TransferFunction, histogram: Histogram) -> Histogram:
    """The levels that wide integers end at: a bin each, which reaches down to the one before."""
    moved = apply_curve(curve, histogram.levels)
    levels, target = np.unique(moved, return_inverse=True)
    counts = np.bincount(target, weights=histogram.counts, minlength=levels.size)
    # As floats: beside the greatest of 64 bit there is no room for one more.
    edges = np.concatenate([levels[:1], levels + 1.0])
    return Histogram(counts.astype(np.int64), edges, levels)
