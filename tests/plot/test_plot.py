"""The plot: on its numbers and on where its words stand; never on stored pictures."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy.signal import find_peaks
from skimage import color, data

from napari_histeq import (
    Global,
    Histogram,
    compute_histogram,
    equalize,
    plot,
    transfer_function,
)
from napari_histeq.plot.content import BARS, content_of, view_of
from napari_histeq.plot.text import font_of, number, percent, text_width, tick_labels

RNG = np.random.default_rng(3)
SIZE = (128, 128)


def both(image):
    """Before, after and the curve."""
    before = compute_histogram(image)
    curve = transfer_function(before, Global()) if before.total else None
    return before, curve.push(before) if curve else before, curve


def hot():
    image = RNG.lognormal(0, 1, SIZE).astype(np.float32)
    image[0, 0] = 1e30
    return image


def x_ray():
    image = np.clip(RNG.gamma(1.2, 12, SIZE), 0, 255).astype(np.uint8)
    image[:, :55] = 0
    return image


IMAGES = {
    "moon": data.moon(),
    "x-ray": x_ray(),
    "uint16": (RNG.gamma(3, 100, SIZE) + 900).astype(np.uint16),
    "int16": RNG.normal(0, 300, SIZE).astype(np.int16),
    "uint32": (RNG.gamma(3, 100, SIZE) * 1e6).astype(np.uint32),
    "float": RNG.random(SIZE),
    "hot": hot(),
    "huge": 1.7e308 * np.linspace(-1, 1, 500),
    "tiny": np.linspace(1e-310, 5e-310, 500),
    "narrow": np.linspace(1e9, 1e9 + 1, 500),
    "three": np.repeat(np.array([10, 50, 200], np.uint8), [50, 30, 20]),
    "constant": np.full((9, 9), 7, np.uint8),
    "constant16": np.full((9, 9), 7000, np.uint16),
    "constant float": np.full((9, 9), 2.5),
    "nothing": np.full((9, 9), np.nan),
    "bool": np.array([True, False, True]),
    "stack": data.camera()[:64, :64].reshape(4, 16, 64),
}


def drawn(image, size=(9, 6.2), dpi=100, **options):
    """A drawn figure and its plot."""
    figure = Figure(figsize=size, dpi=dpi)
    canvas = FigureCanvasAgg(figure)
    before, after, curve = both(image)
    shown = plot.draw(figure, before, after, **{"curve": curve, **options})
    canvas.draw()
    return shown


def texts(shown):
    """The words to be seen, and the pixels they take."""
    renderer = shown.figure.canvas.get_renderer()
    found = [t for t in shown.figure.findobj(Text) if t.get_text() and seen(t)]
    return [(t.get_text(), t.get_window_extent(renderer)) for t in found]


def seen(text):
    axes = text.axes
    return text.get_visible() and (axes is None or axes.get_visible())


def words(shown):
    return {text for text, _ in texts(shown)}


# -- numbers ------------------------------------------------------------------


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
    shown = plot.draw(figure, histogram, histogram, log=True)
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


# -- words --------------------------------------------------------------------


def test_levels_are_named_before_and_after():
    said = words(drawn(data.moon(), title="moon"))
    assert {"before", "178 levels", "after", "49 levels", "moon", "intensity"} <= said
    assert {"histogram", "KDE", "cdf", "curve", "fraction of pixels"} <= said


def test_a_single_histogram():
    histogram = compute_histogram(data.moon())
    figure = Figure(figsize=(9, 4))
    FigureCanvasAgg(figure).draw()
    shown = plot.draw(figure, histogram)
    said = words(shown)
    assert "178 levels" in said
    assert not {"before", "after", "curve"} & said
    assert not any("flat" in word for word in said)


def test_the_legend_names_what_there_is():
    assert "KDE" not in words(drawn(data.moon(), kde=False))
    assert "curve" not in words(drawn(data.moon(), curve=None))


def test_levels_used():
    assert plot.levels_used(compute_histogram(data.moon())) == 178
    assert plot.levels_used(compute_histogram(np.array([0.5, 1.5, 1.5]))) == 2
    assert plot.levels_used(compute_histogram(IMAGES["float"])) is None
    assert plot.levels_used(compute_histogram(data.moon(), nbins=20)) is None
    assert "continuous" in words(drawn(IMAGES["float"]))
    coarse = compute_histogram(data.moon(), nbins=20)
    figure = Figure()
    FigureCanvasAgg(figure)
    assert "counted in 20 bins" in words(plot.draw(figure, coarse))


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


# -- layout -------------------------------------------------------------------

LONG = "/a/long path/with $dollars$ {braces} \\slashes/and 画像/image_0001.ome.tif [Image 3] " * 2
LAYOUTS = {
    "full": {"size": (9, 6.2)},
    "compact": {"size": (3, 2.6), "compact": True},
    "wide compact": {"size": (5, 2.6), "compact": True, "measures": {"entropy": (4.9, 4.7)}},
    "light": {"size": (9, 6.2), "theme": "light", "title": LONG},
    "log": {"size": (9, 6.2), "log": True, "nbins": 64},
    "compact log": {"size": (3, 2.6), "log": True, "compact": True},
    "measures": {
        "size": (9, 7),
        "title": LONG,
        "measures": {f"a measure {i}": (i, i / 3) for i in range(9)},
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", IMAGES)
def test_nothing_is_cut_off_and_nothing_overlaps(name, layout):
    shown = drawn(IMAGES[name], **LAYOUTS[layout])
    assert_tidy(shown)
    shown.mark(0.0 if name in ("nothing", "huge") else float(np.mean(IMAGES[name])))
    assert_tidy(shown)


def assert_tidy(shown):
    found = texts(shown)
    width, height = shown.figure.canvas.get_width_height()
    for text, box in found:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= width, text
        assert box.y1 <= height, text
    for (one, first), (two, second) in itertools.combinations(found, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        up = min(first.y1, second.y1) - max(first.y0, second.y0)
        # Boxes have the height of the tallest letters: a hair is no overlap.
        assert across <= 0 or up <= 0.1 * min(first.height, second.height), (one, two)


@pytest.mark.parametrize("size", [7, 9.5, 15])
@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_the_width_of_words_is_known_beforehand(size, weight):
    figure = Figure(dpi=300)
    canvas = FigureCanvasAgg(figure)
    for words in ("before", "1,288 levels", "fraction → 10³⁰", "▲ cut off: 45 % at −0.5"):
        text = figure.text(0, 0, words, fontproperties=font_of(size, weight))
        measured = text.get_window_extent(canvas.get_renderer()).width / 300
        assert text_width(words, size, weight) == pytest.approx(measured, rel=0.04)


def test_letters_are_large_enough_where_the_plot_first_appears():
    # As a layer it fills about 900 pixels; there, 12 pixels is napari's own size of letters.
    shown = drawn(data.moon(), measures={"entropy": (1, 2)})
    sizes = {t.get_fontsize() for t in shown.figure.findobj(Text) if t.get_text()}
    assert min(sizes) * 100 / 72 >= 12


def test_a_resized_figure_is_laid_out_anew():
    shown = drawn(data.moon(), size=(3, 2.6), compact=True)
    figure, canvas = shown.figure, shown.figure.canvas
    figure.set_size_inches(5, 4)
    canvas.callbacks.process("resize_event", None)
    box = shown.before.axes.get_position()
    assert box.x0 * 5 == pytest.approx(0.44, abs=0.01)


# -- colors ------------------------------------------------------------------

#: Machado, Oliveira and Fernandes 2009, severity 1; on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def rgb(code):
    return np.array(mpl.colors.to_rgb(code))


def seen_by(blindness, code):
    """The CIELAB color as somebody sees it."""
    value = rgb(code)
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(BLINDNESS[blindness]) @ linear, 0, 1)
    back = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return color.rgb2lab(back)


def contrast(one, two):
    """WCAG's ratio of luminances."""
    value = np.array([rgb(one), rgb(two)])
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    low, high = np.sort(linear @ [0.2126, 0.7152, 0.0722])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_color_blind_readers_tell_the_colors_apart(theme, blindness):
    theme = plot.Theme.of(theme)
    codes = (theme.before, theme.after, theme.curve, theme.background)
    for one, two in itertools.combinations(codes, 2):
        distance = np.linalg.norm(seen_by(blindness, one) - seen_by(blindness, two))
        assert distance > 15, (one, two)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_words_stand_out_from_the_paper(theme):
    theme = plot.Theme.of(theme)
    for words in (theme.text, theme.muted):
        assert contrast(words, theme.background) > 4.5
    for line in (theme.before, theme.after, theme.curve):
        assert contrast(line, theme.background) > 3


def test_themes_follow_napari():
    assert plot.Theme.of("dark") == plot.Theme.dark()
    assert plot.Theme.of("light") == plot.Theme.light()
    assert plot.Theme.of("some plugin's") == plot.Theme.dark()
    own = plot.Theme.of("some plugin's", background="#fdf6e3", text="#073642")
    assert (own.background, own.text) == ("#fdf6e3", "#073642")
    assert own.after == plot.Theme.light().after
    assert plot.Theme.of(own) is own
    with pytest.raises(ValueError, match=r"'red'.*#rrggbb"):
        plot.Theme.of("dark", background="red")


# -- rendering ----------------------------------------------------------------


@pytest.mark.parametrize("name", IMAGES)
def test_every_image_renders(name):
    before, after, curve = both(IMAGES[name])
    picture = plot.render(before, after, curve=curve, width=900)
    assert picture.dtype == np.uint8
    assert picture.shape[1:] == (900, 4)
    assert (picture[..., 3] == 255).all()
    assert np.ptp(picture[..., :3]) > 100


def test_transparent():
    before, after, curve = both(data.moon())
    picture = plot.render(before, after, curve=curve, width=900, transparent=True)
    assert (picture[0, :, 3] == 0).all()
    assert picture[..., 3].max() == 255


def test_a_stack_is_added_up():
    stack = data.camera()[:64, :64].reshape(4, 16, 64)
    per_plane = compute_histogram(stack, axes=(1, 2))
    whole = compute_histogram(stack)
    assert np.array_equal(plot.render(per_plane, width=600), plot.render(whole, width=600))


def test_too_narrow_is_refused():
    with pytest.raises(ValueError, match="width is 100"):
        plot.render(compute_histogram(data.moon()), width=100)


@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64]),
        hnp.array_shapes(max_dims=2, max_side=8),
    ),
    st.sampled_from([None, 1, 20, 300]),
    st.booleans(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_counted_can_be_drawn(image, nbins, log):
    if image.dtype.kind == "f":
        image = image.clip(-1e38, 1e38)
    shown = drawn(image, size=(3, 2.6), compact=True, nbins=nbins, log=log)
    shown.mark(0.0)
    for content in shown.shown.contents:
        assert np.isfinite(content.bars).all()
        assert np.isfinite(content.kde).all()


def test_threads_render_the_same():
    before, after, curve = both(data.moon())
    alone = plot.render(before, after, curve=curve, width=600)
    with ThreadPoolExecutor(4) as pool:
        pictures = list(
            pool.map(lambda _: plot.render(before, after, curve=curve, width=600), range(8))
        )
    assert all(np.array_equal(picture, alone) for picture in pictures)


def test_rc_params_neither_matter_nor_change():
    before, after, curve = both(data.moon())
    plain = plot.render(before, after, curve=curve, width=600)
    loud = {
        "axes.grid": True, "axes.facecolor": "red", "font.size": 30, "font.family": "serif",
        "xtick.direction": "in", "lines.linewidth": 9, "lines.marker": "o", "text.color": "red",
        "figure.facecolor": "red", "axes.prop_cycle": mpl.cycler(color=["red"]),
        "figure.autolayout": True, "lines.linestyle": ":", "figure.dpi": 30,
    }  # fmt: skip
    with mpl.rc_context(loud):
        kept = dict(mpl.rcParams)
        assert np.array_equal(plot.render(before, after, curve=curve, width=600), plain)
        assert dict(mpl.rcParams) == kept


def test_neither_pyplot_nor_qt_is_imported():
    code = (
        "import sys, numpy as np; from napari_histeq import compute_histogram, plot;"
        "plot.render(compute_histogram(np.arange(9)), width=300);"
        "bad = {'matplotlib.pyplot', 'napari', 'qtpy', 'magicgui'} & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("ending", ["svg", "pdf", "png"])
def test_export(tmp_path, ending):
    before, after, curve = both(data.moon())
    path = tmp_path / f"plot.{ending}"
    plot.save(path, before, after, curve=curve, title="moon", width=600)
    start = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}[ending]
    assert path.read_bytes().startswith(start)


# -- the live panel -----------------------------------------------------------


def test_an_update_changes_data_only():
    shown = drawn(data.moon(), size=(3, 2.6), compact=True)
    artists = set(map(id, shown.figure.findobj()))
    before, after, curve = both(data.camera())
    shown.update(before, after, curve)
    shown.figure.canvas.draw()
    fresh = drawn(data.camera(), size=(3, 2.6), compact=True)
    assert np.array_equal(
        np.asarray(shown.figure.canvas.buffer_rgba()), np.asarray(fresh.figure.canvas.buffer_rgba())
    )
    shown.update(*both(data.moon()))
    assert artists <= set(map(id, shown.figure.findobj()))


def test_chosen_otherwise_it_looks_as_if_made_so():
    before, after, curve = both(IMAGES["uint16"])
    shown = drawn(IMAGES["uint16"], size=(3, 2.6), compact=True)
    for nbins, log, kde, alone in [
        (20, False, True, False),
        (64, True, True, False),
        (None, True, False, True),
        (256, False, False, True),
        (None, False, True, False),
    ]:
        shown.choose(nbins=nbins, log=log, kde=kde)
        shown.update(before, None if alone else after, None if alone else curve)
        shown.figure.canvas.draw()
        figure = Figure(figsize=(3, 2.6), dpi=100)
        FigureCanvasAgg(figure)
        data_shown = (before, None if alone else after)
        look = {"curve": None if alone else curve, "nbins": nbins, "log": log, "kde": kde}
        plot.draw(figure, *data_shown, compact=True, **look)
        figure.canvas.draw()
        np.testing.assert_array_equal(pixels(shown.figure), pixels(figure), str((nbins, log)))


def test_twenty_updates_a_second():
    shown = drawn(IMAGES["uint16"], size=(3, 2.6), compact=True)
    data_shown = both(IMAGES["uint16"])

    def once():
        start = time.process_time()
        shown.update(*data_shown)
        shown.figure.canvas.draw()
        return time.process_time() - start

    assert min(once() for _ in range(7)) < 0.05


def pixels(figure):
    return np.asarray(figure.canvas.buffer_rgba()).copy()


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("name", ["moon", "x-ray", "uint16", "int16", "float", "hot", "three"])
def test_drawing_only_what_moves_gives_the_same_picture(name, log):
    before = compute_histogram(IMAGES[name])
    at = float(IMAGES[name].flat[0])
    wholes = []

    def state(strength, mark):
        curve = transfer_function(before, Global(), strength=strength)
        wanted = drawn_from(before, curve, log)
        for figure in (shown, wanted):
            figure.update(before, curve.push(before), curve, note="")
            figure.mark(mark)
        wanted.figure.canvas.draw()
        canvas = shown.figure.canvas
        blit.draw(canvas)
        off = np.abs(pixels(shown.figure).astype(int) - pixels(wanted.figure))
        # Where the curves end upon a tick, they lie over it instead of under it.
        assert np.count_nonzero(off.max(axis=-1) > 1) <= 8, off.max()

    shown = drawn_from(before, transfer_function(before), log)
    blit = plot.Blit(shown)
    ground = blit.draw_ground
    blit.draw_ground = lambda renderer: wholes.append(1) or ground(renderer)
    for strength, mark in [(1, None), (0.9, None), (0.85, at), (0.8, None), (0.95, None)]:
        state(strength, mark)
    assert len(wholes) < 5
    shown.figure.set_size_inches(3.4, 2.6)  # no old ground under another size
    canvas = shown.figure.canvas
    blit.draw(canvas)
    assert pixels(shown.figure).shape[1] == 340


def test_no_picture_that_is_drawn_elsewhere_holds_it():
    """matplotlib has one lock for all figures: a large one takes its time."""
    shown = drawn_from(compute_histogram(IMAGES["moon"]), transfer_function(IMAGES["moon"]), False)
    blit = plot.Blit(shown)
    with Figure._render_lock:
        drawing = threading.Thread(target=blit.draw, args=[shown.figure.canvas], daemon=True)
        drawing.start()
        drawing.join(10)
        assert not drawing.is_alive()
    assert pixels(shown.figure)[..., :3].std() > 10


def drawn_from(before, curve, log):
    figure = Figure(figsize=(3, 2.6), dpi=100)
    FigureCanvasAgg(figure)
    after = curve.push(before)
    return plot.draw(figure, before, after, curve=curve, compact=True, log=log, note="")


def test_a_marked_intensity_is_seen_on_all_curves():
    image = data.moon()
    shown = drawn(image)
    curve = both(image)[2]
    shown.mark(113)
    target = int(curve(np.array([113], np.uint8))[0])
    assert list(shown.before.cursor.get_xdata()) == [113, 113]
    assert list(shown.after.cursor.get_xdata()) == [target, target]
    assert shown.before.dot.get_ydata()[0] == pytest.approx(np.mean(image <= 113))
    assert shown.after.dot.get_ydata()[0] == pytest.approx(np.mean(image <= 113))
    x = shown.flow.thread.get_xdata()
    assert (x[0], x[-1]) == (pytest.approx(113.5 / 256), pytest.approx((target + 0.5) / 256))
    share = f"cdf {np.mean(image <= 113):.3f}"
    assert {f"113 · {share}", f"→ {target} · {share}"} <= words(shown)
    shown.update(*both(image))  # the mark stays where the cursor is
    assert list(shown.before.cursor.get_xdata()) == [113, 113]
    for nothing in (None, np.nan):
        shown.mark(nothing)
        assert not len(shown.before.cursor.get_xdata())
        assert not len(shown.flow.thread.get_xdata())
        assert "dotted: KDE before" in words(shown)


def test_a_mark_out_of_view_is_told_in_words():
    shown = drawn(IMAGES["hot"])
    shown.mark(1e30)
    assert not len(shown.before.cursor.get_xdata())
    assert any(word.startswith("10³⁰ · cdf") for word in words(shown))
