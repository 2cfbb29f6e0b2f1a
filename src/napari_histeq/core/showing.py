"""How values show themselves in a notebook: as small pictures of plain text, or by the plot.

The core knows no plotting library. Whoever can draw says so by `draw_with`; the package does, so
that `Histogram.plot()` draws as the panel does, and loads matplotlib when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

#: Size of a picture in a notebook's own pixels.
WIDE, HIGH = 360, 120

_drawer: list[Callable[..., Any]] = []


def draw_with(drawer: Callable[..., Any]) -> None:
    """Have ``drawer(before, after, curve=..., **options)`` draw, and return a figure."""
    _drawer[:] = [drawer]


def drawn(*histograms: Any, **options: Any) -> Any:
    """The figure of one histogram, or of two and the curve between them."""
    if not _drawer:
        raise RuntimeError("nobody has said how to draw: import napari_histeq.plot first")
    return _drawer[0](*histograms, **options)


def bars(heights: NDArray[Any], caption: str) -> str:
    """Bars of equal width, as HTML."""
    most = float(heights.max()) if heights.size else 0.0
    steps = np.repeat(HIGH * (1.0 - heights / (most or 1.0)), 2)
    edges = np.repeat(np.linspace(0.0, WIDE, len(heights) + 1), 2)[1:-1]
    outline = _points(edges, steps)
    shape = (
        f'<polygon points="0,{HIGH} {outline} {WIDE},{HIGH}" fill="currentColor" opacity="0.6"/>'
    )
    return _framed(shape, caption)


def line(across: NDArray[Any], up: NDArray[Any], caption: str) -> str:
    """A curve whose points lie within 0 to 1 both ways, beside the diagonal, as HTML."""
    points = _points(WIDE * across, HIGH * (1.0 - up))
    stroke = 'fill="none" stroke="currentColor"'
    shape = (
        f'<line x1="0" y1="{HIGH}" x2="{WIDE}" y2="0" {stroke} opacity="0.3"/>'
        f'<polyline points="{points}" {stroke} stroke-width="1.5"/>'
    )
    return _framed(shape, caption)


def _points(across: NDArray[Any], down: NDArray[Any]) -> str:
    return " ".join(f"{x:.4g},{y:.4g}" for x, y in zip(across, down, strict=True))


def _framed(shape: str, caption: str) -> str:
    from html import escape  # late: it is for notebooks alone

    return (
        f'<div><svg viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" height="{HIGH}" role="img" '
        f'style="border-bottom: 1px solid currentColor">{shape}</svg>'
        f"<div>{escape(caption)}</div></div>"
    )
