"""Images of every kind, their plots drawn without a screen, and the words in them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from skimage import data

from napari_histeq import Global, compute_histogram, plot, transfer_function

RNG = np.random.default_rng(3)
SIZE = (128, 128)


def both(image: Any) -> Any:
    """Before, after and the curve."""
    before = compute_histogram(image)
    curve = transfer_function(before, Global()) if before.total else None
    return before, curve.push(before) if curve else before, curve


def hot() -> Any:
    image = RNG.lognormal(0, 1, SIZE).astype(np.float32)
    image[0, 0] = 1e30
    return image


def x_ray() -> Any:
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


def drawn(image: Any, size: Any = (9, 6.2), dpi: int = 100, **options: Any) -> Any:
    """A drawn figure and its plot."""
    figure = Figure(figsize=size, dpi=dpi)
    canvas = FigureCanvasAgg(figure)
    before, after, curve = both(image)
    shown = plot.HistogramFigure(figure, before, after, **{"curve": curve, **options})
    canvas.draw()
    return shown


def texts(shown: Any) -> Any:
    """The words to be seen, and the pixels they take."""
    renderer = shown.figure.canvas.get_renderer()
    found = [t for t in shown.figure.findobj(Text) if t.get_text() and seen(t)]
    return [(t.get_text(), t.get_window_extent(renderer)) for t in found]


def seen(text: Any) -> Any:
    axes = text.axes
    return text.get_visible() and (axes is None or axes.get_visible())


def words(shown: Any) -> Any:
    return {text for text, _ in texts(shown)}


def pixels(figure: Any) -> Any:
    return np.asarray(figure.canvas.buffer_rgba()).copy()
