"""CLAHE against a slow oracle; mirrors, layouts and blocks give the same bits."""

from __future__ import annotations

import itertools

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.clahe_cases import FLOATS, INTEGERS, equalize, sample
from helpers.clahe_oracle import clahe as oracle
from helpers.effort import examples
from napari_histeq.core.arrays import output_limits
from napari_histeq.core.clahe import mixing
from napari_histeq.core.clahe.curves import (
    TARGETS,
    Rule,
    count_tiles,
    counter,
    no_counts,
    tile_curves,
)
from napari_histeq.core.clahe.knots import Knots, knots_for
from napari_histeq.core.clahe.method import Clahe
from napari_histeq.core.clahe.tiles import TileGrid

SHAPES = [
    pytest.param((64, 64), (16, 16), id="dividing"),
    pytest.param((61, 47), (16, 10), id="odd remainder"),
    pytest.param((30, 41), (7, 41), id="one tile across"),
    pytest.param((33, 400), (9, 150), id="long rows"),
    pytest.param((53,), (8,), id="1-D"),
    pytest.param((9, 22, 31), (4, 8, 9), id="3-D"),
    pytest.param((4, 5, 6, 13), (2, 3, 4, 5), id="4-D"),
]


class TestOracle:
    @pytest.mark.crossed
    @pytest.mark.parametrize(("shape", "kernel"), SHAPES)
    @pytest.mark.parametrize("dtype", INTEGERS)
    def test_integers_are_within_rounding(self, dtype, shape, kernel):
        image = sample(dtype, shape)
        expected, _ = oracle(image, kernel)
        found = equalize(image, kernel_size=kernel)
        error = np.abs(found.astype(np.float64) - expected).max()
        # The clipped counts are in fixed point: 2 ** -30 of a tile, times the bins.
        assert error <= max(0.52, 1e-6 * float(np.ptp(expected)))

    @pytest.mark.parametrize(("shape", "kernel"), SHAPES)
    @pytest.mark.parametrize("dtype", FLOATS)
    def test_floats_are_within_rounding(self, dtype, shape, kernel):
        image = sample(dtype, shape)
        expected, _ = oracle(image, kernel)
        found = equalize(image, kernel_size=kernel)
        scale = np.ptp(expected)
        tolerance = max(2 * np.finfo(image.dtype).eps, 1e-6) * scale
        assert np.abs(found.astype(np.float64) - expected).max() <= tolerance

    @pytest.mark.crossed
    @pytest.mark.parametrize("target", ["uniform", "rayleigh", "exponential"])
    @pytest.mark.parametrize("clip_limit", [0.0, 0.005, 0.05, 1.0])
    @pytest.mark.parametrize("nbins", [2, 50, 256, 1000])
    def test_options(self, target, clip_limit, nbins):
        options = {"target": target, "clip_limit": clip_limit, "nbins": nbins}
        for dtype, allowed in (("u1", 0.52), ("u2", 0.55), ("f4", 1e-5)):
            image = sample(dtype, (50, 70))
            expected, _ = oracle(image, (20, 30), **options)
            found = equalize(image, kernel_size=(20, 30), **options)
            assert np.abs(found - expected).max() <= allowed

    @pytest.mark.crossed
    @pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "f4"])
    @pytest.mark.parametrize("out_range", ["dtype", "image", (3, 90)])
    @pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
    def test_ranges_and_strength(self, dtype, out_range, strength):
        image = sample(dtype, (40, 50))
        settings = {"out_range": out_range, "strength": strength}
        expected, _ = oracle(image, (16, 16), **settings)
        found = equalize(image, kernel_size=16, **settings)
        allowed = 1e-5 if dtype == "f4" else 0.52
        assert np.abs(found - expected).max() <= allowed

    @pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "f4", "f8", "u8"])
    @pytest.mark.parametrize(("shape", "kernel"), [((60, 45), (10, 9)), ((9, 30, 28), (3, 7, 8))])
    def test_masks_and_nan(self, dtype, shape, kernel):
        image = sample(dtype, shape)
        mask = np.random.default_rng(1).random(shape) < 0.3
        mask[..., : shape[-1] // 2, : shape[-1] // 2] = False  # tiles where nothing counts
        if image.dtype.kind == "f":
            image[..., 3:12, 20:27] = np.nan
            image[..., 1, 1] = np.inf
            image[..., 2, 2] = -np.inf
        expected, _ = oracle(image, kernel, mask=mask)
        found = equalize(image, kernel_size=kernel, mask=mask)
        finite = np.isfinite(image)
        assert np.array_equal(found[~finite], image[~finite], equal_nan=True)
        scale = np.ptp(expected[finite])
        allowed = 0.52 if image.itemsize <= 2 else 1e-6 * scale
        error = found[finite].astype(np.float64) - expected[finite]
        assert np.abs(error).max() <= allowed


class TestSymmetry:
    @pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS])
    def test_flips_transposes_and_rotations_commute_to_the_bit(self, dtype):
        image = sample(dtype, (61, 47))
        mask = np.random.default_rng(2).random(image.shape) < 0.8
        for where in (None, mask):
            result = equalize(image, kernel_size=(16, 10), mask=where)
            turned = (
                (np.flipud, (16, 10)),
                (np.fliplr, (16, 10)),
                (np.transpose, (10, 16)),
                (np.rot90, (10, 16)),
                (lambda a: np.rot90(a, 3), (10, 16)),
            )
            for turn, kernel in turned:
                other = None if where is None else turn(where)
                for layout in (np.asarray, np.ascontiguousarray):
                    found = equalize(layout(turn(image)), kernel_size=kernel, mask=other)
                    np.testing.assert_array_equal(found, turn(result))

    @given(
        image=hnp.arrays(np.uint16, hnp.array_shapes(min_dims=1, max_dims=3, max_side=20)),
        data=st.data(),
    )
    @examples(50)
    def test_any_shape_and_kernel(self, image, data):
        kernel = tuple(data.draw(st.integers(1, n)) for n in image.shape)
        order = data.draw(st.permutations(range(image.ndim)))
        flips = data.draw(st.sets(st.integers(0, image.ndim - 1)))
        turned = np.flip(image.transpose(order), tuple(flips))
        result = equalize(image, kernel_size=kernel)
        found = equalize(
            np.ascontiguousarray(turned), kernel_size=tuple(kernel[axis] for axis in order)
        )
        expected = np.flip(result.transpose(order), tuple(flips))
        np.testing.assert_array_equal(found, expected)

    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
    def test_by_row_and_by_pixel_are_the_same_bits(self, dtype, monkeypatch):
        image = sample(dtype, (9, 61, 1300))
        results = []
        for fraction in (0, 1e9):
            monkeypatch.setattr(mixing, "BYTES_BY_ROW", fraction)
            monkeypatch.setattr(mixing, "VALUES_BY_ROW", fraction)
            results.append(equalize(image, kernel_size=(4, 16, 1201)))
        np.testing.assert_array_equal(*results)

    def test_layout_and_byte_order_change_nothing(self):
        for dtype in ("u1", "u2", "i4", "u8", "f2", "f4", "f8"):
            image = sample(dtype, (40, 60))
            result = equalize(image, kernel_size=16)
            wide = np.repeat(image, 2, axis=1)
            for other in (np.asfortranarray(image), wide[:, ::2], image.astype(f">{dtype}")):
                before = other.copy()
                found = equalize(other, kernel_size=16)
                assert found.dtype == other.dtype
                np.testing.assert_array_equal(found, result)
                np.testing.assert_array_equal(other, before)

    def test_read_only(self):
        image = sample("u1", (40, 60))
        image.flags.writeable = False
        assert equalize(image, kernel_size=16).flags.writeable


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("limit", [0.002, 0.01, 1.0])
def test_a_knot_at_each_byte_takes_no_interpolation(target, limit, monkeypatch):
    image = np.random.default_rng(0).normal(120, 60, (64, 90)).clip(0, 255).astype(np.uint8)
    grid, rule = TileGrid(image.shape, (20, 35)), Rule(limit, 256, target, 0.4)
    knots = knots_for(0, 255, 256, image.dtype)
    assert knots.are_bytes
    counts = no_counts(grid, knots)
    count_tiles(image, (0, 0), grid, knots, counts)
    direct = tile_curves(counts, grid, knots, rule)
    monkeypatch.setattr(Knots, "are_bytes", False)
    between = tile_curves(counts, grid, knots, rule)
    np.testing.assert_array_equal(direct.tables, between.tables)


class TestHugeTiles:
    """Tiles of more pixels than 32 bit count."""

    def test_they_are_counted_in_64_bit(self):
        assert counter(TileGrid((1 << 17, 1 << 17), (1 << 16, 1 << 16))) is np.int64
        assert counter(TileGrid((1 << 17, 1 << 17), (1 << 15, 1 << 16))) is np.uint32
        assert counter(TileGrid((1 << 12,) * 3, (1 << 12,) * 3)) is np.int64

    @pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "f4"])
    @pytest.mark.parametrize("limit", [0.006, 0.02, 1.0])
    def test_their_curves_depend_on_fractions_alone(self, dtype, limit, monkeypatch):
        image = sample(dtype, (40, 70), 0)
        grid, rule = TileGrid(image.shape, (20, 35)), Rule(limit, 100, "uniform", 0.4)
        knots = knots_for(image.min(), image.max(), 100, image.dtype)
        monkeypatch.setattr(TileGrid, "most_pixels", 1 << 40)
        counts = no_counts(grid, knots)
        assert counts.dtype == np.int64
        count_tiles(image, (0, 0), grid, knots, counts)
        few = tile_curves(counts.astype(np.uint32), grid, knots, rule)
        many = tile_curves(counts << 30, grid, knots, rule)
        np.testing.assert_array_equal(many.tables, few.tables)


class TestBlocks:
    """Any chunking gives the same bits: counts add up, and places are absolute."""

    @pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "f4", "f8", "i8"])
    @pytest.mark.parametrize("seed", range(4))
    def test_random_blocks(self, dtype, seed):
        rng = np.random.default_rng(seed)
        image = sample(dtype, (37, 70), seed)
        mask = rng.random(image.shape) < 0.7 if seed % 2 else None
        method = Clahe(kernel_size=(10, 15))
        expected = equalize(image, kernel_size=method.kernel_size, mask=mask)
        low, high = (image if mask is None else image[mask]).min(), None
        high = (image if mask is None else image[mask]).max()
        grid = TileGrid(image.shape, method.kernel_size)
        knots = knots_for(low, high, 256, image.dtype)
        counts = np.zeros((*grid.tiles, knots.counted), np.uint32)
        for region in chunks(image.shape, rng):
            offset = tuple(s.start for s in region)
            part = None if mask is None else mask[region]
            count_tiles(image[region], offset, grid, knots, counts, part)
        curves = tile_curves(counts, grid, knots, method.rule)
        ends = output_limits("auto", image.dtype, (low, high))
        found = np.empty_like(image)
        for region in chunks(image.shape, rng):
            places = mixing.Places.of(grid, tuple(s.start for s in region), image[region].shape)
            limits = mixing.Limits(*ends, 1.0)
            mixing.mix_curves(image[region], places, curves, limits, found[region])
        np.testing.assert_array_equal(found, expected)


def chunks(shape, rng):
    cuts = [np.unique([0, n, *rng.integers(0, n, rng.integers(0, 5))]) for n in shape]
    rows, columns = (list(itertools.pairwise(c)) for c in cuts)
    return [(slice(*r), slice(*c)) for r in rows for c in columns]
