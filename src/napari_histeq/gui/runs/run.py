"""A run off the GUI thread: the result first, then its plot; progress, cancel, errors in words."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error, show_info, show_warning
from qtpy.QtCore import QObject, QTimer, Signal

from napari_histeq.core.arrays import is_lazy
from napari_histeq.core.collector import no_collection
from napari_histeq.gui.background import (
    PAINTED,
    Activity,
    Precedence,
    Runner,
    scheduler_address,
    tell_fault,
)
from napari_histeq.gui.runs.results import Results
from napari_histeq.gui.runs.subject import Subject
from napari_histeq.gui.runs.work import Answer, Choice, Found, Measured, work
from napari_histeq.layers import short

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image
    from napari.utils.events import Event
    from napari.viewer import Viewer

    from napari_histeq.gui.background import BackgroundJob

#: Runs one after the other, in all viewers: each works on all cores.
RUNS = Runner()

_running: set[Run] = set()


def goes_on(viewer: Viewer, source: Image, choice: Choice) -> bool:
    """Whether a run does already what somebody impatient asks for once more."""
    return any(run.is_in(viewer) and run.repeats(source, choice) for run in _running)


class Run(QObject):
    """One run on a layer, or on several: the results first, one after the other, then one plot.

    Attributes
    ----------
    progressed : Signal(float, str)
        The fraction done and what is being done; on the GUI thread.
    found : Signal()
        The result is in the viewer; its plot, if one is wanted, comes when it is drawn.
    ended : Signal(str, object)
        ``"done"`` with the outcomes, one for each layer, or ``"canceled"``, ``"removed"`` (the layer was)
        or ``"failed"`` with a message, which says whether the result stays.
    source : Image
        The layer that is equalized, or the first of several.
    choice : Choice
        How, and which others.
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
        self._subjects = [Subject(viewer, la, choice) for la in (source, *choice.others)]
        asked = [subject.asked for subject in self._subjects]
        address = scheduler_address() if any(is_lazy(one.task.image) for one in asked) else ""
        self._work = partial(work, asked, choice, viewer.theme, address)
        self._results = Results(viewer, self._subjects, replace=choice.replace)
        self._job: BackgroundJob | None = None
        self._shown: Activity | None = None
        self._precedence = Precedence()
        self.adding = False

    def start(self) -> None:
        """Begin, or wait for the runs before it; this returns at once."""
        _running.add(self)
        self._precedence.begin()
        count = len(self._subjects)
        name = f"{count} layers" if count > 1 else f"“{short(self.source.name)}”"
        words = f"Equalizing {name}"
        self._shown = Activity(self._viewer, words, self.cancel)
        self.progressed.connect(self._shown.show)
        self._viewer.layers.events.removed.connect(self._layer_removed)
        self._job = RUNS.submit(
            words, self._work, progressed=self.progressed.emit,
            sent=partial(self._when_free, self._show_part),
            done=partial(self._when_free, self._finish), failed=self._broke,
        )  # fmt: skip
        del self._work

    def is_in(self, viewer: Viewer) -> bool:
        """Whether its layers are those of a viewer."""
        return self._viewer is viewer

    def repeats(self, source: Image, choice: Choice) -> bool:
        """Whether it is the same run, on the data that the layers have now."""
        wanted = (source, *choice.others)
        same = len(wanted) == len(self._subjects) and self.choice == choice
        return same and all(map(Subject.has_data_of, self._subjects, wanted))

    def cancel(self) -> None:
        """Stop soon, and add nothing more."""
        self._end("canceled", f"Canceled. {self._results.so_far}")

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
        self._results = Results(self._viewer, ())
        _running.discard(self)
        self._precedence.end()
        self.ended.emit(how, why)

    def _layer_removed(self, event: Event) -> None:
        sources = [subject.source for subject in self._subjects]
        if event.value in sources and not {*sources} & {*self._viewer.layers}:
            words = "All layers were removed."
            if len(sources) == 1:
                words = f"“{short(self.source.name)}” was removed."
            self._end("removed", f"{words} {self._results.so_far}")
        elif self._results.are_those_of(event.value):
            self._end("removed", f"“{short(event.value.name)}” was removed. No plot was added.")

    def _when_free(self, show: Callable[[Any], None], answer: Answer | Found | Measured) -> None:
        """Show an answer, unless it was canceled in the meantime."""
        if self._shown is not None:
            self._shown.when_free(lambda: None if self._shown is None else show(answer))

    def _show_part(self, part: Found | Measured) -> None:
        if isinstance(part, Found):
            self._show_result(part)
        else:
            self._results.complete(part)

    def _show_result(self, found: Found) -> None:
        """Add the result of one layer; it is measured, and the plot drawn, when it is seen."""
        for words in found.warnings:
            show_warning(words)
        subject = self._subjects[found.index]
        if subject.changed:
            show_warning(
                f"“{subject.source.name}” was changed while it was equalized: "
                "the result is of what it was before."
            )
        self._add(partial(self._results.add, found))
        self.found.emit()
        if found.index == len(self._subjects) - 1:
            QTimer.singleShot(PAINTED, self._precedence.end)

    def _finish(self, answer: Answer) -> None:
        """Add the plot, or say why there is none, or no result at all."""
        for words in answer.warnings:
            show_warning(words)
        results, problems = self._results, "\n".join(answer.problems)
        if answer.picture is not None and answer.pictured is not None:
            self._add(partial(results.add_plot, answer.picture, answer.pictured), is_plot=True)
        if results.words:
            self._tell(results.words)
        if problems:
            got_on = bool(len(results)) and answer.picture is None
            problems = f"{results.so_far} {problems}" if got_on else problems
            show_error(problems)
        if problems and answer.picture is None:
            self._stop("failed", problems)
        else:
            self._stop("done", results.outcomes)

    def _broke(self, fault: BaseException) -> None:
        """A fault of ours, which nobody foresaw: with its traceback."""
        if self._shown is not None:
            words = f"{type(fault).__name__}: {fault}"
            if len(self._results):
                words = f"{self._results.so_far} {words}"
            self._shown.when_free(partial(self._stop, "failed", words))
        tell_fault(fault)

    def _add(self, add: Callable[[], None], *, is_plot: bool = False) -> None:
        self.adding = True
        try:
            with no_collection():  # of the thousands of objects that napari makes for a layer
                add()
        except Exception:  # whatever it is, the run is over; napari shows what it was
            words = "The result could not be added to the viewer."
            self._end("failed", "The plot could not be added to the viewer." if is_plot else words)
            raise
        finally:
            self.adding = False
