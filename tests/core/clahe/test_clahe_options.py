"""Where tiles lie; what options are refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_histeq import equalize
from napari_histeq.core.clahe.method import Clahe, clip_limit_from
from napari_histeq.core.clahe.opencv_method import OpenCvClahe
from napari_histeq.core.clahe.tiles import TileGrid, default_kernel, kernel_from_physical
from napari_histeq.core.methods import from_dict


class TestGeometry:
    @given(n=st.integers(1, 300), k=st.integers(1, 300))
    def test_tiles_are_symmetric_and_cover_everything(self, n, k):
        k = min(n, k)
        grid = TileGrid((n,), (k,))
        starts, stops = grid.windows(0)
        np.testing.assert_array_equal(starts, n - stops[::-1])
        assert starts[0] == 0
        assert stops[-1] == n
        assert np.all(starts[1:] <= stops[:-1])
        assert np.all(stops[:-1] - starts[1:] <= 1)
        assert np.all(stops - starts >= k // 2)
        left, right, weight = grid.blend(0, 0, n)
        whole = grid.wholes[0]
        assert np.all((weight >= 0) & (weight <= whole))
        # The mirror image mixes the mirrored tiles.
        last = grid.tiles[0] - 1
        shares = np.zeros((n, last + 1), int)
        np.add.at(shares, (np.arange(n), left), whole - weight)
        np.add.at(shares, (np.arange(n), right), weight)
        np.testing.assert_array_equal(shares, shares[::-1, ::-1])

    def test_huge_tiles_keep_their_weights_exact(self):
        grid = TileGrid((100_000, 90_000, 80_000), (30_001, 20_000, 9_999))
        whole = np.prod([float(w) for w in grid.wholes])
        assert whole <= 2**36
        for axis, n in enumerate(grid.shape):
            _, _, first = grid.blend(axis, 0, 500)
            left, right, last = grid.blend(axis, n - 500, n)
            del left, right
            np.testing.assert_array_equal(first, grid.wholes[axis] - last[::-1])

    def test_default_is_an_eighth(self):
        assert default_kernel((512, 1000, 20, 5, 1)) == (64, 125, 8, 5, 1)

    def test_physical_size(self):
        shape = (40, 2048, 2048)
        assert kernel_from_physical(20.0, (0.5, 0.1, 0.1), shape) == (40, 200, 200)
        assert kernel_from_physical(5.0, (0.5, 0.1, -0.1), shape) == (10, 50, 50)
        assert kernel_from_physical(0.01, (0.5, 0.1, 0.1), shape) == (1, 1, 1)
        with pytest.raises(ValueError, match="size is 0"):
            kernel_from_physical(0, (1, 1), (5, 5))
        with pytest.raises(ValueError, match="one length, not 0"):
            kernel_from_physical(1, (1, 0), (5, 5))


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "error", "words"),
        [
            ({"kernel_size": 0}, ValueError, "kernel_size=0"),
            ({"kernel_size": (8, 0)}, ValueError, "kernel_size"),
            ({"kernel_size": -3}, ValueError, "kernel_size=-3"),
            ({"kernel_size": 2.5}, TypeError, "kernel_size=2.5"),
            ({"kernel_size": True}, TypeError, "kernel_size=True"),
            ({"kernel_size": ()}, ValueError, "kernel_size"),
            ({"clip_limit": -0.1}, ValueError, "clip_limit=-0.1"),
            ({"clip_limit": float("nan")}, ValueError, "clip_limit"),
            ({"nbins": 1}, ValueError, "nbins=1"),
            ({"nbins": 1 << 20}, ValueError, "nbins=1048576"),
            ({"nbins": 2.0}, TypeError, "nbins=2.0"),
            ({"target": "normal"}, ValueError, "target='normal'"),
            ({"alpha": 0}, ValueError, "alpha=0"),
        ],
    )
    def test_bad_options(self, options, error, words):
        with pytest.raises(error, match=words):
            Clahe(**options)

    @pytest.mark.parametrize(
        ("options", "error", "words"),
        [
            ({"tile_grid_size": 8}, ValueError, "two numbers"),
            ({"tile_grid_size": (8, 8, 8)}, ValueError, "two numbers"),
            ({"tile_grid_size": (8, 0)}, ValueError, "tile_grid_size"),
            ({"tile_grid_size": (8, 2.5)}, TypeError, "tile_grid_size"),
            ({"clip_limit": -1}, ValueError, "clip_limit=-1"),
        ],
    )
    def test_bad_options_of_opencv(self, options, error, words):
        with pytest.raises(error, match=words):
            OpenCvClahe(**options)

    @pytest.mark.parametrize(
        ("shape", "options", "words"),
        [
            ((20, 30), {"kernel_size": 25}, r"at most \(20, 25\)"),
            ((20, 30), {"kernel_size": (8, 8, 8)}, "one number per axis"),
            ((4000, 4000), {"kernel_size": 2, "nbins": 65536}, "larger tiles"),
        ],
    )
    def test_what_does_not_fit_the_image(self, shape, options, words):
        image = np.broadcast_to(np.uint8(1), shape)
        with pytest.raises(ValueError, match=words):
            Clahe(**options).check(image.shape, image.dtype, False, "auto")

    def test_a_record_makes_the_method_again(self):
        for method in (Clahe(kernel_size=(8, 9), nbins=64), Clahe.opencv(3.0, (4, 6))):
            record = json.loads(json.dumps(method.as_dict()))
            assert record["name"] == method.name
            assert from_dict(record) == method

    @pytest.mark.parametrize("grid", [None, [4, 6]])
    def test_a_record_of_before_opencv_was_a_method_of_its_own(self, grid):
        early = {
            "name": "clahe", "kernel_size": None, "clip_limit": 3.0 / 256, "nbins": None,
            "target": "uniform", "alpha": 0.4, "convention": "opencv", "tile_grid_size": grid,
        }  # fmt: skip
        assert from_dict(early) == Clahe.opencv(3.0, (4, 6) if grid else (8, 8))
        plain = Clahe(clip_limit=3.0 / 256, ends="extremes")  # outliers were none then
        assert from_dict(early | {"convention": "centered"}) == plain

    def test_the_short_form_of_before_it_was(self):
        image = np.arange(6400, dtype=np.uint16).reshape(80, 80)
        short = equalize(image, "clahe", convention="opencv", clip_limit=0.02)
        np.testing.assert_array_equal(short, equalize(image, Clahe.opencv(0.02 * 256)))

    def test_conversions(self):
        assert clip_limit_from(opencv=2.56) == pytest.approx(0.01)
        assert clip_limit_from(opencv=0) == 1
        assert clip_limit_from(fiji=3, nbins=128) == pytest.approx(3 / 128)
        assert clip_limit_from(matlab=0) == 1 / 256
        assert clip_limit_from(matlab=1) == 1
        for wrong in ({}, {"fiji": 1, "opencv": 2}, {"fiji": -1}):
            with pytest.raises(ValueError, match="exactly one"):
                clip_limit_from(**wrong)
