"""The words of the plot, its sentences and numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from skimage import data

from helpers.figures import IMAGES, both, drawn, words
from napari_histeq import Histogram, compute_histogram, plot
from napari_histeq.plot.levels import levels_used
from napari_histeq.plot.text import number, percent, tick_labels


def test_levels_are_named_before_and_after():
    said = words(drawn(data.moon(), title="moon"))
    assert {"before", "178 levels", "after", "49 levels", "moon", "intensity"} <= said
    assert {"histogram", "KDE", "cdf", "curve", "fraction of pixels"} <= said


def test_a_single_histogram():
    histogram = compute_histogram(data.moon())
    figure = Figure(figsize=(9, 4))
    FigureCanvasAgg(figure).draw()
    shown = plot.HistogramFigure(figure, histogram)
    said = words(shown)
    assert "178 levels" in said
    assert not {"before", "after", "curve"} & said
    assert not any("flat" in word for word in said)


def test_the_legend_names_what_there_is():
    assert "KDE" not in words(drawn(data.moon(), kde=False))
    assert "curve" not in words(drawn(data.moon(), curve=None))


def test_levels_used():
    assert levels_used(compute_histogram(data.moon())) == 178
    assert levels_used(compute_histogram(np.array([0.5, 1.5, 1.5]))) == 2
    assert levels_used(compute_histogram(IMAGES["float"])) is None
    assert levels_used(compute_histogram(data.moon(), nbins=20)) is None
    assert "continuous" in words(drawn(IMAGES["float"]))
    coarse = compute_histogram(data.moon(), nbins=20)
    figure = Figure()
    FigureCanvasAgg(figure)
    assert "counted in 20 bins" in words(plot.HistogramFigure(figure, coarse))


def test_the_sentence_answers_the_question():
    before, after, _ = both(data.moon())
    said = plot.why_not_flat(before, after)
    assert said.startswith("Why is it not perfectly flat? A curve moves whole levels")
    assert "178 levels became 49, because 129 were merged" in said
    shown = drawn(data.moon())
    assert " ".join(text for text, _ in shown.shown.lines) == said


def test_the_sentence_is_true_for_local_methods():
    before = compute_histogram(data.moon())
    local = compute_histogram(np.arange(data.moon().size).reshape(data.moon().shape) % 256)
    split = Histogram(local.counts[:256], np.arange(257))
    assert "Each place has a curve of its own" in plot.why_not_flat(before, split)


def test_of_floats_only_the_caller_knows_that_each_place_has_its_own_curve():
    noise = np.random.default_rng(0).random((512, 512), np.float32)
    before = compute_histogram(noise)  # more levels than bins: they cannot be counted
    assert "A curve moves whole levels" in plot.why_not_flat(before, before)
    assert "Each place has a curve" in plot.why_not_flat(before, before, local=True)


@pytest.mark.parametrize("name", IMAGES)
def test_there_is_a_sentence_for_every_image(name):
    before, after, _ = both(IMAGES[name])
    assert plot.why_not_flat(before, after).endswith(".")


def test_a_note_replaces_it_and_an_empty_one_removes_it():
    assert "as you like" in words(drawn(data.moon(), note="as you like"))
    assert not drawn(data.moon(), note="").shown.lines


def test_measures_are_shown_with_an_arrow():
    shown = drawn(data.moon(), measures={"entropy": (4.891, 4.708), "clipped": "0 %", "n": 3})
    (first, is_measure), *_ = shown.shown.lines
    assert is_measure
    assert first.split("     ") == ["entropy 4.89 → 4.71", "clipped 0 %", "n 3"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"), (255, "255"), (65535, "65,535"), (-1024, "−1,024"), (0.5, "0.5"),
        (1e30, "10³⁰"), (2.5e-7, "2.5×10⁻⁷"), (123.456, "123.5"), (np.nan, "–"),
    ],
)  # fmt: skip
def test_numbers_in_words(value, said):
    assert number(value) == said


@pytest.mark.parametrize(
    ("fraction", "said"),
    [(0, "0 %"), (0.45, "45 %"), (0.0005, "0.05 %"), (1e-7, "< 0.001 %"), (0.9999, "> 99.9 %")],
)
def test_percents_in_words(fraction, said):
    assert percent(fraction) == said


@given(st.floats(-1e300, 1e300), st.floats(1e-9, 1e300), st.integers(2, 9))
def test_labels_of_ticks_differ_and_are_true(start, step, count):
    ticks = start + step * np.arange(count)
    if not np.all(np.diff(ticks) > 1e-9 * np.abs(ticks).max()):
        return
    labels, power = tick_labels(ticks)
    assert len(set(labels)) == count
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    factor = 10.0 ** int(power[3:].translate(digits)) if power else 1.0
    values = np.array([float(text.replace("−", "-").replace(",", "")) for text in labels])
    assert np.allclose(values * factor, ticks, rtol=0, atol=0.011 * np.diff(ticks).max())
