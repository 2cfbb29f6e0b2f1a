"""A run off the GUI thread: the result first, then its plot; progress, cancel, errors in words."""

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
    """One run on one layer, from the button to the new layers: the result first, then its plot.

    Attributes
    ----------
    progressed : Signal(float, str)
        The fraction done and what is being done; on the GUI thread.
    found : Signal()
        The result is in the viewer; its plot, if one is wanted, comes when it is drawn.
    ended : Signal(str, object)
        ``"done"`` with the outcome, or ``"canceled"``, ``"removed"`` (the layer was)
        or ``"failed"`` with a message, which says whether the result stays.
    source : Image
        The layer that is equalized.
    choice : Choice
        How.
    adding : bool
        Whether it is just now adding layers, which napari selects for a moment.
    """

    progressed = Signal(float, str)
    found = Signal()
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
        self._added: list[Image] = []
        self._beside: list[Image] = []
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
            sent=partial(self._when_free, self._show_result),
            done=partial(self._when_free, self._finish), failed=self._broke,
        )  # fmt: skip
        del self._work

    def repeats(self, source: Image, choice: Choice) -> bool:
        """Whether it does already what somebody impatient asks for once more."""
        return self.source is source and self.choice == choice and self._data is source.data

    def cancel(self) -> None:
        """Stop soon, and add nothing more."""
        self._end("canceled", f"Canceled: {self._so_far()}.")

    def _so_far(self) -> str:
        """What there is of the results, in words."""
        if not self._added:
            return "nothing was added"
        return f"“{short(self._added[-1].name)}” stays, without a plot"

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
        self._added, self._beside = [], []
        _running.discard(self)
        self.ended.emit(how, why)

    def _layer_removed(self, event: Event) -> None:
        if event.value == self.source:
            self._end("removed", f"“{short(self.source.name)}” was removed: {self._so_far()}.")
        elif event.value in self._added and not set(self._added) & set(self._viewer.layers):
            self._end("removed", f"“{short(event.value.name)}” was removed: no plot was added.")

    def _when_free(self, show: Callable[[Answer], None], answer: Answer) -> None:
        """Show an answer, unless it was canceled in the meantime."""
        if self._shown is not None:
            self._shown.when_free(lambda: None if self._shown is None else show(answer))

    def _show_result(self, answer: Answer) -> None:
        """Add the result; the plot is drawn when it is seen."""
        for words in answer.warnings:
            show_warning(words)
        assert answer.outcome is not None
        if self.source.data is not self._data:
            show_warning(
                f"“{self.source.name}” was changed while it was equalized: "
                "the result is of what it was before."
            )
        self._add(partial(self._results, outcome=answer.outcome))
        self.found.emit()

    def _finish(self, answer: Answer) -> None:
        """Add the plot, or say why there is none, or no result at all."""
        for words in answer.warnings:
            show_warning(words)
        if answer.problem:
            words = f"{self._so_far()}: {answer.problem}" if self._added else answer.problem
            show_error(words)
            self._stop("failed", words)
            return
        assert answer.outcome is not None
        if answer.picture is not None:
            self._add(partial(self._plot, picture=answer.picture, outcome=answer.outcome))
        self._stop("done", answer.outcome)

    def _broke(self, fault: BaseException) -> None:
        """A fault of ours, which nobody foresaw: with its traceback."""
        if self._shown is not None:
            words = f"{type(fault).__name__}: {fault}"
            if self._added:
                words = f"{self._so_far()}: {words}"
            self._shown.when_free(partial(self._stop, "failed", words))
        tell_fault(fault)

    def _add(self, make: Callable[[Image], list[Image]]) -> None:
        """Add new layers; all are made before the first is added."""
        try:
            with taken_off(self.source):
                made = make(self._as_it_was())
            self.adding = True
            words = add_results(self._viewer, self.source, made, self._added)
        except Exception:  # whatever it is, the run is over; napari shows what it was
            what = "plot" if self._added else "result"
            self._end("failed", f"the {what} could not be added to the viewer")
            raise
        finally:
            self.adding = False
        self._added += made
        if words:
            self._tell(words)

    def _as_it_was(self) -> Image:
        """The source; or, if it has other data by now, a layer as it was when the run began."""
        if self.source.data is self._data:
            return self.source
        return layers.layer_of(self._data, self._state)

    def _results(self, source: Image, outcome: Outcome) -> list[Image]:
        choice = self.choice
        made: list[Image] = []
        if choice.image and choice.compare:
            original = original_of(self._viewer, source)
            if original is None:
                original = original_layer(source)
                made.append(original)
            self._beside.append(original)
        if outcome.gain is not None:
            gain = layers.gain_layer(source, outcome)
            gain.affine = affine_beside(source, 1)
            made.append(gain)
            self._beside.append(gain)
        if choice.display:
            made.append(display_layer_of(source, outcome))
        elif choice.image:
            made.append(layers.equalized_layer(source, outcome))
        return made

    def _plot(self, source: Image, picture: Picture, outcome: Outcome) -> list[Image]:
        if not isinstance(picture, PlotStack):
            return [histogram_layer(source, picture, outcome, beside=self._beside)]
        made = histogram_stack_layer(source, picture, outcome, beside=self._beside)
        picture.in_background(partial(_draw, ref(made)))
        return [made]


def _draw(layer: ref[Image], work: Callable[..., bool]) -> None:
    """Have a plot drawn in the background, and shown in its layer if that is there still."""

    def show(wanted: bool) -> None:
        shown = layer()
        if wanted and shown is not None:
            shown.refresh()

    on_gui_thread(partial(PLOTS.submit, "drawing a plot", work, done=show, failed=tell_fault))
