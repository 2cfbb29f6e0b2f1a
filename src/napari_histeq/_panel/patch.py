"""The preview of what is no single curve: the visible part, equalized in the background."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from napari.qt.threading import create_worker

from napari_histeq import held
from napari_histeq.layers import PREVIEW
from napari_histeq.record import KEY
from napari_histeq.task import Task, equalized

if TYPE_CHECKING:
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
        self._waiting: tuple[Image, Task] | None = None

    def show(self, source: Image, task: Task) -> None:
        """Equalize what is visible, and show it when it is done: the newest wins."""
        if self._working:
            self._waiting = source, task
            return
        if list(source._slice_input.displayed) != [source.ndim - 2, source.ndim - 1]:  # noqa: SLF001
            return  # a layer of two axes lies in the last two
        self._working = True
        self._asked += 1
        pixels, affine = _visible(source)
        axis = -1 if source.rgb else None
        crop = replace(task, image=pixels, region=None, axes=None, channel_axis=axis, coarser=())
        worker = create_worker(equalized, crop, None, None, _start_thread=False)
        worker.returned.connect(partial(self._done, self._asked, source, affine))
        worker.errored.connect(lambda _: setattr(self, "_working", False))
        worker.start()

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
    whole = source._transforms.simplified  # noqa: SLF001
    to_world = whole.set_slice(list(source._slice_input.displayed))  # noqa: SLF001
    return pixels[::step, ::step], to_world.affine_matrix @ place
