"""The plot and the table of what is chosen: true now, or empty."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer, Signal

from napari_histeq.core import measures
from napari_histeq.gui.evidence import Drawn, settings_of
from napari_histeq.layers import note_of
from napari_histeq.records import before_and_after, counted_limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_histeq.gui.evidence import PlotBox
    from napari_histeq.records import Task

#: Milliseconds between two renewals of the table: faster than that nobody reads numbers.
TABLE = 150


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What a run has to show: of which pixels, by which choice (it keeps no pixels itself)."""

    state: Any
    drawn: Drawn
    measures: Mapping[str, Mapping[str, float]]


class PlotAndTable(QObject):
    """Draws the plot at once; the table is renewed less often.

    Attributes
    ----------
    measured : Signal(object)
        The measures, ``{"before": {...}, "after": {...}}``, the sentence that says why the
        result is not flat, and the settings in words; None if there is nothing to tell.
    note : str
        What is said of the preview, to be saved with the measures.
    """

    measured = Signal(object)

    def __init__(self, plot: PlotBox) -> None:
        super().__init__(plot)
        self._plot, self.note = plot, ""
        self._found: tuple[Task, Drawn, Made | None] | None = None
        self._told_at = 0.0
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._measure)

    def show(self, task: Task, drawn: Drawn, made: Made | None = None) -> None:
        """Draw the plot; the table follows when the slider rests, or it is time."""
        self._found = task, drawn, made
        self._plot.show_data(drawn)
        late = time.monotonic() - self._told_at > 3e-3 * TABLE
        self._later.start(0 if late else TABLE)

    def clear(self) -> None:
        """No plot and no table: none is known that is true."""
        self._later.stop()
        self._found = None
        self._plot.show_data(None)
        self.measured.emit(None)

    def stop(self) -> None:
        """Renew the table no more."""
        self._later.stop()

    def _measure(self) -> None:
        if self._found is None:
            return
        self._told_at = time.monotonic()
        task, drawn, made = self._found
        before, after = drawn.before, drawn.after
        if after is None:
            self.measured.emit(None)
            return
        limits = counted_limits(task, before)
        told = made.measures if made else before_and_after(measures.summary(before, after, limits))
        settings = settings_of(task) | ({"note": self.note} if self.note else {})
        self.measured.emit((told, note_of(task, before, after), settings))
