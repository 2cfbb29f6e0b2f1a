"""Pyramids: one curve for all levels."""

import dask.array as da
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, zoom

from helpers.lazy_cases import image, random_chunks
from napari_histeq import (
    compute_histogram,
    equalize,
    equalize_multiscale,
    transfer_function,
)
from napari_histeq.core import cdf_distance
from napari_histeq.core.clahe.tiles import TileGrid
from napari_histeq.core.lazy import planes as lazy_planes


def pyramid(pixels, spatial=(1, 2)):
    """Every level with every other pixel of the one before."""
    step = tuple(slice(None, None, 2 if a in spatial else 1) for a in range(pixels.ndim))
    return [pixels, pixels[step].copy(), pixels[step][step].copy()]


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("lazy", [False, True])
def test_all_levels_get_the_finest_curve(dtype, lazy):
    levels = pyramid(image(dtype))
    source = [da.from_array(a, chunks=9) for a in levels] if lazy else levels
    got = equalize_multiscale(source, "global", convention="cdf_min")
    curve = transfer_function(levels[0], "global", convention="cdf_min")
    for one, level in zip(got, levels, strict=True):
        assert one.compute().tobytes() == curve(level).tobytes()
    assert (
        got[0].compute().tobytes() == equalize(levels[0], "global", convention="cdf_min").tobytes()
    )


@pytest.mark.parametrize("count_level", [0, 1, -1])
def test_a_coarser_level_may_be_counted(count_level):
    levels = pyramid(image("u2"))
    got = equalize_multiscale(levels, count_level=count_level)
    curve = transfer_function(levels[count_level])
    assert got[0].compute().tobytes() == curve(levels[0]).tobytes()


@pytest.mark.parametrize("plane_bytes", [1, 1 << 27])
@pytest.mark.parametrize("channel_axis", [None, 3])
@pytest.mark.parametrize("masked", [False, True])
def test_plane_by_plane(plane_bytes, channel_axis, masked, monkeypatch):
    monkeypatch.setattr(lazy_planes, "PLANE_BYTES", plane_bytes)
    pixels = image("u2") if channel_axis is None else image("u2", (6, 31, 40, 3))
    levels = pyramid(pixels)
    mask = np.random.default_rng(0).random((31, 40)) > 0.4 if masked else None
    options = {"axes": (1, 2), "channel_axis": channel_axis}
    got = equalize_multiscale(
        [da.from_array(a, chunks=(4, 9, 9, 3)[: a.ndim]) for a in levels], mask=mask, **options
    )
    assert got[0].compute().tobytes() == equalize(pixels, mask=mask, **options).tobytes()
    if channel_axis is None:
        for plane in range(6):
            curve = transfer_function(pixels[plane], mask=mask)
            assert got[2][plane].compute().tobytes() == curve(levels[2][plane]).tobytes()
    else:  # the levels hold every other pixel, and color is mapped pixel by pixel
        assert np.array_equal(got[1].compute(), got[0].compute()[:, ::2, ::2])


def test_levels_that_do_not_fit_are_refused():
    levels = pyramid(image("u2"))
    with pytest.raises(ValueError, match="same length at each level"):
        equalize_multiscale(levels, axes=(0, 1))
    with pytest.raises(ValueError, match="not one image"):
        equalize_multiscale([levels[0], levels[1].astype("f4")])
    with pytest.raises(ValueError, match="count_level is 3"):
        equalize_multiscale(levels, count_level=3)
    with pytest.raises(TypeError, match=r"count_level is 0.5.*integer"):
        equalize_multiscale(levels, count_level=0.5)
    with pytest.raises(ValueError, match="levels is empty"):
        equalize_multiscale([])
    with pytest.raises(TypeError, match=r"one ndarray.*list"):  # not its rows
        equalize_multiscale(image("u2"))


@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_cdf_distance_is_the_supremum(dtype):
    first, second = image(dtype), image(dtype, seed=1)[:4] * np.dtype(dtype).type(2)
    got = cdf_distance(compute_histogram(first), compute_histogram(second))
    points = np.union1d(first[np.isfinite(first)], second[np.isfinite(second)])
    cdfs = [
        np.searchsorted(np.sort(a[np.isfinite(a)]), points, side="right") / np.isfinite(a).sum()
        for a in (first, second)
    ]
    assert got == pytest.approx(
        np.abs(cdfs[0] - cdfs[1]).max(), abs=0 if dtype == "u2" else 1 / 1024
    )


def picture(dtype, shape, seed=0):
    """Smooth light and dark regions, with a little noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.random(tuple(-(-n // 24) + 1 for n in shape))
    smooth = zoom(coarse, [n / c for n, c in zip(shape, coarse.shape, strict=True)], order=1)
    smooth = gaussian_filter(smooth, 3) + rng.normal(0, 0.01, shape)
    top = 1.0 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max * 0.6
    return np.clip(smooth * top, 0, top).astype(dtype)


def averaged(pixels, spatial):
    """Every level the mean of the two, four or eight pixels that each of its own covers."""
    levels = [pixels]
    for _ in range(2):
        finer = levels[-1].astype(np.float64)
        for axis in spatial:
            finer = (finer.take(range(0, finer.shape[axis], 2), axis)
                     + finer.take(range(1, finer.shape[axis], 2), axis)) / 2  # fmt: skip
        levels.append(finer.astype(pixels.dtype))
    return levels


CLAHES = {
    "plane": ((96, 128), {}, {"kernel_size": (20, 31)}),
    "volume": ((24, 48, 64), {}, {"kernel_size": (7, 16, 20)}),
    "planes": ((3, 96, 128), {"axes": (1, 2)}, {"kernel_size": 24}),
    "thin tiles": ((3, 96, 128), {}, {"kernel_size": (1, 24, 24)}),
    "color": ((96, 128, 3), {"channel_axis": 2}, {"kernel_size": 24}),
    "OpenCV": ((96, 128), {}, {"convention": "opencv", "tile_grid_size": (5, 4)}),
}
UNKNOWN = [("OpenCV", "f4")]  # to OpenCV


@pytest.mark.parametrize(
    ("case", "dtype"),
    [
        (case, dtype)
        for case in CLAHES
        for dtype in ("u1", "u2", "f4")
        if (case, dtype) not in UNKNOWN
    ],
)
def test_zooming_keeps_the_contrast_of_clahe(case, dtype):
    shape, where, fields = CLAHES[case]
    first = 1 if len(shape) == 3 and shape[0] == 3 else 0
    spatial = tuple(range(first, len(shape) - (shape[-1] == 3)))
    levels = averaged(picture(dtype, shape), spatial)
    lazy = [da.from_array(a, chunks=17) for a in levels]
    got = [a.compute() for a in equalize_multiscale(lazy, "clahe", **where, **fields)]
    whole = equalize(levels[0], "clahe", **where, **fields)
    assert got[0].tobytes() == whole.tobytes()
    span = float(whole.max()) - float(whole.min())
    for found, wanted in zip(got[1:], averaged(whole, spatial)[1:], strict=True):
        error = np.abs(found.astype(float) - wanted) / span
        assert error.mean() < (0.015 if dtype == "u1" else 0.005)  # levels are rounded, too
        assert np.quantile(error, 0.99) < 0.03


@pytest.mark.parametrize(("n", "k"), [(96, 20), (97, 16), (1024, 128), (10, 10)])
@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_coarse_pixel_lies_in_the_middle_of_those_it_covers(n, k, times):
    n *= times
    grid = TileGrid((n,), (k,))
    fine, coarse = (
        blend.left + blend.right_weight / grid.wholes[0]
        for blend in (grid.blend(0, 0, n), grid.seen_at((n // times,)).blend(0, 0, n // times))
    )
    middle = fine.reshape(-1, times).mean(axis=1)
    inside = (coarse > 0) & (coarse < grid.tiles[0] - 1) & (fine.reshape(-1, times)[:, 0] > 0)
    inside &= fine.reshape(-1, times)[:, -1] < grid.tiles[0] - 1
    assert np.allclose(coarse[inside], middle[inside], atol=1e-12)
    same = grid.seen_at((n,)).blend(0, 0, n)
    assert all(np.array_equal(a, b) for a, b in zip(same, grid.blend(0, 0, n), strict=True))


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_levels_of_clahe_do_not_depend_on_chunks_and_mirror(dtype):
    levels = averaged(picture(dtype, (92, 124)), (0, 1))
    levels[1] = levels[1][:45, :61]  # not quite half
    fields = {"kernel_size": (15, 22)}
    wanted = [a.compute() for a in equalize_multiscale(levels, "clahe", **fields)]
    rng = np.random.default_rng(0)
    for _ in range(5):
        lazy = [da.from_array(a, chunks=random_chunks(rng, a.shape)) for a in levels]
        for one, other in zip(equalize_multiscale(lazy, "clahe", **fields), wanted, strict=True):
            assert one.compute().tobytes() == other.tobytes()
    mirrored = equalize_multiscale([a[::-1, ::-1].copy() for a in levels], "clahe", **fields)
    for one, other in zip(mirrored, wanted, strict=True):
        assert np.array_equal(one.compute()[::-1, ::-1], other)


@pytest.mark.parametrize("masked", [False, True])
def test_clahe_counted_at_a_coarser_level(masked):
    levels = averaged(picture("u2", (96, 128)), (0, 1))
    mask = np.random.default_rng(0).random(levels[1].shape) > 0.4 if masked else None
    got = equalize_multiscale(levels, "clahe", kernel_size=(24, 32), mask=mask, count_level=1)
    wanted = equalize(levels[1], "clahe", kernel_size=(12, 16), mask=mask)
    assert got[1].compute().tobytes() == wanted.tobytes()
    finest = averaged(got[0].compute(), (0, 1))[1]
    assert np.abs(finest.astype(float) - wanted).mean() < 0.01 * 65535


def test_tiles_one_pixel_thick_do_not_span_levels():
    levels = averaged(picture("u2", (24, 48, 64)), (0, 1, 2))
    with pytest.raises(ValueError, match="1 pixel thick"):
        equalize_multiscale(levels, "clahe", kernel_size=(1, 16, 16))


def test_refuses_a_tile_larger_than_the_finest_level():
    with pytest.raises(ValueError, match="larger than the image"):
        equalize_multiscale(pyramid(image("u2")), "clahe", kernel_size=(7, 16, 16))
