"""The preview of what is no single curve: the visible part, equalized in the background."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from napari.qt.threading import create_worker

from napari_histeq import held
from napari_histeq._panel.crop import crop_of
from napari_histeq.layers import PREVIEW
from napari_histeq.record import KEY
from napari_histeq.task import Task, equalized

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer
    from numpy.typing import NDArray

#: More pixels than this are previewed at a coarser step: an answer late is none.
MOST = 1 << 21


class Patch:
    """A layer over the visible part of the source, there only during the preview."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._layer: Image | None = None
        self._asked = 0
        self._working = False
        self._waiting: tuple[Image, Task, tuple[float, float]] | None = None

    def show(self, source: Image, task: Task, extremes: tuple[float, float]) -> None:
        """Equalize what is visible, and show it when it is done: the newest wins.

        `extremes`: the least and the greatest intensity of all of it.
        """
        if self._working:
            self._waiting = source, task, extremes
            return
        if list(source._slice_input.displayed) != [source.ndim - 2, source.ndim - 1]:  # noqa: SLF001
            return  # a layer of two axes lies in the last two
        work, affine = self._work(source, task, extremes)
        self._working = True
        self._asked += 1
        worker = create_worker(work, _start_thread=False)
        worker.returned.connect(partial(self._done, self._asked, source, affine))
        worker.errored.connect(lambda _: setattr(self, "_working", False))
        worker.start()

    def _work(
        self, source: Image, task: Task, extremes: tuple[float, float]
    ) -> tuple[Callable[[], NDArray[Any]], NDArray[np.float64]]:
        """What to do in the background, and where its result lies in the world."""
        point = tuple(source.world_to_data(self._viewer.dims.point))
        crop = crop_of(source, task, point, extremes, MOST)
        if crop is not None:
            corner = np.eye(3)  # of the part of a level that napari has loaded
            if source.multiscale:
                shown = list(source._slice_input.displayed)  # noqa: SLF001
                corner[:2, 2] = -np.asarray(source.corner_pixels)[0, shown]
            return crop.equalized, _to_world(source) @ corner @ crop.place
        pixels, affine = _visible(source)
        axis = -1 if source.rgb else None
        part = replace(task, image=pixels, region=None, axes=None, channel_axis=axis, coarser=())
        return partial(equalized, part, None, None), affine

    def remove(self) -> None:
        """Take the layer away, and drop what is under way."""
        self._asked += 1
        self._waiting = None
        if self._layer is not None:
            layer, self._layer = self._layer, None
            if layer in self._viewer.layers:
                with _selection_kept(self._viewer):
                    self._viewer.layers.remove(layer)

    def _done(
        self, asked: int, source: Image, affine: NDArray[np.float64], pixels: NDArray[Any]
    ) -> None:
        self._working = False
        if asked == self._asked and source in self._viewer.layers:
            self._put(source, affine, pixels)
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self.show(*waiting)

    def _put(self, source: Image, affine: NDArray[np.float64], pixels: NDArray[Any]) -> None:
        if self._layer is not None and self._layer in self._viewer.layers:
            self._layer.affine = affine
            self._layer.data = pixels
            return
        shown = list(source._slice_input.displayed)  # noqa: SLF001
        look: dict[str, Any] = (
            {"rgb": True} if source.rgb else {"colormap": source.colormap, "gamma": source.gamma}
        )
        self._layer = Image(
            pixels,
            name=f"{source.name} preview",
            affine=affine,
            units=[source.units[a] for a in shown],
            axis_labels=[source.axis_labels[a] for a in shown],
            interpolation2d=source.interpolation2d,
            opacity=source.opacity,
            metadata={KEY: {"kind": PREVIEW}},
            **look,
        )
        with _selection_kept(self._viewer):
            self._viewer.layers.insert(self._viewer.layers.index(source) + 1, self._layer)


class _selection_kept:  # noqa: N801  (used as a function)
    """The layer that is active stays so."""

    def __init__(self, viewer: Viewer) -> None:
        self._selection = viewer.layers.selection
        self._kept = set(self._selection), self._selection.active

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        chosen, active = self._kept
        self._selection.clear()
        self._selection.update(chosen)
        self._selection.active = active


def _visible(source: Image) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The visible pixels, thinned out if too many, and their place in the world."""
    pixels, place = held.slice_of(source), np.eye(3)
    if not source.multiscale:
        window = held.visible_window(source)
        place[:2, 2] = [w.start or 0 for w in window]
        pixels = pixels[window]
    step = int(np.ceil(np.sqrt(max(pixels.size / MOST, 1.0))))
    place[:2, :2] *= step
    place[:2, 2] += (step - 1) / 2
    return pixels[::step, ::step], _to_world(source) @ place


def _to_world(source: Image) -> NDArray[np.float64]:
    """From the displayed slice's pixels to the world."""
    whole = source._transforms.simplified  # noqa: SLF001
    to_world = whole.set_slice(list(source._slice_input.displayed))  # noqa: SLF001
    return np.asarray(to_world.affine_matrix)
