"""Exact equalization: flat to one pixel, in order, without a preferred direction."""

from __future__ import annotations

from itertools import pairwise

import dask.array as da
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from skimage import data

from helpers import strategies as some
from napari_histeq import Exact, equalize, equalize_multiscale, transfer_function

RULES = ["variational", "local_means"]
RNG = np.random.default_rng(5)


def entropy(image):
    p = np.unique(image, return_counts=True)[1] / image.size
    return float(-(p * np.log2(p)).sum())


def assert_in_order(before, after):
    """No pixel of a lower intensity comes out above one of a higher intensity."""
    levels = np.unique(before)
    for dark, light in pairwise(levels):
        assert after[before == dark].max() <= after[before == light].min()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["camera", "moon", "coins"])
def test_it_is_flat_and_in_order(name, rule):
    image = getattr(data, name)()
    found = equalize(image, Exact(rule))
    counts = np.bincount(found.ravel(), minlength=256)
    assert np.ptp(counts) <= 1
    assert entropy(found) == pytest.approx(8, abs=1e-4)
    assert_in_order(image, found)


@given(
    some.images(dtypes=st.sampled_from(["u1", "<u2", "i1", "<i4", "<f2", "<f4", "<f8"])),
    st.sampled_from(RULES),
)
def test_any_image(image, rule):
    finite = np.isfinite(image)
    assume(np.unique(image[finite]).size > 1)
    found = equalize(image, Exact(rule), out_range=(0, 4))
    np.testing.assert_array_equal(found[~finite], image[~finite])
    assert_in_order(image[finite], found[finite])
    assert found[finite].min() >= 0
    assert found[finite].max() <= 4
    if image.dtype.kind != "f":
        assert np.ptp(np.bincount(found.ravel().astype(int), minlength=5)) <= 1
    else:  # every pixel its own
        steps = np.diff(np.sort(found[finite].astype(float)))
        np.testing.assert_allclose(steps, 4 / (finite.sum() - 1), atol=4e-3)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "f4"])
def test_volumes_and_planes(dtype, rule):
    volume = RNG.integers(0, 7, (5, 30, 40)).astype(dtype)
    whole = equalize(volume, Exact(rule), out_range=(0, 100))
    assert np.ptp(np.histogram(whole, 10, (0, 100.0001))[1]) > 0
    assert_in_order(volume, whole)
    planes = equalize(volume, Exact(rule), axes=(1, 2), out_range=(0, 100))
    for plane, found in zip(volume, planes, strict=True):
        np.testing.assert_array_equal(found, equalize(plane, Exact(rule), out_range=(0, 100)))


def naive_variational(image):
    """The paper's iteration, with differences along both axes, by plain numpy."""
    f = image.astype(float)
    u, alpha, beta = f.copy(), 0.1 / 4, 0.4 / 4
    for _ in range(5):
        total = np.zeros_like(u)
        for axis in (0, 1):
            step = np.diff(u, axis=axis)
            slope = step / (alpha + np.abs(step))
            after = [(0, 0), (0, 0)]
            after[axis] = (0, 1)
            before = [(0, 0), (0, 0)]
            before[axis] = (1, 0)
            total += np.pad(slope, before) - np.pad(slope, after)
        y = beta * total
        u = f - alpha * y / (1 - np.abs(y))
    return u


def test_the_order_is_that_of_the_smoothed_image():
    image = data.camera()[:200, :150]
    smooth = naive_variational(image).ravel()
    found = equalize(image, Exact()).ravel().astype(int)
    order = np.argsort(smooth, kind="stable")
    apart = np.diff(smooth[order]) > 1e-9
    assert np.all(np.diff(found[order])[apart] >= 0)
    assert apart.mean() > 0.99


def test_what_is_equal_in_everything_has_no_direction():
    """Of a periodic pattern all of a level are alike: their order must not be that of a raster."""
    image = np.tile(np.array([[0, 0], [0, 200]], np.uint8), (64, 64))
    middle = equalize(image, Exact())[8:-8, 8:-8].astype(float)
    twins = middle[::2, ::2]  # pixels with the same neighbors
    y, x = np.indices(twins.shape)
    for direction in (x, y, x + y, x - y):
        assert abs(np.corrcoef(direction.ravel(), twins.ravel())[0, 1]) < 0.05
    np.testing.assert_array_equal(equalize(image, Exact()), equalize(image, Exact()))


def test_a_flat_region_becomes_noise_but_no_ramp():
    """Inoue, Ono and Hara: a flat thing gets a pattern. Ours has no ramp and no symmetry of its own."""
    image = np.full((96, 96), 100, np.uint8)
    image[:, 64:] = 200
    found = equalize(image, Exact()).astype(float)
    flat = found[4:-4, 4:60]
    assert np.ptp(flat) > 100  # it is not flat any more: what the caution says
    means = [flat.mean(axis=axis) for axis in (0, 1)]
    for along in means:
        place = np.arange(along.size)
        assert abs(np.polyfit(place, along, 1)[0]) * along.size < 0.1 * np.ptp(flat)
    assert abs(np.corrcoef(flat.ravel(), flat[::-1].ravel())[0, 1]) < 0.06
    assert "may be false" in Exact.caution


def test_a_false_edge_stays_within_its_intensity():
    """However the detail is ordered, no pattern reaches over to another intensity."""
    ramp = np.repeat(np.arange(64, dtype=np.uint8) * 4, 64).reshape(64, 64).T
    found = equalize(ramp, Exact()).astype(int)
    assert np.abs(found - ramp).max() <= 3  # 64 levels, of which each has 4 of the 256
    assert np.ptp(np.bincount(found.ravel(), minlength=256)) <= 1


@pytest.mark.parametrize(("rule", "reach"), [("variational", 6), ("local_means", 3)])
def test_a_false_pattern_beside_an_edge_is_narrow_and_has_no_ripples(rule, reach):
    """In a flat thing the pixels beside an edge come first or last: a band, and no more than one."""
    image = np.full((120, 120), 100, np.uint8)
    image[:, 60:] = 200
    found = equalize(image, Exact(rule)).astype(float)
    band, beyond = found[:, 60 - reach : 60].mean(axis=0), found[:, : 60 - reach]
    inner = band[-2:]
    assert np.ptp(inner) > 0  # it is there: the caution's false pattern
    order = np.sign(np.diff(band[np.abs(band - beyond.mean()) > 4]))
    assert (order >= 0).all() or (order <= 0).all()  # toward the edge it goes one way
    columns = beyond[:, 4:].mean(axis=0)
    spread = beyond.std() / np.sqrt(len(beyond))  # what chance makes of the mean of a column
    assert np.abs(columns - columns.mean()).max() < 5 * spread


@pytest.mark.parametrize(("rule", "reach"), [("variational", 6), ("local_means", 3)])
def test_a_false_pattern_reaches_no_farther_than_its_cause(rule, reach):
    """One odd pixel in a flat thing: the order of the others, but for a few around it, is as before."""
    flat = np.full((64, 64), 100, np.uint8)
    flat[:, :8] = 90  # an image of two intensities
    odd = flat.copy()
    odd[40, 40] = 180
    y, x = np.indices(flat.shape)
    far = (np.maximum(np.abs(y - 40), np.abs(x - 40)) > reach) & (flat == 100)
    before, after = (equalize(i, Exact(rule), out_range=(0, 4095)) for i in map(wide, (flat, odd)))
    order = np.argsort(before[far], kind="stable")
    assert np.all(np.diff(after[far][order].astype(int)) >= 0)


def wide(image):
    """The same picture in 16 bit, so that each pixel gets a level of its own."""
    return image.astype(np.uint16)


@pytest.mark.parametrize("strength", [0.0, 0.5])
def test_strength_is_linear(strength):
    image = data.moon()[:100, :100]
    full = equalize(image, Exact(), out_range=(0, 255)).astype(float)
    found = equalize(image, Exact(), strength=strength)
    np.testing.assert_array_equal(found, np.rint((1 - strength) * image + strength * full))


def test_only_pixels_that_count_are_ranked():
    image = RNG.integers(10, 50, (80, 90)).astype(np.uint8)
    mask = RNG.random(image.shape) < 0.4
    found = equalize(image, Exact(), mask=mask)
    assert np.ptp(np.bincount(found[mask], minlength=256)) <= 1
    for level in np.unique(image):
        wanted = found[mask & (image == level)].mean()
        np.testing.assert_allclose(found[~mask & (image == level)], wanted, atol=0.51)


@pytest.mark.parametrize("layout", list(some.LAYOUTS))
def test_the_layout_changes_no_bit(layout):
    image = RNG.integers(0, 9, (30, 41)).astype(np.uint16)
    np.testing.assert_array_equal(
        equalize(some.LAYOUTS[layout](image), Exact()), equalize(image, Exact())
    )


def test_lazily_by_planes_or_not_at_all():
    stack = RNG.integers(0, 9, (4, 30, 41)).astype(np.uint8)
    lazy = da.from_array(stack, chunks=(1, 10, 41))
    got = equalize(lazy, Exact(), axes=(1, 2))
    np.testing.assert_array_equal(got, equalize(stack, Exact(), axes=(1, 2)))
    with pytest.raises(
        ValueError, match=r"Exact ranks.*\(4, 30, 41\).* \d\.\d\d MB of memory.*lazy.*axes"
    ):
        equalize(lazy, Exact())
    with pytest.raises(ValueError, match="Exact ranks"):
        equalize_multiscale([lazy, lazy[:, ::2, ::2]], Exact())


def test_it_is_no_curve():
    with pytest.raises(TypeError, match="Exact is not a single curve"):
        transfer_function(data.moon(), Exact())
    color = equalize(data.astronaut()[:64, :64], Exact(), channel_axis=-1)
    assert color.shape == (64, 64, 3)
