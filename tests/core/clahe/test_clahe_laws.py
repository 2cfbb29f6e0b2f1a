"""The laws that CLAHE promises, and its gain map."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data

from helpers.clahe_cases import FLOATS, INTEGERS, equalize, sample
from helpers.clahe_oracle import clahe as oracle
from napari_histeq.core import Clahe, gain_map
from napari_histeq.core.arrays import ArraySource
from napari_histeq.core.clahe.curves import count_tiles, tile_curves
from napari_histeq.core.clahe.knots import knots_for
from napari_histeq.core.clahe.tiles import TileGrid
from napari_histeq.core.recipe import Recipe


class TestLaws:
    @pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS])
    def test_constant_image_is_unchanged(self, dtype):
        image = np.full((20, 30), 7, dtype)
        np.testing.assert_array_equal(equalize(image, kernel_size=8), image)

    @pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS])
    def test_smallest_clip_keeps_the_contrast(self, dtype):
        image = sample(dtype, (50, 60))
        found = equalize(image, kernel_size=16, clip_limit=0, out_range="image")
        if image.itemsize == 8 and image.dtype.kind in "iu":
            assert np.abs(found / 2.0**64 - image / 2.0**64).max() < 1e-9
        elif image.dtype.kind in "iu":
            np.testing.assert_array_equal(found, image)
        else:
            np.testing.assert_allclose(found, image, rtol=0, atol=4 * np.finfo(dtype).eps * 6)

    @pytest.mark.parametrize("dtype", ["u1", "u2"])
    def test_smallest_clip_of_a_full_range_is_the_identity(self, dtype):
        image = sample(dtype, (50, 60))
        image[0, :2] = 0, np.iinfo(dtype).max
        np.testing.assert_array_equal(equalize(image, kernel_size=16, clip_limit=0), image)

    @pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"])
    def test_adding_a_constant_shifts_nothing_else(self, dtype):
        image = sample("u1", (50, 60)).clip(20, 90).astype(dtype)
        result = equalize(image, kernel_size=16)
        found = equalize(image + image.dtype.type(30), kernel_size=16)
        shift = 0 if image.dtype.kind == "u" else 30
        np.testing.assert_array_equal(found, result + image.dtype.type(shift))

    def test_clip_limit_1_clips_nothing(self):
        image = skimage.data.moon()
        whole = equalize(image, kernel_size=image.shape, clip_limit=1)
        counts = np.bincount(image.ravel(), minlength=256)
        middle = counts.cumsum() - counts / 2
        low, high = middle[image.min()], middle[image.max()]
        expected = np.rint((middle - low) / (high - low) * 255)[image]
        assert np.abs(whole - expected).max() <= 1
        assert np.mean(whole != expected) < 1e-3

    @pytest.mark.parametrize("nbins", [16, 256, 4096])
    def test_no_curve_is_steeper_than_the_limit(self, nbins):
        image = sample("f4", (60, 60))
        for clip_limit in (2 / nbins, 5 / nbins):
            gain = gain_map(image, Clahe(kernel_size=20, clip_limit=clip_limit, nbins=nbins))
            # The end knots reach only half as far, so that the rest may rise by 1 / n more.
            assert gain.max() <= clip_limit * nbins * (1 + 10 * clip_limit)

    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
    def test_planes_are_layers_of_kernel_1(self, dtype):
        stack = sample(dtype, (5, 40, 50))
        stack[2] //= 2
        found = equalize(stack, kernel_size=(1, 16, 16))
        for plane, result in zip(stack, found, strict=True):
            np.testing.assert_array_equal(result, equalize(plane, kernel_size=16))
        turned = equalize(np.moveaxis(stack, 0, 1), kernel_size=(16, 1, 16))
        np.testing.assert_array_equal(np.moveaxis(turned, 1, 0), found)

    def test_kernel_1_everywhere_changes_nothing(self):
        image = sample("u1", (20, 30))
        np.testing.assert_array_equal(equalize(image, kernel_size=1), image)

    def test_8_and_16_bit_agree(self):
        for name in ("camera", "moon", "page"):
            image = getattr(skimage.data, name)()
            narrow = equalize(image)
            wide = equalize(image.astype(np.uint16) * 257)
            single = equalize((image / 255).astype(np.float32), out_range=(0, 1))
            tolerance = 1 if np.ptp(image) == 255 else 4
            assert np.abs(wide / 257 - narrow).max() <= tolerance
            assert np.abs(single * 255.0 - wide / 257).max() <= 0.01

    def test_16_bit_and_floats_keep_their_levels(self):
        rng = np.random.default_rng(0)
        image = np.arange(1 << 16, dtype=np.uint16).reshape(256, 256)
        image = rng.permuted(image.ravel()).reshape(image.shape)
        for kernel in (32, 256):
            assert np.unique(equalize(image, kernel_size=kernel)).size > 40_000
        for dtype in ("f4", "f8"):
            values = rng.normal(size=(200, 200)).astype(dtype)
            found = equalize(values, kernel_size=values.shape)
            assert np.unique(found).size > 0.99 * np.unique(values).size

    def test_order_is_kept_within_a_tile(self):
        image = sample("u2", (60, 60))
        found = equalize(image, kernel_size=60, clip_limit=0.03)
        order = np.argsort(image, axis=None)
        assert np.all(np.diff(found.ravel()[order].astype(int)) >= 0)

    def test_one_hot_pixel_costs_no_levels(self):
        image = np.random.default_rng(0).lognormal(size=(100, 100)).astype(np.float32)
        image[50, 50] = 1e30
        found = equalize(image)
        assert np.unique(found).size > 0.9 * image.size

    def test_hard_floats(self):
        rng = np.random.default_rng(0)
        base = rng.random((40, 40))
        for image in (
            (base * 2 - 1) * 1.7e308,
            base * 5e-320,
            base * 1e-310 + 1e-300,
            (base * 3e38).astype(np.float32),
            base.astype(np.float32) * np.float32(1e-44),
            (base * 60000).astype(np.float16),
        ):
            found = equalize(image, kernel_size=10)
            assert np.all(np.isfinite(found))
            assert found.min() >= image.min()
            assert found.max() <= image.max()
            assert np.unique(found).size > 0.5 * np.unique(image).size

    def test_64_bit_extremes(self):
        for dtype in ("u8", "i8"):
            info = np.iinfo(dtype)
            image = np.random.default_rng(0).integers(info.min, info.max, (30, 30), dtype)
            image[0, 0], image[0, 1] = info.min, info.max
            found = equalize(image, kernel_size=10)
            assert (found[0, 0], found[0, 1]) == (info.min, info.max)
            half = equalize(image, kernel_size=10, strength=0.5)
            middle = image / 2.0 + found / 2.0
            np.testing.assert_allclose(half.astype(float), middle, rtol=0, atol=5e3)

    def test_a_mask_limits_the_statistics_only(self):
        image = sample("u2", (60, 60))
        mask = np.zeros(image.shape, bool)
        mask[:, :30] = True
        found = equalize(image, kernel_size=20, mask=mask)
        changed = image.copy()
        changed[:, 30:] = changed[::-1, 30:]
        again = equalize(changed, kernel_size=20, mask=mask)
        np.testing.assert_array_equal(again[:, :30], found[:, :30])
        assert not np.array_equal(again[:, 30:], found[:, 30:])

    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
    def test_nothing_counted(self, dtype):
        image = sample(dtype, (20, 20))
        out = np.empty_like(image)
        mapping, data = Clahe().fit(ArraySource(image, np.zeros(image.shape, bool)), Recipe())
        assert data is None
        mapping.map_into(image, out)
        np.testing.assert_array_equal(out, image)


class TestGain:
    def test_identity_has_gain_1(self):
        image = sample("f4", (50, 50))
        gain = gain_map(image, Clahe(kernel_size=16, clip_limit=0))
        np.testing.assert_allclose(gain, 1, atol=1e-5)

    @pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "f4"])
    @pytest.mark.parametrize("strength", [0.4, 1.0])
    def test_it_is_the_slope_of_the_result(self, dtype, strength):
        image = sample(dtype, (48, 50))
        method = Clahe(kernel_size=16, clip_limit=0.02)
        gain = gain_map(image, method, strength=strength)
        low, high = float(image.min()), float(image.max())
        grid = TileGrid(image.shape, (16, 16))
        knots = knots_for(image.min(), image.max(), 256, image.dtype)
        counts = np.zeros((*grid.tiles, knots.counted), np.uint32)
        count_tiles(image, (0, 0), grid, knots, counts)
        curves = tile_curves(counts, grid, knots, method.rule)
        # One knot up and one down, through the same curves, unrounded.
        _, at_knots = oracle(image, (16, 16), clip_limit=0.02)
        assert curves.tables.shape[:2] == at_knots.shape[:2]
        size = at_knots.shape[-1]
        slope = np.gradient(at_knots, axis=-1) * (size - 1) / (high - low)
        span = 255 if dtype == "u1" else 65535 if dtype == "u2" else high - low
        place = (image.astype(float) - low) / (high - low) * (size - 1)
        from helpers.clahe_oracle import neighbors

        expected = np.zeros(image.shape)
        below = np.minimum(place.astype(int), size - 2)
        for corner in ((0, 0), (0, 1), (1, 0), (1, 1)):
            index, weight = neighbors(corner, image.shape, (16, 16), grid.tiles)
            for up in (0, 1):
                share = weight * (place - below if up else 1 - place + below)
                expected += share * slope[(*np.ix_(*index), below + up)]
        expected = strength * expected * span + 1 - strength
        np.testing.assert_allclose(gain, expected, rtol=2e-3, atol=2e-3)

    def test_nan_stays_and_planes_are_apart(self):
        stack = sample("f4", (3, 40, 40))
        stack[0, 3, 4] = np.nan
        gain = gain_map(stack, Clahe(kernel_size=16), axes=(-2, -1))
        assert np.isnan(gain[0, 3, 4])
        np.testing.assert_array_equal(gain[1], gain_map(stack[1], Clahe(kernel_size=16)))

    def test_opencv(self):
        gain = gain_map(skimage.data.moon(), Clahe.opencv(2.0))
        assert gain.dtype == np.float32
        assert 1 < np.median(gain) < 4
