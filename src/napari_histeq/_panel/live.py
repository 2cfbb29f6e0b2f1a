"""What happens while a person moves the controls: the plot, the table, the preview."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

import numpy as np
from qtpy.QtCore import QObject, Qt, QTimer, Signal
from superqt.utils import create_worker

from napari_histeq import display, held, layers, work, worn
from napari_histeq._panel.displayed import of_displayed
from napari_histeq._panel.links import Links
from napari_histeq._panel.patch import Patch
from napari_histeq._panel.plotbox import Drawn
from napari_histeq.core import Histogram, TransferFunction, measures
from napari_histeq.core._validate import is_lazy
from napari_histeq.pictures import note_of
from napari_histeq.plain import plain
from napari_histeq.plot import warm_up
from napari_histeq.task import counted_limits, curve_of, survey

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image, Labels, Shapes
    from napari.viewer import Viewer

    from napari_histeq._panel.plotbox import PlotBox
    from napari_histeq.task import Task

#: Images of more pixels than this (and all lazy ones) are judged by their displayed slice.
WHOLE = 1 << 24

#: Milliseconds between two renewals of the table: faster than that nobody reads numbers.
TABLE = 150


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
        The measures, ``{"before": {...}, "after": {...}}``, and the sentence that says
        why the result is not flat; None if there is nothing to tell.
    told : Signal(str)
        What is to know about the preview, in plain words.
    """

    measured = Signal(object)
    told = Signal(str)
    _touched = Signal()

    def __init__(
        self, viewer: Viewer, plot: PlotBox, choose: Callable[[], tuple[Image | None, work.Choice]]
    ) -> None:
        super().__init__(plot)
        self._gone = False
        plot.destroyed.connect(self._mark_gone)
        self._viewer, self._plot = viewer, plot
        self._choose = WeakMethod(choose)  # the panel may go
        self.preview = False
        self._key: tuple[Any, ...] | None = None
        self._histogram: Histogram | None = None
        self._counting: Any = None
        self._links, self._edits = Links(), 0  # to the region, and how often it was drawn in
        self._worn: Image | None = None
        self._settings: display.DisplaySettings | None = None
        self._patch = Patch(viewer, self._tell, self._show_part)
        self._made: tuple[tuple[Any, ...], work.Choice, Histogram | None] | None = None
        self._counted_part = self._said = ""
        self._found: tuple[Task, Histogram, Histogram | None] | None = None
        self._told_at = 0.0
        self._awaited = False
        # Queued, it comes before Qt paints: slider, canvas and plot in one painting.
        self._touched.connect(self._react, Qt.ConnectionType.QueuedConnection)
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._measure)

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

    def remember(self, source: Image, choice: work.Choice, after: Histogram | None) -> None:
        """The histogram after a run: shown as long as the choice stays the same."""
        self._made = self._key_of(source, choice), _essence(choice), after
        self.touch()

    def undress(self) -> None:
        """Take the preview away."""
        self._patch.remove()
        if self._worn is not None:
            layer, self._worn = self._worn, None
            worn.take_off(layer, self)
        self._tell()

    def close(self) -> None:
        """Stop all, and leave nothing behind."""
        self._awaited = False
        self._later.stop()
        self._drop_count()
        self._links.undo()
        self.preview = False
        self.undress()

    def _mark_gone(self, _: object = None) -> None:
        """The window was closed, and Qt deleted all that was in it."""
        self._gone = True
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
        except work.EXPECTED as error:
            self._say(plain(error))

    def _follow(self, source: Image | None, choice: work.Choice) -> None:
        if self._worn is not None and self._worn is not source:
            self.undress()
        if source is None:
            self._key, self._counted_part = None, ""
            self._show_nothing()
            return
        key = self._key_of(source, choice)
        if key != self._key:
            self._count(source, choice, key)
        elif self._histogram is not None and self._histogram.total:
            self._show(source, choice, self._histogram)
        elif self._histogram is not None:
            self._show_nothing(_why_nothing(source, choice))

    def _show_nothing(self, why: str = "") -> None:
        self._found = None
        self._plot.show_data(None)
        self.measured.emit(None)
        self.undress()
        self._tell(why)

    def _tell(self, about: str = "") -> None:
        """Say what is to know about the preview, after what was counted at all."""
        self._say(" ".join(words for words in (self._counted_part, about) if words))

    def _say(self, words: str) -> None:
        if words != self._said:  # else it would wipe out what others said meanwhile
            self._said = words
            self.told.emit(words)

    def _show(self, source: Image, choice: work.Choice, histogram: Histogram) -> None:
        task = work.task_of(self._viewer, source, choice)
        curve = curve_of(task, histogram)
        if curve is not None:
            self._plot_all(task, histogram, curve.push(histogram), curve)
        elif not (self.preview and self._patch.shows(source)):  # which tells its own
            self._plot_all(task, histogram, self._known_after(choice))
        if not self.preview:
            return
        if curve is not None and not source.rgb:
            self._patch.remove()
            self._wear(source, task, histogram, curve)
        else:
            if self._worn is not None:
                self.undress()
            self._patch.show(source, task, histogram)

    def _wear(self, source: Image, task: Task, before: Histogram, curve: TransferFunction) -> None:
        """Display the source itself as the result would look."""
        if self._worn is None:
            self._worn, self._settings = source, None
        limits = counted_limits(task, before) or before.range
        colormap, gamma = worn.result_look(source)
        settings = display.display_settings(
            curve, before, limits, colormap=colormap, gamma=gamma, near=self._settings
        )
        self._settings = settings
        worn.wear(source, self, settings)
        self._tell(display.in_words(settings.error))

    def _show_part(self, task: Task, pair: tuple[Histogram, Histogram] | None) -> None:
        """What no curve tells: the histograms of the visible part, if it is previewed."""
        if pair is not None:
            self._plot_all(task, *pair)
        elif self._histogram is not None and not task.one_curve:
            self._plot_all(task, self._histogram, None)

    def _known_after(self, choice: work.Choice) -> Histogram | None:
        """The histogram after a run with the same choice, if there was one."""
        if self._made is None or self._made[:2] != (self._key, _essence(choice)):
            return None
        return self._made[2]

    def _plot_all(
        self,
        task: Task,
        before: Histogram,
        after: Histogram | None,
        curve: TransferFunction | None = None,
    ) -> None:
        """Draw the plot; the table is renewed less often."""
        self._found = task, before, after
        self._plot.show_data(Drawn(before, after, curve))
        late = time.monotonic() - self._told_at > 3e-3 * TABLE
        self._later.start(0 if late else TABLE)  # when the slider rests, or it is time

    def _measure(self) -> None:
        if self._found is None:
            return
        self._told_at = time.monotonic()
        task, before, after = self._found
        if after is None:
            self.measured.emit(None)
            return
        found = measures.summary(before, after, counted_limits(task, before))
        told = {
            when: {name: float(np.ravel(pair)[i]) for name, pair in found.items()}
            for i, when in enumerate(("before", "after"))
        }
        self.measured.emit((told, note_of(task, before, after)))

    # ---- the histogram ----

    def _key_of(self, source: Image, choice: work.Choice) -> tuple[Any, ...]:
        """All that the histogram depends on."""
        region = choice.region
        point = () if _is_small(source) else tuple(self._viewer.dims.current_step)
        marked = () if region is None else (id(region), self._edits)
        return (id(source), id(source.data), point, marked, choice.ignored)

    def _watch(self, region: Labels | Shapes | None) -> None:
        """Count anew when somebody draws in the region."""
        self._links.undo()
        if region is None:
            return
        for name in ("data", "paint"):
            if name in region.events:
                self._links.connect(region.events[name], self._edited)

    def _edited(self, _: object = None) -> None:
        self._edits += 1
        self.touch()

    def _count(self, source: Image, choice: work.Choice, key: tuple[Any, ...]) -> None:
        self._drop_count()
        self._key, self._histogram = key, None
        self._watch(choice.region)
        task = work.task_of(self._viewer, source, choice)
        self._counted_part = ""
        if not _is_small(source):
            point = tuple(source.world_to_data(self._viewer.dims.point))
            task, self._counted_part = of_displayed(task, source, point)
        self._counting = create_worker(
            _histogram_of, task, _start_thread=False, _ignore_errors=True
        )
        self._counting.returned.connect(partial(self._counted, key))
        self._counting.start()

    def _counted(self, key: tuple[Any, ...], histogram: Histogram | None) -> None:
        if (
            key == self._key and histogram is not None and not self._gone
        ):  # else too late: the person moved on
            self._histogram = histogram
            self._tell()
            self.touch()

    def _drop_count(self) -> None:
        if self._counting is not None:
            self._counting.quit()
            self._counting = None


def _why_nothing(source: Image, choice: work.Choice) -> str:
    """Why no pixel is counted, in plain words."""
    if choice.region is not None or choice.ignored is not None:
        return "No pixels are counted: see Region."
    pixels = held.slice_of(source)
    if pixels.dtype.kind == "f" and np.isnan(pixels).all():
        return "All pixels are NaN: nothing to equalize."
    if source.rgb:
        return "All pixels are transparent or not finite: nothing to equalize."
    return "All pixels are NaN or infinite: nothing to equalize."


def _essence(choice: work.Choice) -> work.Choice:
    """What of a choice decides about the pixels."""
    return replace(choice, image=True, plot=True, compare=False, display=False, gain=False)


def _is_small(source: Image) -> bool:
    """Whether the whole image is counted in a moment."""
    pixels = layers.pixels_of(source)
    return not is_lazy(pixels) and math.prod(pixels.shape) <= WHOLE


def _histogram_of(task: Task) -> Histogram | None:
    """On a worker's thread."""
    warm_up()  # or the first drawing would hold the GUI
    try:
        return survey(task, lambda *_: None).before
    except ValueError:  # a mask that does not fit; the button tells
        return None
