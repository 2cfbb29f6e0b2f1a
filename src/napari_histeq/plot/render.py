"""The plot as pixels, or as a file."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from napari_histeq.core import compute_histogram
from napari_histeq.core.whole import whole_file
from napari_histeq.plot.course import CourseFigure
from napari_histeq.plot.figure import HistogramFigure
from napari_histeq.plot.layout import height

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram
    from napari_histeq.core.transfer import TransferFunction
    from napari_histeq.plot.course import Course
    from napari_histeq.plot.theme import Theme

#: Width in inches: letters are sized for it.
WIDE = 9.0


def render(
    before: Histogram,
    after: Histogram | None = None,
    *,
    curve: TransferFunction | None = None,
    title: str = "",
    theme: Theme | str = "dark",
    unit: str = "intensity",
    nbins: int | None = None,
    log: bool = False,
    kde: bool = True,
    note: str | None = None,
    measures: Mapping[str, Any] | None = None,
    parts: Sequence[tuple[str, Histogram]] = (),
    width: int = 2400,
    transparent: bool = False,
) -> NDArray[np.uint8]:
    """Draw histograms before and after into an RGBA image.

    Parameters
    ----------
    before, after : Histogram
        Of the image and of the result; those of a stack are added up. Without
        `after`, there is one histogram to see.
    curve : TransferFunction, optional
        Drawn over the histogram before, and as threads that lead from each bar
        before to its place after.
    title : str
        The image's name, say.
    theme : Theme or str
        Colors, or the id of a napari theme (see `Theme.of`).
    unit : str
        The name of the horizontal axis.
    nbins : int, optional
        Number of bars. By default one per level of 8 bit, else about 256 over the
        intensities that occur, or over the middle 99.9 % of the pixels if few of
        them would stretch the axis (the plot says how many are not shown).
    log : bool
        Count on a logarithmic axis.
    kde : bool
        Draw the kernel density estimates.
    note : str, optional
        The sentence under the plot; by default `why_not_flat`. Empty: none.
    measures : mapping of str to number or (before, after), optional
        Shown in a line under the plot.
    parts : sequence of (str, Histogram), optional
        A color and the histogram of each of several images, if `before` is of all of them:
        thin lines, which add up to its bars.
    width : int
        Pixels; the height follows from the content.
    transparent : bool
        Leave the background out.

    Returns
    -------
    (height, width, 4) array of uint8
        RGBA, alpha not premultiplied.

    Raises
    ------
    ValueError
        If `width` is less than 200, which leaves no room for words.
    """
    figure = _figure(
        before, after, width, curve=curve, title=title, theme=theme, unit=unit, nbins=nbins,
        log=log, kde=kde, note=note, measures=measures, parts=parts,
        transparent=transparent,
    )  # fmt: skip
    return _pixels_of(figure)


def save(
    path: str | Path, before: Histogram, after: Histogram | None = None, **options: Any
) -> None:
    """Write the plot to a file: SVG, PDF or PNG, by the ending of its name.

    Parameters
    ----------
    path : str or Path
        Where to.
    before, after, **options
        As in `render`.

    Raises
    ------
    ValueError
        If matplotlib cannot write that kind of file.
    """
    _write(_figure(before, after, options.pop("width", 2400), **options), path)


def render_course(
    course: Course, *, title: str = "", theme: Theme | str = "dark", width: int = 2400
) -> NDArray[np.uint8]:
    """Draw the plot over planes into an RGBA image.

    Parameters
    ----------
    course : Course
    title, theme, width
        As in `render`.

    Returns
    -------
    (height, width, 4) array of uint8
    """
    return _pixels_of(_course_figure(course, title=title, theme=theme, width=width))


def save_course(path: str | Path, course: Course, **options: Any) -> None:
    """Write the plot over planes to a file: SVG, PDF or PNG, by the ending of its name.

    Parameters
    ----------
    path : str or Path
        Where to.
    course, **options
        As in `render_course`.
    """
    _write(_course_figure(course, **options), path)


def figure_of(before: Histogram, after: Histogram | None = None, **options: Any) -> Figure:
    """The plot as a figure of matplotlib's, which shows itself in a notebook.

    Parameters
    ----------
    before, after, **options
        As in `render`; by default 900 pixels wide, and light.
    """
    width = options.pop("width", 900)
    return _figure(before, after, width, **({"theme": "light"} | options))


@lru_cache(maxsize=1)
def warm_up() -> None:
    """Have loaded what the first drawing needs (letters, Fourier transforms): on any thread."""
    levels = compute_histogram(np.arange(9, dtype=np.uint8))
    render(levels, levels, width=200)


def _figure(before: Histogram, after: Histogram | None, width: int, **options: Any) -> Figure:
    """The figure, as high as its content asks for."""
    if width < 200:
        raise ValueError(f"width is {width}: a plot needs at least 200 pixels")
    drawn = HistogramFigure(_sheet(width), before, after, **options)
    return _fitted(drawn, height(drawn.look.sizes, drawn.shown.rows))


def _course_figure(
    course: Course, *, title: str = "", theme: Theme | str = "light", width: int = 2400
) -> Figure:
    """The figure, as high as its content asks for."""
    drawn = CourseFigure(_sheet(width), course, title=title, theme=theme)
    return _fitted(drawn, drawn.height)


def _sheet(width: int) -> Figure:
    """A figure so many pixels wide."""
    return Figure(figsize=(WIDE, WIDE / 2), dpi=width / WIDE)


def _fitted(drawn: HistogramFigure | CourseFigure, high: float) -> Figure:
    """The figure of a plot, `high` inches, laid out for that."""
    figure = drawn.figure
    # A whole number of pixels, so that nothing is cut off at the edge.
    figure.set_size_inches(WIDE, np.ceil(high * figure.dpi) / figure.dpi)
    drawn.relayout()
    return figure


def _pixels_of(figure: Figure) -> NDArray[np.uint8]:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba(), dtype=np.uint8)


def _write(figure: Figure, path: str | Path) -> None:
    """In memory first: those who write to disk for matplotlib may not notice that it is full."""
    FigureCanvasAgg(figure)
    path = Path(path)
    kind = path.suffix[1:] or rcParams["savefig.format"]
    drawn = BytesIO()
    figure.savefig(drawn, format=kind, facecolor=figure.get_facecolor(), dpi=figure.dpi)
    with whole_file(path if path.suffix else path.with_suffix(f".{kind}")) as partial:
        partial.write_bytes(drawn.getbuffer())
