"""A run off the GUI thread: progress, cancel, late answers dropped, errors in plain words."""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from napari.qt.threading import create_worker
from napari.utils import cancelable_progress
from napari.utils.notifications import show_error
from qtpy.QtCore import QObject, Signal

from napari_histeq import display, layers, pictures, placement, regions, where
from napari_histeq.core import METHODS, ChunkError, Global
from napari_histeq.core._options import from_dict
from napari_histeq.core._validate import is_lazy
from napari_histeq.plotstack import PlotStack
from napari_histeq.record import KEY
from napari_histeq.task import Outcome, Task, perform, plan, survey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from napari.layers import Image, Labels, Shapes
    from napari.utils.events import Event
    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from napari_histeq.core import TransferFunction
    from napari_histeq.core._options import Method
    from napari_histeq.record import Record
    from napari_histeq.task import Report

#: Seconds between two reports of progress: a person sees no more, and Qt has to keep up.
PAUSE = 0.04

#: What a person can cause and cure; anything else is a fault of ours, shown with a traceback.
EXPECTED = (ValueError, TypeError, MemoryError, OSError, ChunkError)

_running: set[Run] = set()


class Stopped(Exception):  # noqa: N818  (no error)
    """Raised inside the work to end a run that was cancelled."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose in the panel."""

    method: Method = Global()  # noqa: RUF009  (frozen)
    region: Labels | Shapes | None = None
    ignored: float | None = None
    axes: Sequence[str | int] | None = None
    out_range: str | tuple[float, float] = "auto"
    strength: float = 1.0
    image: bool = True
    plot: bool = True
    compare: bool = False
    display: bool = False
    curve: TransferFunction | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the worker hands back: an outcome and its picture, or why there is none."""

    outcome: Outcome | None = None
    picture: NDArray[np.uint8] | PlotStack | None = None
    problem: str = ""


class Run(QObject):
    """One run on one layer, from the button to the new layers.

    Attributes
    ----------
    progressed : Signal(float, str)
        The fraction done and what is being done; on the GUI thread.
    ended : Signal(str, object)
        ``"done"`` with the outcome, or ``"cancelled"``, ``"removed"`` (the layer was)
        or ``"failed"`` with a message.
    source : Image
        The layer that is equalized.
    adding : bool
        Whether it is just now adding layers, which napari selects for a moment.
    """

    progressed = Signal(float, str)
    ended = Signal(str, object)

    def __init__(self, viewer: Viewer, source: Image, choice: Choice) -> None:
        super().__init__()
        self._viewer = viewer
        self.source = source
        self._choice = choice
        task = task_of(viewer, source, choice)
        address = where.scheduler_address() if is_lazy(task.image) else ""
        self._worker = create_worker(
            _work, task, choice, viewer.theme, address, self._report,
            _start_thread=False, _ignore_errors=True,
        )  # fmt: skip
        self._worker.returned.connect(self._answered)
        self._worker.errored.connect(self._broke)
        self._worker.finished.connect(self._left)
        self._reported = 0.0
        self._bar: Any = None
        self._updating = False
        self._waiting: list[Callable[[], None]] = []
        self.adding = False

    def start(self) -> None:
        """Begin; this returns at once."""
        _running.add(self)
        self._bar = cancelable_progress(total=100, desc="Equalizing", cancel_callback=self.cancel)
        self.progressed.connect(self._show)
        self._viewer.layers.events.removed.connect(self._layer_removed)
        self._worker.start()

    def cancel(self) -> None:
        """Stop soon, and add nothing."""
        self._worker.quit()
        self._when_free(partial(self._stop, "cancelled", ""))

    def _stop(self, how: str, why: object) -> None:
        if self._bar is None:
            return
        self._worker.quit()
        self._viewer.layers.events.removed.disconnect(self._layer_removed)
        self.progressed.disconnect(self._show)
        bar, self._bar = self._bar, None
        bar.close()
        self.ended.emit(how, why)

    def _report(self, fraction: float, what: str) -> None:
        """Called on the worker's thread, after each block."""
        if self._worker.abort_requested:
            raise Stopped
        now = time.monotonic()
        if now - self._reported > PAUSE or fraction >= 1.0:
            self._reported = now
            self.progressed.emit(fraction, what)

    def _show(self, fraction: float, _: str) -> None:
        ahead = 0 if self._bar is None else int(100 * fraction) - self._bar.n
        if ahead <= 0 or self._updating:
            return
        self._updating = True
        self._bar.update(ahead)
        self._updating = False
        while self._waiting:
            self._waiting.pop(0)()

    def _when_free(self, then: Callable[[], None]) -> None:
        """Do it now, or as soon as the bar is updated.

        napari's bar lets Qt handle all events within its update: a run that ended
        there would delete the bar that is being updated.
        """
        if self._updating:
            self._waiting.append(then)
        else:
            then()

    def _layer_removed(self, event: Event) -> None:
        if event.value == self.source:
            self._worker.quit()
            why = f"“{self.source.name}” was removed: nothing was added."
            self._when_free(partial(self._stop, "removed", why))

    def _answered(self, answer: Answer) -> None:
        self._when_free(partial(self._finish, answer))

    def _finish(self, answer: Answer) -> None:
        if self._bar is None:  # cancelled in the meantime
            return
        if answer.outcome is None:
            show_error(answer.problem)
            self._stop("failed", answer.problem)
            return
        try:
            self._add(answer.outcome, answer.picture)
        except Exception:  # whatever it is, the run is over; napari shows what it was
            self._stop("failed", "the result could not be added to the viewer")
            raise
        self._stop("done", answer.outcome)

    def _add(self, outcome: Outcome, picture: NDArray[np.uint8] | PlotStack | None) -> None:
        """Add the new layers; all are made before the first is added."""
        source, choice = self.source, self._choice
        beside = choice.image and choice.compare
        made = []
        if beside and placement.original_of(self._viewer, source) is None:
            made.append(placement.original_layer(source))
        if choice.display:
            made.append(_display_layer(source, outcome))
        elif choice.image:
            made.append(layers.equalized_layer(source, outcome))
        if isinstance(picture, PlotStack):
            made.append(placement.histogram_stack_layer(source, picture, outcome, beside=beside))
            picture.in_background(_Refresher(made[-1]).tell)
        elif picture is not None:
            made.append(placement.histogram_layer(source, picture, outcome, beside=beside))
        self.adding = True
        placement.add_beside(self._viewer, source, made)
        self.adding = False

    def _broke(self, error: Exception) -> None:
        """A fault: napari itself shows it, with its traceback."""
        why = f"{type(error).__name__}: {error}"
        self._when_free(partial(self._stop, "failed", why))

    def _left(self) -> None:
        _running.discard(self)


def task_of(viewer: Viewer, source: Image, choice: Choice) -> Task:
    """The task for a layer, all taken from the layers that may change later.

    Raises
    ------
    ValueError
        If the choice does not fit the layer.
    """
    region = choice.region
    axes = choice.axes
    return Task(
        image=layers.pixels_of(source),
        source=source.name,
        region=region and partial(regions.mask_on, source, region, viewer.dims.point),
        region_name=region.name if region else "",
        ignored=choice.ignored,
        method=choice.method,
        axes=None if axes is None else layers.axis_numbers(source, axes),
        channel_axis=layers.channel_axis_of(source),
        out_range=choice.out_range,
        strength=choice.strength,
        given=choice.curve,
        coarser=layers.coarser_of(source),
    )


def choice_of(record: Record, **changes: Any) -> Choice:
    """The choice that led to a record: to apply the same to another layer."""
    choice = Choice(
        method=from_dict(METHODS, record.method),
        ignored=record.ignored,
        axes=record.axes,
        out_range=record.out_range,
        strength=record.strength,
        plot=False,
    )
    return replace(choice, **changes)


def _display_layer(source: Image, outcome: Outcome) -> Image:
    """A layer that shares the source's data; its look is told by the outcome."""
    assert outcome.curve is not None
    colormap, gamma = layers.look_of(source)
    limits = outcome.limits or outcome.before.range
    settings = display.display_settings(
        outcome.curve, outcome.before, limits, colormap=colormap, gamma=gamma
    )
    made = {"kind": layers.DISPLAY, "error": settings.error, "limits": limits}
    made |= {"colormap": colormap, "gamma": gamma}
    return display.display_layer(source, settings, {KEY: made | outcome.record.as_dict()})


def _work(task: Task, choice: Choice, theme: str, address: str, report: Report) -> Answer:
    """All that takes time; on the worker's thread."""
    try:
        outcome = _computed(task, _kind_of_work(choice), address, report)
        picture = _pictures(task, outcome, theme) if choice.plot else None
        report(1.0, "drawing")
    except Stopped:
        return Answer(problem="cancelled")
    except EXPECTED as error:
        return Answer(problem=_in_words(task, error))
    return Answer(outcome, picture)


def _computed(task: Task, compute: Callable[..., Outcome], address: str, report: Report) -> Outcome:
    """Compute here; or, if the image is lazy, where the preferences say, and say so."""
    if not is_lazy(task.image):
        return compute(task, report)
    with where.working_at(address):
        return compute(task, lambda part, what: report(part, f"{what} {where.in_words(address)}"))


def _kind_of_work(choice: Choice) -> Callable[..., Outcome]:
    if choice.display:
        return plan
    return perform if choice.image else survey


def _in_words(task: Task, error: Exception) -> str:
    if isinstance(error, MemoryError):
        return f"there is not enough memory to equalize {task.source!r}: close other data"
    return f"{task.source!r} could not be equalized: {error}"


def _pictures(task: Task, outcome: Outcome, theme: str) -> NDArray[np.uint8] | PlotStack:
    """The plot; one for every plane, if each was equalized on its own."""
    return pictures.of_planes(task, outcome, theme) or pictures.of_all(task, outcome, theme)


class _Refresher(QObject):
    """Has a plot layer look again at its stack, on the GUI thread."""

    ready = Signal()

    def __init__(self, layer: Image) -> None:
        super().__init__()
        self._layer = weakref.ref(layer)
        self.ready.connect(self._refresh)

    def tell(self) -> None:
        """Called on the thread that draws; a method keeps its object alive, a signal does not."""
        self.ready.emit()

    def _refresh(self) -> None:
        layer = self._layer()
        if layer is not None:
            layer.refresh()
