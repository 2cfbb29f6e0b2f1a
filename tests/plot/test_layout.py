"""Where words stand: nothing is cut off, and nothing overlaps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from skimage import data

from helpers.figures import IMAGES, drawn, texts
from napari_histeq.plot.text import font_of, text_width

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


@pytest.mark.crossed
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
