"""The preview of what is no single curve: the visible part, equalized in the background."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from qtpy.QtCore import QObject, QTimer

from napari_histeq import layers
from napari_histeq.core import ChunkError
from napari_histeq.core.recipe import Recipe
from napari_histeq.display import result_look
from napari_histeq.gui.background import Runner, tell_fault
from napari_histeq.gui.links import Links
from napari_histeq.gui.preview.kept import Kept
from napari_histeq.gui.preview.view import View, planes_of, view_of, window_of
from napari_histeq.gui.preview.visible import equalized
from napari_histeq.gui.runs import EXPECTED, selection_kept
from napari_histeq.layers import plain, thinned
from napari_histeq.records import KEY, Task, count_of, shown_limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from napari_histeq.core import Histogram
    from napari_histeq.gui.background import BackgroundJob

    Wanted = tuple[Image, Task, Histogram]
    Pair = tuple[Histogram, Histogram]

#: Milliseconds after a move of the camera until what came into view is looked at.
STILL = 30

#: Floats of what is visible that are counted for the plot.
FLOATS = 1 << 17

VISIBLE = "The plot shows only the visible part."
#: Planes of a thick slice that are equalized for a preview.
THICK = 32

_PROJECTIONS: dict[str, Callable[..., NDArray[Any]]] = {
    "mean": np.mean,
    "sum": np.sum,
    "max": np.max,
    "min": np.min,
}

TOO_THICK = (
    "No preview: each plane of the thick slice would have to be read and equalized. "
    "Equalize works as usual."
)
FLAT = "No preview: it needs the last two axes, in 2D. Equalize works as usual."


class Patch(QObject):
    """A layer over the visible part of the source, there only during the preview.

    It follows the camera, the slice and the displayed level of a pyramid.

    Parameters
    ----------
    viewer : Viewer
    tell : callable
        Takes what is to know about it, in words.
    plot : callable
        Takes the task, and the histograms of the visible part before and after it; or None.
    """

    def __init__(
        self, viewer: Viewer, tell: Callable[[str], None], plot: Callable[[Task, Pair | None], None]
    ) -> None:
        super().__init__()
        self._viewer, self._tell, self._plot = viewer, tell, plot
        self._layer: Image | None = None
        self._wanted: Wanted | None = None
        self._seen: tuple[Any, ...] = ()
        self._late, self._kept = False, Kept()
        self._runner = Runner()
        self._links = Links()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._look)

    def shows(self, source: Image) -> bool:
        """Whether there is something of a layer to see."""
        return self._layer is not None and self._wanted is not None and self._wanted[0] is source

    def show(self, source: Image, task: Task, histogram: Histogram) -> None:
        """Equalize what is visible, and show it when it is done: the newest wins.

        `histogram`: of all of it.
        """
        if self._wanted is None or self._wanted[0] is not source:
            self.remove()
            self._follow(source)
        self._wanted = source, task, histogram
        self._renew()

    def remove(self) -> None:
        """Take the layer away, and drop what is under way."""
        self.stop()
        self._take_off()

    def stop(self) -> None:
        """Follow no more, and drop what is under way; Qt may have gone by now."""
        self._links.undo()
        self._runner.cancel()
        self._wanted, self._late = None, False
        self._kept = Kept()

    # ---- what is looked at ----

    def _follow(self, source: Image) -> None:
        """Every connect has its disconnect, in `stop`."""
        camera = getattr(self._viewer, "scene", self._viewer).camera  # napari < 0.9: no scene
        for event in (camera.events.center, camera.events.zoom, self._viewer.dims.events.ndisplay):
            self._links.connect(event, self._later)
        self._links.connect(source.events.set_data, self._later)
        self._links.connect(self._viewer.layers.events.removed, self._removed)

    def _later(self, _: object = None) -> None:
        """Not at each step of a move, but while it goes on, too."""
        if not self._timer.isActive():
            self._timer.start(STILL)

    def _removed(self, event: Any) -> None:
        if self._wanted is not None and event.value is self._wanted[0]:
            self.remove()

    def _look(self) -> None:
        if self._wanted is not None and self._place(self._wanted[0]) != self._seen:
            self._renew()

    def _place(self, source: Image) -> tuple[Any, ...]:
        """What of a layer is displayed: the same again needs nothing new."""
        shown, number = tuple(source._slice_input.displayed), source._slice.request_id  # noqa: SLF001
        return shown, number, _is_flat(source) and window_of(self._viewer, source)

    # ---- what is done ----

    def _renew(self) -> None:
        """Begin, or note that what is under way will be late."""
        if self._runner.busy:
            self._late = True
            return
        assert self._wanted is not None
        source, task, histogram = self._wanted
        self._seen, self._late = self._place(source), False
        if not _is_flat(source):
            self._fail(FLAT)
            return
        if source._slice.empty:  # noqa: SLF001  (the viewer stands beside it)
            self._take_off()
            return
        try:
            view = view_of(self._viewer, source)
        except ChunkError as error:
            self._fail(plain(error))
            return
        view = replace(view, kept=self._kept.of((source, *self._seen[:2])))
        planes = planes_of(source, view)
        if len(planes) > (THICK if view.is_deep else 1):
            self._fail(TOO_THICK)
            return
        project = str(source.projection_mode) if len(planes) > 1 else ""
        self._runner.submit(
            "equalizing what is visible", _equalized, planes, project, task, histogram,
            sent=partial(self._done, self._wanted, _to_world(source) @ view.place),
            done=partial(self._counted, self._wanted), failed=self._broke,
        )  # fmt: skip

    def _done(self, wanted: Wanted, affine: NDArray[np.float64], answer: Answer) -> None:
        source = wanted[0]
        if self._wanted is None or self._wanted[0] is not source:
            return  # too late
        if answer.pixels is None:
            self._fail(answer.words)
            return
        self._put(wanted, affine, answer.pixels)
        self._tell(answer.words)

    def _counted(self, wanted: Wanted, pair: Pair | None) -> None:
        if pair is not None and self._wanted is not None and self._wanted[0] is wanted[0]:
            self._plot(wanted[1], pair)
        self._next()

    def _broke(self, fault: BaseException) -> None:
        tell_fault(fault)
        self._next()

    def _next(self) -> None:
        if self._wanted is not None and self._late:
            self._renew()
        else:
            self._look()

    def _fail(self, words: str) -> None:
        assert self._wanted is not None
        self._take_off()
        self._tell(words)
        self._plot(self._wanted[1], None)

    # ---- the layer ----

    def _take_off(self) -> None:
        if self._layer is not None:
            layer, self._layer = self._layer, None
            if layer in self._viewer.layers:
                with selection_kept(self._viewer):
                    self._viewer.layers.remove(layer)

    def _put(self, wanted: Wanted, affine: NDArray[np.float64], pixels: NDArray[Any]) -> None:
        source, task, histogram = wanted
        limits = shown_limits(task, histogram)
        if self._layer is not None and self._layer in self._viewer.layers:
            if not np.array_equal(self._layer.affine.affine_matrix, affine):
                self._layer.affine = affine  # napari makes a slice each time
            self._layer.data = pixels
            if limits not in (None, tuple(self._layer.contrast_limits)) and not source.rgb:
                self._layer.contrast_limits = limits
            return
        self._layer = _layer_of(source, pixels, affine, limits)
        with selection_kept(self._viewer):
            self._viewer.layers.insert(self._viewer.layers.index(source) + 1, self._layer)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the worker hands over: pixels, and what is to know; or only why there are none."""

    pixels: NDArray[Any] | None
    words: str


def _equalized(
    planes: list[View], project: str, task: Task, histogram: Histogram, job: BackgroundJob
) -> Pair | None:
    """On the worker's thread: what is to be seen is sent first, what is to be plotted returned.

    That is the histograms of the visible part, where no curve tells them of the whole.
    Of a thick slice each plane is equalized, and then they are projected: as napari will
    show the result.
    """
    try:
        made = [equalized(view, task, histogram) for view in planes]
    except EXPECTED as error:
        job.send(Answer(None, plain(error)))
        return None
    parts, words = [pixels for pixels, _ in made], made[0][1]
    pixels = _PROJECTIONS[project](np.stack(parts), axis=0) if project else parts[0]
    if task.recipe.one_curve:
        job.send(Answer(pixels, words))
        return None
    job.send(Answer(pixels, f"{words} {VISIBLE}".strip()))

    def before() -> Histogram:
        read = [view.read(view.window, view.steps).reshape(parts[0].shape) for view in planes]
        return _histogram(task, np.concatenate(read))

    shown = tuple((view.window, view.steps) for view in planes)
    known = planes[0].kept.get("before", (shown, task.colors), before)
    return known, _histogram(task, np.concatenate(parts))


def _histogram(task: Task, pixels: NDArray[Any]) -> Histogram:
    """Of what is visible; as floats take longer to count, of every few of them."""
    if pixels.dtype.kind == "f":
        pixels = thinned(pixels, FLOATS, rgb=task.colors)
    recipe = Recipe(channel_axis=-1 if task.colors else None)
    return count_of(Task(pixels, recipe=recipe), None)


def _layer_of(
    source: Image,
    pixels: NDArray[Any],
    affine: NDArray[np.float64],
    limits: tuple[float, float] | None,
) -> Image:
    shown = list(source._slice_input.displayed)  # noqa: SLF001
    look: dict[str, Any] = {"rgb": True}
    if not source.rgb:
        colormap, gamma = result_look(source)
        look = {"colormap": colormap, "gamma": gamma, "contrast_limits": limits}
    return Image(
        pixels,
        name=f"{source.name} preview",
        affine=affine,
        units=[source.units[a] for a in shown],
        axis_labels=[source.axis_labels[a] for a in shown],
        interpolation2d=source.interpolation2d,
        opacity=source.opacity,
        metadata={KEY: {"kind": layers.PREVIEW}},
        **look,
    )


def _is_flat(source: Image) -> bool:
    """Whether its last two axes are displayed: there a layer of two axes lies."""
    return list(source._slice_input.displayed) == [source.ndim - 2, source.ndim - 1]  # noqa: SLF001


def _to_world(source: Image) -> NDArray[np.float64]:
    """From pixels of the full resolution, in the displayed slice, to the world."""
    whole = source._transforms[1:].simplified  # noqa: SLF001  (the first is of what is loaded)
    to_world = whole.set_slice(list(source._slice_input.displayed))  # noqa: SLF001
    return np.asarray(to_world.affine_matrix)
