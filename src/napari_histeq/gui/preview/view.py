"""What is visible of a layer, and how to read it: on the worker's thread, and no more than asked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq import layers
from napari_histeq.core.arrays import is_lazy
from napari_histeq.core.reading import read_part
from napari_histeq.gui.preview.kept import Kept
from napari_histeq.layers import Grid, slice_of, thickness, visible_window
from napari_histeq.records import counting

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from napari_histeq.records import Task

    Span = tuple[int, int]
    Spans = tuple[Span, ...]
    Steps = tuple[int, ...]

#: More pixels than this are shown at a coarser step: an answer late is none.
MOST = 1 << 21

#: Planes (or volumes) of more pixels than this are not looked at as a whole.
WHOLE = 1 << 26


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What is visible of a layer whose last two axes are displayed.

    Attributes
    ----------
    level : array
        The displayed level; or, of what is not in memory, its displayed plane.
    origin : tuple of int
        Which pixel of the level is the first of `level`.
    shape, finest : tuple of int
        Of the whole level, and of the full resolution; without channels.
    window : tuple of (start, stop)
        In pixels of the level; one pixel along axes that are not displayed.
    steps : tuple of int
        Every so-many-th pixel is shown: sample ``i`` is pixel ``i * step``.
    kept : Kept
        What was found of these pixels before.
    """

    level: Any
    origin: tuple[int, ...]
    shape: tuple[int, ...]
    finest: tuple[int, ...]
    window: Spans
    steps: Steps
    kept: Kept = field(default_factory=Kept)

    @property
    def is_deep(self) -> bool:
        """Whether the planes before and behind are in memory too."""
        mapped = isinstance(self.level, np.memmap)
        return not is_lazy(self.level) and not mapped and not any(self.origin)

    @property
    def place(self) -> NDArray[np.float64]:
        """From the shown samples to pixels of the full resolution."""
        place = np.eye(3)
        for i in (0, 1):
            factor = self.finest[i - 2] / self.shape[i - 2] * self.steps[i - 2]
            place[i, i] = factor
            place[i, 2] = factor * first_sample(self.window[i - 2], self.steps[i - 2])
        return place

    def read(self, spans: Spans, steps: Steps) -> NDArray[Any]:
        """The samples of a box, with all axes."""
        box = tuple(
            slice(first_sample(span, step) * step - origin, span[1] - origin)
            for span, step, origin in zip(spans, steps, self.origin, strict=True)
        )
        return read_part(self.level, box)[tuple(slice(None, None, step) for step in steps)]

    def mask(
        self, task: Task, pixels: NDArray[Any], spans: Spans, steps: Steps
    ) -> NDArray[np.bool_] | None:
        """Which of the samples that were read count; None if all do."""
        region = None
        if task.region is not None:
            region = self._region(task, spans, steps, pixels.shape[: len(spans)])
        found = counting(pixels, region, task.ignored, task.recipe.channel_axis)
        return None if found is None else np.asarray(found)

    def _region(
        self, task: Task, spans: Spans, steps: Steps, size: tuple[int, ...]
    ) -> NDArray[np.bool_]:
        assert task.region is not None
        axes = range(len(size))
        apart = [steps[a] * self.finest[a] / self.shape[a] for a in axes]
        start = [first_sample(spans[a], steps[a]) * apart[a] for a in axes]
        region = task.region(grid=Grid(tuple(start), tuple(apart), size))
        return np.asarray(np.broadcast_to(region, size) != 0)

    def whole(self, axes: list[int]) -> Spans:
        """All along `axes`, and the displayed plane along the others."""
        return tuple((0, n) if a in axes else self.window[a] for a, n in enumerate(self.shape))

    def all_along(
        self, task: Task, axes: list[int]
    ) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """All pixels along some axes, and which of them count."""
        spans, steps = self.whole(axes), (1,) * len(self.shape)
        pixels = self.read(spans, steps)
        return pixels, self.mask(task, pixels, spans, steps)

    def is_at_hand(self, axes: list[int], most: int = WHOLE) -> bool:
        """Whether all along `axes` is in memory, and no more than `most` pixels."""
        here = self.is_deep or (not is_lazy(self.level) and len(axes) == 2)
        return here and math.prod(self.shape[a] for a in axes) <= most


def planes_of(source: Image, view: View) -> list[View]:
    """A view for each plane of a thick slice; of one that is not thick, the view itself."""
    spans = thickness(source)
    if all(stop - start <= 1 for start, stop in spans):
        return [view]
    return [
        replace(view, window=(*((p, p + 1) for p in at), *view.window[-2:]))
        for at in product(*(range(*span) for span in spans))
    ]


def first_sample(span: Span, step: int) -> int:
    """The first sample in a span (or the last before it, if there is none)."""
    return min(-(-span[0] // step), (span[1] - 1) // step)


def view_of(viewer: Viewer, source: Image) -> View:
    """What is visible of a layer, in about `MOST` samples."""
    ndim = source.ndim
    finest = tuple(int(n) for n in layers.pixels_of(source).shape[:ndim])
    level: Any = source.data[source.data_level] if source.multiscale else source.data
    shape = tuple(int(n) for n in level.shape[:ndim])
    point = np.asarray(source.world_to_data(viewer.dims.point))
    places = np.rint(point * shape / finest).astype(int)
    at = [int(p) for p in np.clip(places, 0, np.array(shape) - 1)[:-2]]
    origin = (0,) * ndim
    if not source.multiscale and is_lazy(level):  # napari holds the plane
        level, origin = slice_of(source)[(None,) * len(at)], (*at, 0, 0)
    visible = window_of(viewer, source)
    pixels = math.prod(stop - start for start, stop in visible)
    step = max(math.ceil(math.sqrt(pixels / MOST) - 0.05), 1)
    steps = (*(1 for _ in at), step, step)
    return View(level, origin, shape, finest, (*((p, p + 1) for p in at), *visible), steps)


def window_of(viewer: Viewer, source: Image) -> tuple[Span, Span]:
    """The rows and columns of the displayed level that are on the screen.

    What napari has loaded of a pyramid may be more: it keeps that while one zooms in.
    """
    level = source.data[source.data_level] if source.multiscale else source.data
    sizes = level.shape[source.ndim - 2 : source.ndim]
    seen = visible_window(source)
    rows, columns = (
        (int(w.start or 0), int(n if w.stop is None else min(w.stop, n)))
        for w, n in zip(seen, sizes, strict=True)
    )
    if source.multiscale:
        low, high = _on_screen(viewer, source)
        top, left = np.maximum(np.floor(low), (rows[0], columns[0])).astype(int)
        bottom, right = np.minimum(np.ceil(high) + 1, (rows[1], columns[1])).astype(int)
        if top < bottom and left < right:
            return (int(top), int(bottom)), (int(left), int(right))
    return rows, columns


def _on_screen(viewer: Viewer, source: Image) -> NDArray[np.float64]:
    """The corners of the screen, in pixels of the displayed level."""
    camera = getattr(viewer, "scene", viewer).camera  # napari < 0.9 has them on the viewer
    canvas: Any = getattr(viewer, "canvas", None)
    size = canvas.viewbox_size(viewer.layers) if canvas else getattr(viewer, "_canvas_size", np.inf)
    half = np.broadcast_to(size, 2) / camera.zoom / 2
    center = np.asarray(camera.center)[-2:]
    corners = [center + half * sign for sign in ((-1, -1), (-1, 1), (1, -1), (1, 1))]
    shown = list(source._slice_input.displayed)  # noqa: SLF001
    places = source._transforms[1:].simplified.set_slice(shown).inverse(corners)  # noqa: SLF001
    places = np.asarray(places) / np.asarray(source.downsample_factors)[source.data_level, shown]
    return np.stack([places.min(axis=0), places.max(axis=0)])
