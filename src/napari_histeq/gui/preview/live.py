"""What happens while a person moves the controls: the plot, the table, the preview."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from qtpy.QtCore import QObject, Qt, QTimer, Signal

from napari_histeq import display
from napari_histeq.display import result_look, take_off, wear
from napari_histeq.gui.evidence import Drawn
from napari_histeq.gui.preview.counter import Counted, Counter, why_nothing
from napari_histeq.gui.preview.follow_slice import following
from napari_histeq.gui.preview.patch import Patch
from napari_histeq.gui.preview.plot_and_table import Made, PlotAndTable
from napari_histeq.gui.runs import EXPECTED, Choice, counted_with, task_of
from napari_histeq.layers import is_averaged, plain
from napari_histeq.records import counted_limits, curve_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image
    from napari.viewer import Viewer

    from napari_histeq.core import Histogram, TransferFunction
    from napari_histeq.gui.evidence import PlotBox
    from napari_histeq.gui.preview.follow_slice import Follower
    from napari_histeq.records import Outcome, Task

    State = tuple[Any, Choice]

#: Layers that are previewed at a time: each takes some milliseconds of every touch.
PREVIEWED = 6

#: Milliseconds that a plot may stay while what it shows is counted anew.
GRACE = 100


class Live(QObject):
    """Follows the controls: the newest choice wins, late answers are dropped.

    Parameters
    ----------
    viewer : Viewer
    plot : PlotBox
    choose : method
        Gives the layer and the choice, or raises ValueError if they do not fit.

    Attributes
    ----------
    measured : Signal(object)
        See `PlotAndTable`.
    problem : str
        What went wrong, if that was told last.
    told : Signal(str)
        What is to know about the preview, in plain words.
    """

    told = Signal(str)
    _touched = Signal()

    def __init__(
        self, viewer: Viewer, plot: PlotBox, choose: Callable[[], tuple[Image | None, Choice]]
    ) -> None:
        super().__init__(plot)
        self._gone = False
        plot.destroyed.connect(self._mark_gone)
        self._viewer = viewer
        self._shown = PlotAndTable(plot)
        self.measured = self._shown.measured
        self._choose = WeakMethod(choose)  # the panel may go
        self.preview = self._paused = False
        self._counter = Counter(viewer, self)
        self._counter.changed.connect(self.touch)
        self._histogram: Histogram | None = None
        self._worn: dict[Image, display.DisplaySettings] = {}
        self._patch = Patch(viewer, self._tell, self._show_part)
        self._made: Made | None = None
        self._words = self._said = self.problem = ""
        self._of_run: tuple[str, State | None] = "", None
        self._awaited = False
        # Queued, it comes before Qt paints: slider, canvas and plot in one painting.
        self._touched.connect(self._react, Qt.ConnectionType.QueuedConnection)
        self._grace = QTimer(self, singleShot=True)
        self._grace.timeout.connect(self._waited)

    # ---- from outside ----

    def touch(self, *_: object) -> None:
        """Something changed: react soon, once for many changes."""
        if not self._gone and not self._awaited:
            self._awaited = True
            self._touched.emit()

    def set_preview(self, shown: bool) -> None:
        """Switch the preview on or off; off leaves the viewer exactly as it was."""
        self.preview = shown
        if not shown:
            self.undress()
        self.touch()

    def pause(self, paused: bool) -> None:
        """Leave the preview off while somebody looks at the source; it stays switched on."""
        self._paused = paused
        if paused:
            self.undress()
        self.touch()

    def remember(self, state: State, outcome: Outcome) -> None:
        """What a run found: shown as long as the state stays that in which it began."""
        if outcome.after is not None:
            drawn = Drawn(outcome.before, outcome.after, outcome.curve)
            self._made = Made(state, drawn, outcome.record.measures)
        self.touch()

    def say(self, words: str, *, problem: bool = False) -> None:
        """Words about a run: shown until another layer or other settings are chosen."""
        self.problem = words if problem else ""
        self._of_run = words, self._present_state()
        self._words = self._said = self._shown.note = words
        self.told.emit(words)
        self.touch()

    def undress(self) -> None:
        """Take the preview away."""
        self._patch.remove()
        worn, self._worn = self._worn, {}
        for layer in worn:
            take_off(layer, self)
        self._tell()

    def close(self) -> None:
        """Stop all, and leave nothing behind."""
        self._awaited = False
        self._shown.stop()
        self._grace.stop()
        self._counter.stop()
        self.preview = False
        self.undress()

    def _mark_gone(self, _: object = None) -> None:
        """The window was closed, and Qt deleted all that was in it."""
        self._gone = True
        self._counter.stop()
        self._patch.stop()

    # ---- the reaction ----

    def _react(self) -> None:
        """Count if need be; else find the curve, and show what it does."""
        awaited, self._awaited = self._awaited, False
        choose = self._choose()
        if choose is None or self._gone or not awaited:
            return
        try:
            self._follow(*choose())
        except EXPECTED as error:
            self._words, self.problem = "", plain(error)
            self._show_nothing(self.problem)

    def _follow(self, source: Image | None, choice: Choice) -> None:
        if self._worn and not {*self._worn} <= {source, *choice.others}:
            self.undress()
        self._histogram = None
        state = self.state_of(source, choice)
        self._words = self._still_said(state)
        if source is None:
            self._counter.stop()
            self._show_nothing()
            return
        follower = following(source)
        if (
            follower is not None
            and not choice.others
            and not self.preview
            and choice.recipe.method.is_ready
        ):
            self._show_followed(source, choice, follower)
            return
        counted = self._counter.of(source, choice)
        if counted is None:
            self._wait()
            return
        self._grace.stop()
        if counted.histogram is None or not counted.histogram.total:
            self._show_nothing(counted.problem or why_nothing(source, choice))
            return
        made = self._made if self._made is not None and self._made.state == state else None
        self._words = self._words or ("" if made else counted.part)
        self._histogram = counted.histogram
        self._show(source, choice, counted, made)

    def state_of(self, source: Image | None, choice: Choice) -> State:
        """Which pixels are chosen, and what of the choice decides about them."""
        pixels = None if source is None else self._counter.pixels_of(source, choice)
        return pixels, replace(
            choice, image=True, plot=True, compare=False, display=False, gain=False, replace=False
        )

    def _present_state(self) -> State | None:
        choose = self._choose()
        try:
            return self.state_of(*choose()) if choose is not None else None
        except EXPECTED:  # settings that do not fit, which are told as such
            return None

    def _still_said(self, state: State) -> str:
        """The words of a run, if nothing else has been chosen since they were said."""
        if self._of_run[1] != state:
            self._of_run = "", None
        return self._of_run[0]

    def _wait(self) -> None:
        """What is shown may stay for a moment, while it is counted."""
        if not self._grace.isActive():
            self._grace.start(GRACE)

    def _waited(self) -> None:
        """The count takes its time: meanwhile nothing is known."""
        self._shown.clear()
        self._tell()

    def _show_followed(self, source: Image, choice: Choice, follower: Follower) -> None:
        """Of what a display-only layer of it follows: what is displayed is what is plotted."""
        self._counter.stop()  # when it follows no more all is counted anew
        if follower.histogram is None:
            self._wait()
            return
        self._grace.stop()
        self._words = f"Plot and table are of {follower.words}."
        self._histogram = follower.histogram
        self._show(source, choice, Counted(follower.histogram), None)

    def _show_nothing(self, why: str = "") -> None:
        """Rather than what is true no more."""
        self._grace.stop()
        self._shown.clear()
        self.undress()
        self._tell(why)

    def _tell(self, about: str = "") -> None:
        """Say what is to know about the preview, after what a run said or what was counted."""
        about = "" if about in self._words else about
        self._say(" ".join(words for words in (self._words, about) if words))

    def _say(self, words: str) -> None:
        if words != self._said:  # else it would wipe out what others said meanwhile
            self._said = self._shown.note = words
            self.told.emit(words)

    def _show(self, source: Image, choice: Choice, counted: Counted, made: Made | None) -> None:
        task, histogram = task_of(self._viewer, source, choice), counted.histogram
        assert histogram is not None
        apart = bool(choice.others) and not choice.together
        curve = None if apart else curve_of(task, histogram)
        after = None if curve is None else curve.push(histogram)
        drawn = made.drawn if made else Drawn(histogram, after, curve, counted.parts)
        if curve is not None or not (self.preview and self._patch.shows(source)):
            self._shown.show(task, drawn, made)  # else the patch tells its own
        if not self.preview or self._paused:
            self._tell()
            return
        if choice.others:
            self._patch.remove()
            self._wear_all(source, choice, counted, curve)
        elif curve is not None and not source.rgb and not is_averaged(source):
            self._patch.remove()
            self._wear(source, task, histogram, curve)
        else:
            if self._worn:
                self.undress()
            self._patch.show(source, task, histogram)

    def _wear(self, source: Image, task: Task, before: Histogram, curve: TransferFunction) -> None:
        """Display the source itself as the result would look."""
        limits = counted_limits(task, before) or before.range
        colormap, gamma = result_look(source)
        settings = display.display_settings(
            curve, before, limits, colormap=colormap, gamma=gamma, near=self._worn.get(source)
        )
        self._worn[source] = settings
        wear(source, self, settings)
        self._tell(display.in_words(settings.error))

    def _wear_all(
        self, source: Image, choice: Choice, counted: Counted, curve: TransferFunction | None
    ) -> None:
        """Display each of several layers by the one curve, or by its own."""
        images = counted_with(source, choice.others)
        if not choice.recipe.one_curve or source.rgb or not counted.parts:
            self.undress()
            self._tell("No preview of several layers by this method: choose one under Layer.")
            return
        for image, (_, histogram) in zip(images[:PREVIEWED], counted.parts, strict=False):
            task = task_of(self._viewer, image, choice)
            if choice.together:
                task = replace(task, joint=counted.histogram)
            own = curve or curve_of(task, histogram)
            if own is not None and histogram.total and not is_averaged(image):
                self._wear(image, task, histogram, own)
        if len(images) > PREVIEWED:
            self._tell(f"The preview shows the first {PREVIEWED} of {len(images)} layers.")

    def _show_part(self, task: Task, pair: tuple[Histogram, Histogram] | None) -> None:
        """What no curve tells: the histograms of the visible part, if it is previewed."""
        if pair is not None:
            self._shown.show(task, Drawn(*pair))
        elif self._histogram is not None and not task.recipe.one_curve:
            self._shown.show(task, Drawn(self._histogram))
