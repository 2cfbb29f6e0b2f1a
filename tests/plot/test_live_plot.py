"""The plot while a slider moves: what moves is drawn, and nothing else changes."""

from __future__ import annotations

import sys
import threading
from itertools import product

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from packaging.version import Version
from skimage import data

from helpers.figures import IMAGES, both, drawn, pixels, words
from napari_histeq import Global, compute_histogram, plot, transfer_function
from napari_histeq.plot import look


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
        plot.HistogramFigure(figure, *data_shown, compact=True, **look)
        figure.canvas.draw()
        np.testing.assert_array_equal(pixels(shown.figure), pixels(figure), str((nbins, log)))


def test_lines_of_several_images_are_made_once(monkeypatch):
    """However often the plot is updated meanwhile: thirty of them take longer than all the rest."""
    made, make = [], look._thin_of
    monkeypatch.setattr(look, "_thin_of", lambda *given: made.append(given) or make(*given))
    parts = [
        (color, compute_histogram(data.moon()[i::2])) for i, color in enumerate(("red", "blue"))
    ]
    before, after, curve = both(data.moon())
    shown = drawn(data.moon(), size=(3, 2.6), compact=True)
    for strength in (0.1, 0.5, 1.0):
        weaker = transfer_function(before, strength=strength)
        shown.update(before, weaker.push(before), weaker, parts=parts)
    assert len(made) == 2
    shown.update(before, after, curve, parts=[("green", parts[0][1]), parts[1]])
    assert len(made) == 4
    assert len(shown.before.thin) == 2
    shown.update(before, after, curve)
    assert not shown.before.thin


def test_an_update_is_cheap():
    """Counted in calls of Python, which no busy machine adds to; `make bench` takes the time.

    It takes some 20,000, most of them matplotlib's; drawn anew the plot takes 100,000.
    """
    shown = drawn(IMAGES["uint16"], size=(3, 2.6), compact=True)
    data_shown = both(IMAGES["uint16"])
    shown.update(*data_shown)
    shown.figure.canvas.draw()
    calls = 0

    def count(_, event, __):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        shown.update(*data_shown)
        shown.figure.canvas.draw()
    finally:
        sys.setprofile(None)
    assert 0 < calls < 40_000


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
        off = distance(pixels(shown.figure).astype(int), pixels(wanted.figure))
        # Where the curves end upon a tick, they lie over it instead of under it.
        assert np.count_nonzero(off > 1) <= 8, off.max()

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


def distance(one, other):
    """How far each pixel is from its like; before matplotlib 3.11 from the nearest beside it, too.

    It rounded the place of a text with its height then: a label that moves may be a pixel off.
    """
    beside = [0] if Version(mpl.__version__) >= Version("3.11.0a0") else [-1, 0, 1]
    like = [np.roll(other, by, axis=(0, 1)) for by in product(beside, beside)]
    return np.min([np.abs(one - each).max(axis=-1) for each in like], axis=0)


def test_no_picture_that_is_drawn_elsewhere_holds_it():
    """matplotlib has one lock for all figures: a large one takes its time."""
    shown = drawn_from(compute_histogram(IMAGES["moon"]), transfer_function(IMAGES["moon"]), False)
    blit = plot.Blit(shown)
    with Figure._render_lock:  # type: ignore[attr-defined]
        drawing = threading.Thread(target=blit.draw, args=[shown.figure.canvas], daemon=True)
        drawing.start()
        drawing.join(10)
        assert not drawing.is_alive()
    assert pixels(shown.figure)[..., :3].std() > 10


def drawn_from(before, curve, log):
    figure = Figure(figsize=(3, 2.6), dpi=100)
    FigureCanvasAgg(figure)
    after = curve.push(before)
    return plot.HistogramFigure(figure, before, after, curve=curve, compact=True, log=log, note="")


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
