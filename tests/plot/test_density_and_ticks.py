"""The density that is drawn, the ticks of a logarithmic axis, and common axes."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.signal import find_peaks
from skimage import data

from helpers.figures import IMAGES, RNG, SIZE, drawn, words
from napari_histeq import Histogram, compute_histogram, plot, transfer_function
from napari_histeq.plot.content import content_of, view_of


def many(histogram, times):
    """The histogram of an image of so many times the pixels."""
    return Histogram(histogram.counts * times, histogram.bin_edges, histogram.levels)


@pytest.mark.parametrize("image", ["moon", "camera", "12 of 16 bit", "levels as floats"])
def test_the_density_of_an_equalized_image_is_no_comb(image):
    """Of 400 million pixels too, for which Scott's bandwidth is narrower than the levels."""
    dark = (RNG.gamma(3, 15, (600, 600))).astype(np.uint16)
    pixels = {
        "moon": data.moon(),
        "camera": data.camera(),
        "12 of 16 bit": dark * 16,
        "levels as floats": (dark / 4095).astype(np.float32),
    }[image]
    before = compute_histogram(pixels)
    after = transfer_function(before).push(before)
    huge = many(after, 400_000_000 // after.total)
    view = view_of(huge)
    density = content_of(huge, view, None, "").kde[64:-64]
    assert density.max() < 1.6 * density.mean()
    assert density.min() > 0.4 * density.mean()


def test_few_levels_stay_apart_in_the_density():
    """Three gray values are three peaks, of half a million pixels and of 400 million."""
    for times in (5_000, 4_000_000):
        histogram = many(compute_histogram(IMAGES["three"]), times)
        density = content_of(histogram, view_of(histogram), None, "").kde
        peaks, _ = find_peaks(density, height=0.01 * density.max())
        assert np.allclose(np.linspace(-0.5, 255.5, 512)[peaks], [10, 50, 200], atol=2)


@pytest.mark.parametrize(
    ("times", "ticks"),
    [(1, {"0.001 %", "0.1 %", "10 %"}), (10**7, {"10⁻⁸ %", "10⁻⁵ %", "0.01 %", "10 %"})],
)
def test_log_heights_are_percent_like_linear_ones(times, ticks):
    histogram = many(compute_histogram(data.moon()), times)
    figure = Figure(figsize=(9, 4))
    FigureCanvasAgg(figure).draw()
    shown = plot.HistogramFigure(figure, histogram, histogram, log=True)
    assert shown.before.axes.get_yscale() == "log"
    said = [label.get_text() for label in shown.before.y_scale.labels if label.get_text()]
    assert all(label.endswith(" %") for label in said)
    assert ticks <= set(said), said
    assert len(said) <= 4
    assert "fraction of pixels, log" in words(shown)


def test_log_ticks_stand_at_what_they_say():
    shown = drawn(data.camera(), log=True)
    _, places = shown.before.y_scale.ticks.get_data()
    said = [label.get_text() for label in shown.before.y_scale.labels if label.get_text()]
    low, high = shown.before.axes.get_ylim()
    assert np.allclose(places, [float(label.removesuffix(" %")) / 100 for label in said])
    assert low <= min(places) < max(places) <= high


def test_sixteen_bit_bars_hold_equally_many_levels():
    image = (RNG.integers(0, 2000, SIZE) * 16).astype(np.uint16)  # 11 bits stored as 16
    content = drawn(image).shown.before
    assert set(np.diff(content.bar_edges)) == {128.0}


def test_both_share_an_axis_if_they_cover_about_the_same():
    assert drawn(data.camera()).shown.rows.ticks_between is False
    assert drawn(IMAGES["uint16"]).shown.rows.ticks_between is True
