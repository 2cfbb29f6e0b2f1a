"""Each compiled loop against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers import strategies as some
from napari_histeq import TransferFunction
from napari_histeq.core import kernels
from napari_histeq.core.arrays.keys import bits_dtype, bits_of, finite_keys, keys_of, order_of
from napari_histeq.core.histogram.counting import as_words
from napari_histeq.core.transfer.knots import knot_table

pytestmark = pytest.mark.whole

RUNS = npst.array_shapes(max_dims=1, max_side=70)
WIDE = ["<u4", "<i4", "<f4", "<u8", "<i8", "<f8"]
WORDS = {np.uint8: kernels.levels.count_bytes, np.uint16: kernels.levels.count_shorts}


def runs(dtype):
    return some.images(dtypes=st.just(np.dtype(dtype)), shapes=RUNS, layouts=["C"])


@pytest.mark.parametrize("dtype", WORDS)
@given(data=st.data())
def test_counting(dtype, data):
    image = data.draw(runs(dtype))
    start = data.draw(st.integers(0, image.size - 1))  # not always on a word's boundary
    levels = 1 << np.iinfo(dtype).bits
    counts = np.full(levels, 3, np.int64)
    WORDS[dtype](*as_words(image[start:]), counts)
    np.testing.assert_array_equal(counts - 3, np.bincount(image[start:], minlength=levels))


@pytest.mark.parametrize("dtype", WORDS)
@given(data=st.data())
def test_counting_with_a_mask(dtype, data):
    image = data.draw(runs(dtype))
    mask = data.draw(npst.arrays(bool, image.shape))
    levels = 1 << np.iinfo(dtype).bits
    counts = np.ones(levels, np.int64)
    kernels.levels.count_masked(image, mask.view(np.uint8), counts)
    np.testing.assert_array_equal(counts - 1, np.bincount(image[mask], minlength=levels))


def test_counting_long_runs_of_one_value():
    for dtype, count in WORDS.items():
        counts = np.zeros(1 << np.iinfo(dtype).bits, np.int64)
        for _ in range(3):
            count(*as_words(np.full(1_000_003, 7, dtype)), counts)
        assert (counts[7], counts.sum()) == (3_000_009, 3_000_009)


@pytest.mark.parametrize("dtype", WORDS)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_look_up(dtype, data, seed):
    image = data.draw(runs(dtype))
    levels = 1 << np.iinfo(dtype).bits
    table = np.random.default_rng(seed).integers(0, levels, levels).astype(dtype)
    out = np.empty_like(image)
    kernels.levels.look_up(image, table, out)
    np.testing.assert_array_equal(out, table[image])


@given(npst.arrays(np.uint64, RUNS), st.integers(0, 2**32 - 1))
def test_look_up_words(words, seed):
    table = np.random.default_rng(seed).integers(0, 65536, 65536).astype(np.uint16)
    out = np.empty_like(words)
    kernels.levels.look_up_words(words, table, out)
    np.testing.assert_array_equal(out.view(np.uint16), table[words.view(np.uint16)])


@pytest.mark.parametrize("dtype", WIDE)
@given(data=st.data())
def test_order_key(dtype, data):
    values = data.draw(runs(dtype))
    values = values[np.isfinite(values)]
    order = order_of(values.dtype)
    keys = [kernels.keys.order_key(bits, order) for bits in bits_of(values)]
    np.testing.assert_array_equal(np.array(keys, np.uint64), keys_of(values).astype(np.uint64))


def test_order_key_puts_what_is_not_finite_beyond():
    for dtype in map(np.dtype, ("f4", "f8")):
        odd = np.array([np.nan, -np.nan, np.inf, -np.inf], dtype)
        low, high = finite_keys(dtype)
        for bits in bits_of(odd):
            assert not low <= int(kernels.keys.order_key(bits, order_of(dtype))) <= high


@pytest.mark.parametrize("dtype", WIDE)
@given(data=st.data())
def test_counting_keys_in_one_level(dtype, data):
    image = data.draw(runs(dtype))
    masked = data.draw(st.booleans())
    mask = data.draw(npst.arrays(bool, image.shape)) if masked else np.empty(0, bool)
    shift = 8 * image.itemsize - 10
    low, high = finite_keys(image.dtype)
    counts = np.zeros(1 << 10, np.int64)
    kind = bits_dtype(image.dtype).type
    extremes = np.array([~kind(0), 0], kind)
    kernels.keys.count_keys(
        bits_of(image), mask.view(np.uint8), order_of(image.dtype), kind(low),
        kind(high - low), np.array([shift], kind), np.empty(0, np.int32), np.zeros(1, np.int64),
        counts, extremes,
    )  # fmt: skip
    counted = image[np.isfinite(image) & (mask if masked else True)]
    keys = keys_of(counted) - kind(low)
    np.testing.assert_array_equal(
        counts, np.bincount((keys >> kind(shift)).astype(int), minlength=1 << 10)
    )
    if counted.size:
        assert extremes.tolist() == [keys.min(), keys.max()]


@pytest.mark.parametrize("dtype", ["<u4", "<f4", "<f8"])
@given(data=st.data())
def test_counting_keys_in_two_levels(dtype, data):
    """One cell of 16 is divided in 8: the others are no longer counted."""
    image = data.draw(runs(dtype))
    finite = image[np.isfinite(image)]
    kind = bits_dtype(image.dtype).type
    bits = 8 * image.itemsize
    shifts = np.array([bits - 4, bits - 7], kind)
    heavy = data.draw(st.integers(0, 15))
    children = np.full(16, -1, np.int32)
    children[heavy] = 0
    counts, extremes = np.zeros(8, np.int64), np.array([~kind(0), 0], kind)
    _, high = finite_keys(image.dtype)
    kernels.keys.count_keys(
        bits_of(finite), np.empty(0, np.uint8), order_of(image.dtype), kind(0),
        kind(high), shifts, children, np.zeros(1, np.int64), counts, extremes,
    )  # fmt: skip
    cells = keys_of(finite) >> shifts[1]
    within = cells[cells >> kind(3) == heavy] & kind(7)
    np.testing.assert_array_equal(counts, np.bincount(within.astype(int), minlength=8))


@pytest.mark.parametrize("dtype", ["<u4", "<i4", "<f4", "<f8"])
@pytest.mark.parametrize("end_slope", [0.0, 0.25])
@given(data=st.data())
def test_interpolating(dtype, end_slope, data):
    image = data.draw(runs(dtype))
    knots = data.draw(runs(dtype))
    x = np.unique(knots[np.isfinite(knots) & (np.abs(knots.astype(float)) < 1e30)])
    if x.size < 2:
        x = np.array([0, 1], dtype)
    y = np.sort(np.random.default_rng(0).normal(size=x.size))
    curve = TransferFunction(x, y, end_slope)
    out = np.empty(image.shape, np.float64)
    kernels.keys.interpolate(bits_of(image), image, *knot_table(curve, image.dtype), out)
    finite = np.isfinite(image)
    where = image[finite].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        wanted = np.interp(where, x.astype(float), y)
        wanted += end_slope * (where - np.clip(where, float(x[0]), float(x[-1])))
    exact = np.isfinite(wanted)  # np.interp overflows between the closest of knots
    np.testing.assert_allclose(out[finite][exact], wanted[exact], rtol=1e-12, atol=1e-9)
    np.testing.assert_array_equal(out[~finite], image[~finite])
    assert np.isfinite(out[finite]).all()


# Color

PIXELS = st.tuples(st.integers(1, 40), st.sampled_from([3, 4]))


@given(st.sampled_from([np.uint8, np.uint16]), PIXELS, st.integers(0, 2**32 - 1))
def test_luminance_of_levels(dtype, shape, seed):
    pixels = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, endpoint=True)
    pixels = pixels.astype(dtype)
    out = np.empty(len(pixels), dtype)
    kernels.color.luminance_levels(pixels, out)
    wanted = pixels[:, :3] @ np.array([0.2126, 0.7152, 0.0722])
    slack = np.iinfo(dtype).max / 65536 + 1e-9  # the weights are in 1/65536
    assert np.all(np.abs(out - wanted) <= 0.5 + slack)
    gray = np.repeat(np.arange(np.iinfo(dtype).max + 1, dtype=dtype)[:, None], 3, axis=1)
    levels = np.empty(len(gray), dtype)
    kernels.color.luminance_levels(gray, levels)
    np.testing.assert_array_equal(levels, gray[:, 0])


@given(st.sampled_from([np.float32, np.float64]), PIXELS, st.integers(0, 2**32 - 1))
def test_luminance_of_values(dtype, shape, seed):
    pixels = np.random.default_rng(seed).normal(0, 50, shape).astype(dtype)
    out = np.empty(len(pixels), dtype)
    kernels.color.luminance_values(pixels, out)
    wanted = pixels[:, :3].astype(float) @ np.array([0.2126, 0.7152, 0.0722])
    np.testing.assert_allclose(out, wanted, rtol=1e-5, atol=1e-4)
    gray = pixels[:, [0, 0, 0]].copy()
    kernels.color.luminance_values(gray, out)
    np.testing.assert_array_equal(out, gray[:, 0])


def recolored(pixels, before, after, black, low, high):
    """Pixel by pixel in double precision."""
    out = pixels.astype(float).copy()
    for i, pixel in enumerate(pixels.astype(float)):
        was, wanted = float(before[i]), float(after[i])
        if was > black:
            rgb = low + (pixel[:3] - black) * (wanted - low) / (was - black)
        else:
            rgb = wanted + (pixel[:3] - black)
        if rgb.max() > high:
            keep = (high - wanted) / (rgb.max() - wanted) if rgb.max() > wanted else 0
            rgb = wanted + (rgb - wanted) * keep
        out[i, :3] = rgb
    return out


@given(PIXELS, st.integers(0, 2**32 - 1), st.sampled_from([(0, 0, 255), (0, 20, 200)]))
def test_recoloring_levels(shape, seed, limits):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, shape).astype(np.uint8)
    pixels[rng.random(len(pixels)) < 0.1] = 0
    before = np.empty(len(pixels), np.uint8)
    kernels.color.luminance_levels(pixels, before)
    after = rng.integers(limits[1], limits[2] + 1, len(pixels)).astype(np.uint8)
    out = np.empty_like(pixels)
    kernels.color.recolor_levels(pixels, before, after, *map(float, limits), out)  # type: ignore[call-arg]
    wanted = recolored(pixels, before, after, *limits)
    assert np.all(np.abs(out - wanted) <= 0.5 + 1e-3)


@given(PIXELS, st.integers(0, 2**32 - 1), st.sampled_from([(0.0, 0.0, 1.0), (-1.0, -1.0, 2.0)]))
def test_recoloring_values(shape, seed, limits):
    rng = np.random.default_rng(seed)
    pixels = rng.uniform(limits[0], 1, shape)
    pixels[rng.random(len(pixels)) < 0.1, 1] = np.nan
    before = np.empty(len(pixels))
    kernels.color.luminance_values(pixels, before)
    after = rng.uniform(limits[1], limits[2], len(pixels))
    out = np.empty_like(pixels)
    kernels.color.recolor(pixels, before, after, *limits, float(np.finfo(float).max), out)  # type: ignore[call-arg]
    known = np.isfinite(before)
    wanted = recolored(pixels[known], before[known], after[known], *limits)
    np.testing.assert_allclose(out[known], wanted, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(out[~known], pixels[~known])
