"""Pictures of planes: drawn once, when asked for, in the background if so wished."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from napari_histeq.layers import plot_stack
from napari_histeq.layers.plot_stack import PlotStack


class Drawer:
    """Counts what it draws: a picture whose red and green are the plane's index."""

    def __init__(self, height=8):
        self.drawn = []
        self.height = height
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, index):
        assert self.gate.wait(10)
        self.drawn.append(index)
        picture = np.full((self.height, 12, 4), 255, np.uint8)
        picture[..., : len(index)] = index
        return picture


@pytest.fixture
def background():
    """A thread to draw on, and an event that is set when the picture asked for is drawn."""
    ready = threading.Event()
    with ThreadPoolExecutor(1) as pool:

        def start(work):
            pool.submit(lambda: work() and ready.set())

        yield start, ready


def test_shows_each_plane_its_own_picture():
    draw = Drawer()
    full, half = PlotStack(draw, (3, 5)).levels((1, 2))
    assert full.shape == (3, 5, 8, 12, 4)
    assert half.shape == (3, 5, 4, 6, 4)
    assert full.dtype == half.dtype == np.uint8
    for level in (full, half):
        for index in np.ndindex(3, 5):
            assert np.asarray(level[index])[2, 3].tolist() == [*index, 255, 255]
    assert draw.drawn == list(np.ndindex(3, 5))


def test_draws_only_what_is_looked_at():
    draw = Drawer()
    (full,) = PlotStack(draw, (1000, 1000)).levels((1,))
    full[7, 8].compute()
    assert full[7, 8, 2:4, ::2].compute().shape == (2, 6, 4)
    assert full[7:8, 8, :, :][0, 3:5, 1:9].compute().shape == (2, 8, 4)
    assert draw.drawn == [(0, 0), (7, 8)]


def test_forgets_the_oldest(monkeypatch):
    monkeypatch.setattr(plot_stack, "KEPT", 3)
    draw = Drawer()
    stack = PlotStack(draw, (9,))
    for index in (1, 2, 3, 4, 3, 4, 2, 1):
        stack.picture((index,))
        assert len(stack._kept) <= 3
    assert draw.drawn == [(0,), (1,), (2,), (3,), (4,), (1,)]


def test_nobody_waits(background):
    draw, (start, ready) = Drawer(), background
    stack = PlotStack(draw, (9,))
    stack.in_background(start)
    draw.gate.clear()
    for index in range(1, 9):  # scrubbing over planes that take forever
        assert stack.picture((index,))[0, 0, 0] == 0
    draw.gate.set()
    assert ready.wait(10)
    assert stack.picture((8,))[0, 0, 0] == 8
    assert set(draw.drawn) <= {(0,), (1,), (8,)}, "those passed over are not drawn"


def test_the_stand_in_is_the_last_one_seen(background):
    draw, (start, ready) = Drawer(), background
    stack = PlotStack(draw, (9,))
    stack.in_background(start)
    stack.picture((4,))
    assert ready.wait(10)
    stack.picture((4,))
    draw.gate.clear()
    assert stack.picture((5,))[0, 0, 0] == 4
    draw.gate.set()


def test_the_whole_has_no_stand_ins(background):
    draw = Drawer()
    stack = PlotStack(draw, (3, 5))
    stack.in_background(background[0])
    whole = stack.whole()
    assert whole.shape == (3, 5, 8, 12, 4)
    for index in np.ndindex(3, 5):
        assert whole[index][2, 3].tolist() == [*index, 255, 255]
    assert draw.drawn == list(np.ndindex(3, 5)), "each once, and only when asked for"


@pytest.mark.parametrize("height", [5, 8, 11])
def test_all_have_one_height(height):
    draw = Drawer()
    (full,) = PlotStack(draw, (2,)).levels((1,))
    draw.height = height
    assert np.asarray(full[1]).shape == (8, 12, 4)
    assert (np.asarray(full[1])[..., 0] == 1).all()
