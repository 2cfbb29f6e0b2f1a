"""A few outliers, such as hot pixels, do not cost the other pixels their bins."""

from __future__ import annotations

import cloudpickle
import dask
import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from napari_histeq import Clahe, compute_histogram, equalize, gain_map
from napari_histeq.core.arrays import ArraySource
from napari_histeq.core.clahe import extent_in, robust_extent_of, tells_outliers
from napari_histeq.core.clahe.outliers import Tails, allowance
from napari_histeq.core.methods import from_dict

RNG = np.random.default_rng(8)
#: 11 bit: 0 to 2047.
PICTURE = data.camera()[:256, :300].astype(np.uint16) * 8 + RNG.integers(0, 8, (256, 300)).astype(
    np.uint16
)
#: What is far beyond it, below and above.
FAR = {
    "u2": (None, 65535),
    "u4": (None, 2**32 - 1),
    "i4": (-(2**31), 2**31 - 1),
    "i8": (-(2**63), 2**63 - 1),
    "u8": (None, 2**64 - 1),
    "f2": (-65504.0, 65504.0),
    "f4": (-3e38, 3e38),
    "f8": (-1e308, 1e308),
}
CASES = [(t, v) for t, pair in FAR.items() for v in pair if v is not None]


def in_255(image, method="clahe", **how):
    """The result in levels of 255."""
    if image.dtype.kind == "u":
        return equalize(image, method, **how).astype(float) * (255 / np.iinfo(image.dtype).max)
    return equalize(image, method, out_range=(0, 255), **how).astype(float)


def with_outliers(image, value, places):
    found = image.copy()
    for place in places:
        found[place] = value
    others = found == image
    return found, others


def mean_change(image, changed, others, *how, **options):
    return np.abs(in_255(image, *how, **options) - in_255(changed, *how, **options))[others].mean()


@pytest.mark.parametrize(("dtype", "value"), CASES)
@pytest.mark.parametrize("limit", [0.01, 1.0])
def test_one_outlier_changes_the_others_by_less_than_a_level(dtype, value, limit):
    image = PICTURE.astype(dtype)
    hot, others = with_outliers(image, value, [(100, 100)])
    assert mean_change(image, hot, others, Clahe(clip_limit=limit)) < 0.1
    # It is the least or greatest still.
    end = 255 if value > 0 else 0
    assert in_255(hot)[100, 100] == pytest.approx(end, abs=1e-3)


@pytest.mark.parametrize(("dtype", "value"), CASES)
def test_several_all_in_one_tile(dtype, value):
    image = PICTURE.astype(dtype)
    places = [(20, column) for column in range(allowance(image.size))]
    assert len(places) == 7
    hot, others = with_outliers(image, value, places)
    assert mean_change(image, hot, others) < 0.2


def test_hot_and_cold_ones_together():
    image = PICTURE.astype(np.float32)
    hot, _ = with_outliers(image, 1e6, [(9, 9), (200, 30)])
    both, _ = with_outliers(hot, -1e6, [(9, 10), (100, 222)])
    assert mean_change(image, both, image == both) < 0.1


def test_a_thousandth_of_the_pixels_is_no_outlier():
    hot = PICTURE.copy()
    hot.reshape(-1)[::1000] = 65535
    np.testing.assert_array_equal(equalize(hot, "clahe"), equalize(hot, Clahe(ends="extremes")))


def test_extremes_stretch_the_bins_as_before():
    hot, others = with_outliers(PICTURE, 65535, [(100, 100)])
    assert mean_change(PICTURE, hot, others, Clahe(ends="extremes")) > 50


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "i4", "f2", "f4", "f8"])
def test_pictures_without_outliers_keep_their_bits(dtype):
    for picture in (PICTURE // 8 if dtype[1] == "1" else PICTURE, data.moon(), data.coins()):
        image = (picture // 2 if dtype == "i1" else picture).astype(dtype)
        before = equalize(image, Clahe(ends="extremes"))
        np.testing.assert_array_equal(equalize(image, "clahe"), before)


@pytest.mark.parametrize("nbins", [None, 64, 1000])
def test_8_bit_keeps_its_bits_in_any_container(nbins):
    """One white pixel in a dark picture of 8 bit has its level, and so have the others."""
    picture, _ = with_outliers((data.camera() // 12).astype(np.uint8), 255, [(9, 99)])
    for dtype, level in (("u1", 1), ("u2", 257), ("f4", 1 / 255), ("f8", 1.0)):
        image = (picture.astype(float) * level).astype(dtype)
        robust, plain = (
            equalize(image, Clahe(nbins=nbins, ends=e)) for e in ("robust", "extremes")
        )
        np.testing.assert_array_equal(robust, plain)


@pytest.mark.parametrize(("dtype", "level"), [("u2", 257), ("f2", 1 / 255), ("f4", 1 / 255)])
def test_the_levels_of_8_bit_are_found_beside_an_outlier(dtype, level):
    """The middle of the range: bins that lie between its levels would be off by tens."""
    image = ((data.camera()[:256, :256] // 3 + 60.0) * level).astype(dtype)
    hot, others = with_outliers(image, 60001, [(77, 7)])
    how = {} if dtype == "u2" else {"out_range": (0, 1)}
    before, after = (equalize(x, "clahe", **how)[others].astype(float) for x in (image, hot))
    assert np.abs(before - after).mean() < level / 20


def test_masks():
    """The pixels that count decide, however many there are."""
    mask = RNG.random(PICTURE.shape) < 0.1
    mask[100, 100] = True
    hot, others = with_outliers(PICTURE, 65535, [(100, 100)])
    assert mean_change(PICTURE, hot, others & mask, mask=mask) < 1
    mask[100, 100] = False
    unseen = equalize(hot, "clahe", mask=mask)
    np.testing.assert_array_equal(unseen[others], equalize(PICTURE, "clahe", mask=mask)[others])


def test_tiles_of_a_volume_and_planes():
    stack = np.stack([PICTURE[:96, :120] + z for z in range(12)])
    hot, others = with_outliers(stack, 60000, [(3, 9, 9), (3, 9, 10)])
    volume = Clahe(kernel_size=(5, 20, 30))
    assert mean_change(stack, hot, others, volume) < 0.5
    planes, same = (equalize(x, "clahe", axes=(1, 2)) for x in (hot, stack))
    np.testing.assert_array_equal(np.delete(planes, 3, 0), np.delete(same, 3, 0))
    single = equalize(hot[3], "clahe")
    np.testing.assert_array_equal(planes[3], single)


@pytest.mark.parametrize("dtype", ["u2", "i8", "f4"])
@pytest.mark.parametrize("chunks", [(64, 64), (256, 1), (256, 300)])
def test_lazy_with_the_outlier_in_another_chunk(dtype, chunks):
    hot, _ = with_outliers(PICTURE.astype(dtype), 65535, [(0, 0), (255, 299), (3, 3)])
    for ends in ("robust", "extremes"):
        method = Clahe(kernel_size=41, ends=ends)
        lazy = equalize(da.from_array(hot, chunks=chunks), method)
        np.testing.assert_array_equal(lazy.compute(), equalize(hot, method))


def elsewhere(graph, keys, **how):
    """A scheduler whose tasks share nothing with this process: all travels, as to a cluster."""
    return dask.get(cloudpickle.loads(cloudpickle.dumps(graph)), keys, **how)


def test_lazy_with_a_mask_where_tasks_share_no_memory():
    hot, _ = with_outliers(PICTURE[:64, :80], 65535, [(7, 7)])
    mask = RNG.random(hot.shape) < 0.7
    with dask.config.set(scheduler=elsewhere):
        lazy = equalize(da.from_array(hot, chunks=50), "clahe", mask=da.from_array(mask, chunks=50))
        found = lazy.compute()
    np.testing.assert_array_equal(found, equalize(hot, "clahe", mask=mask))


def test_colors():
    image = (data.astronaut()[:200, :200].astype(np.uint16) * 8 + 3) // 2
    hot, _ = with_outliers(image, 65535, [(50, 60)])
    others = np.ones(image.shape[:2], np.bool_)
    others[50, 60] = False
    assert mean_change(image, hot, others, channel_axis=-1) < 0.1


@pytest.mark.parametrize("dtype", ["u2", "i8", "f4"])
def test_flips_and_transposes_keep_the_bits(dtype):
    hot, _ = with_outliers(PICTURE.astype(dtype), 65535, [(1, 2), (250, 9)])
    found = equalize(hot, Clahe(kernel_size=40))
    for turn in (np.flipud, np.fliplr, np.transpose, np.rot90):
        np.testing.assert_array_equal(equalize(turn(hot), Clahe(kernel_size=40)), turn(found))


def test_order_is_kept_in_a_single_tile():
    hot = PICTURE.astype(np.float32)
    hot[:2, :3] = [[1e4, 2e4, 3e5], [-1e4, -9e9, 3200]]
    found = equalize(hot, Clahe(kernel_size=hot.shape)).ravel()[np.argsort(hot, axis=None)]
    assert (np.diff(found) >= 0).all()
    assert (found[0], found[-1]) == (hot.min(), hot.max())


def test_the_gain_is_that_of_the_picture_without():
    hot, others = with_outliers(PICTURE, 65535, [(100, 100)])
    np.testing.assert_allclose(
        gain_map(hot, Clahe())[others], gain_map(PICTURE, Clahe())[others], rtol=0.3
    )


def test_nearly_constant_images_keep_what_is_in_them():
    image = np.zeros((200, 200), np.uint16)
    image[7, 7:9] = 500, 900
    np.testing.assert_array_equal(equalize(image, "clahe"), equalize(image, Clahe(ends="extremes")))


@pytest.mark.parametrize("loops", ["compiled", "numpy"])
def test_no_warning_by_the_greatest_floats_beside_the_least(loops, monkeypatch):
    monkeypatch.setenv("NAPARI_HISTEQ_LOOPS", loops)
    tiny = RNG.random((64, 64)) * 1e-300
    tiny[3, 3], tiny[5, 5] = 1.7e308, -1.7e308
    found = equalize(tiny, "clahe", out_range=(0, 1))
    assert found[3, 3] == 1
    assert found[5, 5] == 0
    assert np.median(found) == pytest.approx(0.5, abs=0.1)


def ends_by_sorting(values):
    """The rule by its words."""
    values = np.sort(values)
    spare = allowance(values.size)
    low, high = float(values[spare]), float(values[-1 - spare])
    half = (high - low) / 2
    kept = values[(values >= low - half) & (values <= high + half)]
    return kept[0], kept[-1]


@given(
    st.sampled_from(["u2", "i4", "i8", "f4", "f8"]),
    st.integers(900, 30_000),
    st.sampled_from([1.05, 1.5, 2, 4, 100]),
    st.integers(0, 5),
    st.integers(0, 2**32),
)
def test_the_ends_by_the_words_of_the_rule(dtype, size, factor, outliers, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(1000, 1000 + rng.integers(400, 600), size)
    values[:outliers] = values[:outliers] * factor
    values[-2:] = values[-2:] / factor
    image = rng.permutation(values).astype(dtype)
    low, high = ends_by_sorting(image)
    for found in (
        robust_extent_of(ArraySource(image), 256, True),
        extent_in(compute_histogram(image), 256, robust=True),
    ):
        assert (found.low, found.high) == (image.min(), image.max())
        assert (found.ends or found[:2]) == (low, high)


@given(st.integers(10, 200_000), st.integers(1, 4), st.integers(0, 2**32))
def test_the_tails_are_those_of_all_sorted(size, parts, seed):
    """Guessed by a sample where there are many; many equal ones and sorted ones, too."""
    rng = np.random.default_rng(seed)
    for values in (rng.normal(0, 1, size), rng.integers(0, 5, size), np.sort(rng.random(size))):
        tails = Tails.empty(values.dtype, values.shape)
        for part in np.array_split(values, parts):
            tails.visit(part, None, (0,))
        ordered = np.sort(values)
        assert tails.total == size
        np.testing.assert_array_equal(np.sort(tails.least), ordered[: tails.most])
        np.testing.assert_array_equal(np.sort(tails.greatest), ordered[-tails.most :])


@given(st.integers(0, 2**32), st.floats(0.1, 3), st.integers(0, 3))
def test_adaptive_bins_never_deny_an_outlier(seed, spread, outliers):
    rng = np.random.default_rng(seed)
    image = rng.gamma(1 / spread, 1, 20_000).astype(np.float32)
    image[:outliers] *= 9
    histogram = compute_histogram(image)
    found = robust_extent_of(ArraySource(image), 256, True)
    if tells_outliers(histogram):
        assert found == extent_in(histogram, 256, robust=True)


def test_a_record_from_before_gives_its_bits():
    hot, _ = with_outliers(PICTURE, 65535, [(100, 100)])
    early = {k: v for k, v in Clahe().as_dict().items() if k != "ends"}
    assert from_dict(early) == Clahe(ends="extremes")
    assert from_dict(Clahe().as_dict()) == Clahe(ends="robust")
    assert not np.array_equal(equalize(hot, from_dict(early)), equalize(hot, "clahe"))
