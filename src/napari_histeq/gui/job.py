"""A run off the GUI thread: progress, cancel, late answers dropped, errors in plain words."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from weakref import ref

from napari.utils.notifications import show_error, show_info, show_warning
from qtpy.QtCore import QObject, Signal

from napari_histeq import layers
from napari_histeq.core.arrays import is_lazy
from napari_histeq.display import taken_off
from napari_histeq.gui.activity import Activity
from napari_histeq.gui.runner import Runner, on_gui_thread, tell_fault
from napari_histeq.gui.scheduler import scheduler_address
from napari_histeq.gui.showing import add_results
from napari_histeq.gui.work import Answer, Choice, display_layer_of, task_of, work
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

    from napari_histeq.gui.runner import Job
    from napari_histeq.gui.work import Picture
    from napari_histeq.layers import Outcome

#: Runs one after the other, in all viewers: each works on all cores.
RUNS = Runner()

#: Plots of the planes of a stack, drawn when they are looked at.
PLOTS = Runner()

_running: set[Run] = set()


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
        self._work = partial(work, task, choice, viewer.theme, address)
        self._job: Job | None = None
        self._shown: Activity | None = None
        self.adding = False

    def start(self) -> None:
        """Begin, or wait for the runs before it; this returns at once."""
        _running.add(self)
        words = f"Equalizing “{short(self.source.name)}”"
        self._shown = Activity(self._viewer, words, self.cancel)
        self.progressed.connect(self._shown.show)
        self._viewer.layers.events.removed.connect(self._layer_removed)
        self._job = RUNS.submit(
            words, self._work, progressed=self.progressed.emit,
            done=self._answered, failed=self._broke,
        )  # fmt: skip
        del self._work

    def repeats(self, source: Image, choice: Choice) -> bool:
        """Whether it does already what somebody impatient asks for once more."""
        return self.source is source and self.choice == choice and self._data is source.data

    def cancel(self) -> None:
        """Stop soon, and add nothing."""
        self._end("canceled", "")

    def _end(self, how: str, why: object) -> None:
        """End now, or as soon as its bar is updated."""
        if self._job is not None and self._shown is not None:
            self._job.cancel()
            self._shown.when_free(partial(self._stop, how, why))

    def _stop(self, how: str, why: object) -> None:
        if self._shown is None:
            return
        self._viewer.layers.events.removed.disconnect(self._layer_removed)
        shown, self._shown = self._shown, None
        self.progressed.disconnect(shown.show)
        shown.close()
        _running.discard(self)
        self.ended.emit(how, why)

    def _layer_removed(self, event: Event) -> None:
        if event.value == self.source:
            self._end("removed", f"“{short(self.source.name)}” was removed: nothing was added.")

    def _answered(self, answer: Answer) -> None:
        if self._shown is not None:
            self._shown.when_free(partial(self._finish, answer))

    def _finish(self, answer: Answer) -> None:
        if self._shown is None:  # canceled in the meantime
            return
        for words in answer.warnings:
            show_warning(words)
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

    def _broke(self, fault: BaseException) -> None:
        """A fault of ours, which nobody foresaw: with its traceback."""
        if self._shown is not None:
            self._shown.when_free(partial(self._stop, "failed", f"{type(fault).__name__}: {fault}"))
        tell_fault(fault)

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
            picture.in_background(partial(_draw, ref(made[-1])))
        elif picture is not None:
            made.append(histogram_layer(source, picture, outcome, beside=beside))
        return made


def _draw(layer: ref[Image], work: Callable[..., bool]) -> None:
    """Have a plot drawn in the background, and shown in its layer if that is there still."""

    def show(wanted: bool) -> None:
        shown = layer()
        if wanted and shown is not None:
            shown.refresh()

    on_gui_thread(partial(PLOTS.submit, "drawing a plot", work, done=show, failed=tell_fault))
