"""The numbers of the plot: bars, densities, cdf and curve."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from helpers.figures import IMAGES, RNG, both, drawn, words
from napari_histeq import compute_histogram, equalize
from napari_histeq.plot.content import BARS


def test_the_bars_are_the_fractions_of_the_pixels():
    shown = drawn(data.moon())
    for panel, image in (
        (shown.before, data.moon()),
        (shown.after, both(data.moon())[2](data.moon())),
    ):
        heights, edges, _ = panel.bars.get_data()
        counts, _ = np.histogram(image, np.arange(257))
        assert np.array_equal(heights, counts / image.size)
        assert np.array_equal(edges, np.arange(257) - 0.5)


def test_twenty_coarse_bars():
    shown = drawn(data.moon(), nbins=20)
    counts, edges = np.histogram(data.moon(), 20, (0, 256))
    assert np.allclose(shown.shown.before.bars, counts / data.moon().size)
    assert np.allclose(shown.shown.before.bar_edges, edges - 0.5)
    heights, _, _ = shown.before.bars.get_data()
    assert np.array_equal(heights[::2], shown.shown.before.bars)  # a gap between each two
    assert not heights[1::2].any()


@pytest.mark.crossed
@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("nbins", [None, 20, 64])
def test_no_pixel_is_lost(name, nbins):
    before = compute_histogram(IMAGES[name])
    content = drawn(IMAGES[name], nbins=nbins).shown.before
    lost = content.below + content.above
    assert content.bars.sum() + lost == pytest.approx(float(before.total > 0), abs=1e-3)
    assert content.bars.size <= (nbins or BARS)
    assert np.all(np.diff(content.bar_edges) > 0)


@pytest.mark.parametrize("name", [n for n in IMAGES if n not in ("nothing", "hot", "huge")])
def test_the_cdf_ends_at_one(name):
    shown = drawn(IMAGES[name])
    for panel in (shown.before, shown.after):
        y = panel.cdf.get_ydata()
        assert y[-1] == 1
        assert np.all(np.diff(y) >= 0)


def test_the_cdf_is_that_of_the_pixels():
    image = IMAGES["uint16"]
    made = equalize(image)
    shown = drawn(image).shown
    for level in np.unique(image)[::50]:
        target = made[image == level][0]
        assert shown.before.cdf_at(level) == np.mean(image <= level)
        assert shown.after.cdf_at(target) == np.mean(made <= target)
    assert shown.before.cdf_at(-1.0) == 0.0


def test_the_density_lies_upon_the_bars():
    image = RNG.normal(120, 20, (400, 400)).clip(0, 255).astype(np.uint8)
    shown = drawn(image)
    x, y = shown.before.kde.get_data()
    heights, _, _ = shown.before.bars.get_data()
    assert y.max() == pytest.approx(heights.max(), rel=0.1)
    assert np.trapezoid(y, x) == pytest.approx(1, abs=0.01)


def test_the_curve_is_drawn_on_the_range_of_the_output():
    shown = drawn(data.moon())
    x, y = shown.before.curve.get_data()
    curve = both(data.moon())[2]
    assert np.allclose(255.5 * y - (1 - y) * 0.5, curve.evaluate(x).clip(-0.5, 255.5))


def test_threads_lead_from_each_level_to_its_place():
    image = IMAGES["three"]
    shown = drawn(image)
    curve = both(image)[2]
    ends = np.array([thread[[0, -1]] for thread in shown.flow.threads.get_segments()])
    levels = np.array([10, 50, 200])
    assert np.allclose(ends[:, 0, 0], (levels + 0.5) / 256)
    assert np.allclose(ends[:, 1, 0], (curve(levels.astype(np.uint8)) + 0.5) / 256)
    assert np.allclose(ends[:, :, 1], [1, 0])


def test_a_hot_pixel_does_not_stretch_the_axis():
    shown = drawn(IMAGES["hot"])
    low, high = shown.before.axes.get_xlim()
    assert high < 1000
    assert any("not shown: " in word and "10³⁰" in word for word in words(shown))
    x, y = shown.before.kde.get_data()
    middle = np.median(IMAGES["hot"])
    assert 0.05 * middle < x[np.argmax(y)] < 2 * middle
    inside = np.mean((IMAGES["hot"] >= low) & (IMAGES["hot"] <= high))
    assert shown.shown.before.bars.sum() == pytest.approx(inside, abs=1e-3)


def test_a_bar_that_dwarfs_the_others_is_cut_off_and_says_so():
    image = IMAGES["x-ray"]
    shown = drawn(image)
    zeros = np.mean(image == 0)
    assert shown.before.axes.get_ylim()[1] < zeros / 3
    assert f"▲ cut off: {100 * zeros:.0f} % at 0" in words(shown)
    assert not any("cut off" in word for word in words(drawn(data.camera())))
