"""A run off the GUI thread: progress, cancel, late answers dropped, errors in plain words."""

from __future__ import annotations

import time
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

from napari.qt.threading import create_worker
from napari.utils import cancelable_progress
from napari.utils.notifications import notification_manager, show_error, show_info, show_warning
from qtpy.QtCore import QObject, QTimer, Signal

from napari_histeq import layers
from napari_histeq.core.arrays import is_lazy
from napari_histeq.display import taken_off
from napari_histeq.gui.scheduler import scheduler_address
from napari_histeq.gui.showing import add_results
from napari_histeq.gui.work import (
    Answer,
    Choice,
    Spoken,
    Stopped,
    display_layer_of,
    task_of,
    work,
)
from napari_histeq.layers import (
    PlotStack,
    affine_beside,
    histogram_layer,
    histogram_stack_layer,
    original_layer,
    original_of,
    short,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image
    from napari.utils.events import Event
    from napari.viewer import Viewer

    from napari_histeq.gui.work import Picture
    from napari_histeq.layers import Outcome

#: Seconds between two reports of progress: a person sees no more, and Qt has to keep up.
PAUSE = 0.04

_running: set[Run] = set()


class _Bar(cancelable_progress):
    """napari's progress bar; its button cancels, though nothing is iterated."""

    def cancel(self) -> None:
        """Cancel as soon as the button that was pressed is done with its click."""
        super().cancel()
        QTimer.singleShot(0, self.cancel_callback)


class Run(QObject):
    """One run on one layer, from the button to the new layers.

    Attributes
    ----------
    progressed : Signal(float, str)
        The fraction done and what is being done; on the GUI thread.
    ended : Signal(str, object)
        ``"done"`` with the outcome, or ``"canceled"``, ``"removed"`` (the layer was)
        or ``"failed"`` with a message.
    source : Image
        The layer that is equalized.
    choice : Choice
        How.
    adding : bool
        Whether it is just now adding layers, which napari selects for a moment.
    """

    progressed = Signal(float, str)
    ended = Signal(str, object)

    def __init__(
        self,
        viewer: Viewer,
        source: Image,
        choice: Choice,
        tell: Callable[[str], None] = show_info,
    ) -> None:
        super().__init__()
        self._viewer, self._tell = viewer, tell
        self.source = source
        self.choice = choice
        with taken_off(source):
            self._data, self._state = source.data, source.as_layer_data_tuple()[1]
        task = task_of(viewer, source, choice)
        address = scheduler_address() if is_lazy(task.image) else ""
        self._worker = create_worker(
            Spoken(
                f"the equalization of “{short(source.name)}”",
                work, task, choice, viewer.theme, address, self._report,
            ),
            _start_thread=False, _ignore_errors=True,
        )  # fmt: skip
        self._worker.returned.connect(self._answered)
        self._worker.finished.connect(self._left)
        self._reported = 0.0
        self._bar: Any = None
        self._updating = False
        self._waiting: list[Callable[[], None]] = []
        self.adding = False

    def start(self) -> None:
        """Begin; this returns at once."""
        _running.add(self)
        self._bar = _Bar(total=100, desc="Equalizing", cancel_callback=self.cancel)
        self.progressed.connect(self._show)
        self._viewer.layers.events.removed.connect(self._layer_removed)
        self._worker.start()

    def cancel(self) -> None:
        """Stop soon, and add nothing."""
        self._worker.quit()
        self._when_free(partial(self._stop, "canceled", ""))

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
            why = f"“{short(self.source.name)}” was removed: nothing was added."
            self._when_free(partial(self._stop, "removed", why))

    def _answered(self, answer: Answer) -> None:
        self._when_free(partial(self._finish, answer))

    def _finish(self, answer: Answer) -> None:
        if self._bar is None:  # canceled in the meantime
            return
        for words in answer.warnings:
            show_warning(words)
        if answer.outcome is None:
            _tell(answer)
            self._stop("failed", answer.problem)
            return
        try:
            self._add(answer.outcome, answer.picture)
        except Exception:  # whatever it is, the run is over; napari shows what it was
            self._stop("failed", "the result could not be added to the viewer")
            raise
        self._stop("done", answer.outcome)

    def _add(self, outcome: Outcome, picture: Picture | None) -> None:
        """Add the new layers; all are made before the first is added."""
        with taken_off(self.source):
            made = self._made(self._as_it_was(), outcome, picture)
        self.adding = True
        words = add_results(self._viewer, self.source, made)
        self.adding = False
        if words:
            self._tell(words)

    def _as_it_was(self) -> Image:
        """The source; or, if it has other data by now, a layer as it was when the run began."""
        if self.source.data is self._data:
            return self.source
        show_warning(
            f"“{self.source.name}” was changed while it was equalized: "
            "the result is of what it was before."
        )
        return layers.layer_of(self._data, self._state)

    def _made(self, source: Image, outcome: Outcome, picture: Picture | None) -> list[Image]:
        choice = self.choice
        made: list[Image] = []
        beside: list[Image] = []
        if choice.image and choice.compare:
            original = original_of(self._viewer, source)
            if original is None:
                original = original_layer(source)
                made.append(original)
            beside.append(original)
        if outcome.gain is not None:
            gain = layers.gain_layer(source, outcome)
            gain.affine = affine_beside(source, 1)
            made.append(gain)
            beside.append(gain)
        if choice.display:
            made.append(display_layer_of(source, outcome))
        elif choice.image:
            made.append(layers.equalized_layer(source, outcome))
        if isinstance(picture, PlotStack):
            made.append(histogram_stack_layer(source, picture, outcome, beside=beside))
            picture.in_background(_Refresher(made[-1]).tell)
        elif picture is not None:
            made.append(histogram_layer(source, picture, outcome, beside=beside))
        return made

    def _left(self) -> None:
        _running.discard(self)


def _tell(answer: Answer) -> None:
    """Why there is no result: in words, or for a fault with its traceback."""
    if answer.fault is None:
        show_error(answer.problem)
    else:
        fault = answer.fault
        notification_manager.receive_error(type(fault), fault, fault.__traceback__)


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
