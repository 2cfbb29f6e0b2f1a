"""Pyramids: one curve for all levels."""

import dask.array as da
import numpy as np
import pytest
from lazy_cases import image

from napari_histeq import compute_histogram, equalize, equalize_multiscale, transfer_function
from napari_histeq.core import _lazy_equalize, cdf_distance


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
    monkeypatch.setattr(_lazy_equalize, "PLANE_BYTES", plane_bytes)
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
    else:  # the levels hold every other pixel, and colour is mapped pixel by pixel
        assert np.array_equal(got[1].compute(), got[0].compute()[:, ::2, ::2])


def test_levels_that_do_not_fit_are_refused():
    levels = pyramid(image("u2"))
    with pytest.raises(ValueError, match="same length at each level"):
        equalize_multiscale(levels, axes=(0, 1))
    with pytest.raises(ValueError, match="not one image"):
        equalize_multiscale([levels[0], levels[1].astype("f4")])
    with pytest.raises(ValueError, match="count_level is 3"):
        equalize_multiscale(levels, count_level=3)
    with pytest.raises(ValueError, match="levels is empty"):
        equalize_multiscale([])


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
