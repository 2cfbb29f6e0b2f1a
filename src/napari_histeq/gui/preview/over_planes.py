"""The plot over the frames of a movie (or the slices of a stack), under the histograms."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import ref

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_histeq import layers
from napari_histeq.core.arrays import is_lazy
from napari_histeq.gui.background import Runner, scheduler_address, tell_fault
from napari_histeq.gui.evidence import new_canvas
from napari_histeq.gui.preview.planes_work import axes_of, bytes_of, counted, drawn, scale_of
from napari_histeq.gui.runs import EXPECTED, add_results, task_of
from napari_histeq.gui.widgets import Fold, tight, tip
from napari_histeq.layers import course_layer, plain, theme_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image
    from napari.viewer import Viewer

    from napari_histeq import plot
    from napari_histeq.gui.preview.live import Live
    from napari_histeq.gui.runs import Choice

#: Height of the plot in pixels; its width is the panel's.
HEIGHT = 230

#: Images of more pixels than this, and all lazy ones, are looked at only when asked.
AT_ONCE = 1 << 26

#: Milliseconds after the last change of a control.
PAUSE = 400


class OverPlanes(QWidget):
    """Median and percentiles of each frame, before and after; folded away until it is wanted.

    Parameters
    ----------
    viewer : Viewer
    live : Live
        Knows which pixels are chosen, and what of the choice decides about them.
    images : callable
        Gives the chosen layer, or all of several.
    choose : callable
        Gives the layer and the choice; raises ValueError if they do not fit.
    """

    def __init__(
        self,
        viewer: Viewer,
        live: Live,
        images: Callable[[], tuple[Image, ...]],
        choose: Callable[[], tuple[Image | None, Choice]],
    ) -> None:
        super().__init__()
        self._viewer, self._live, self._images, self._choose = viewer, live, images, choose
        self._runner, self._theme, self._gone = Runner(newest=True), viewer.theme, False
        self._state: Any = None
        self._asked: tuple[Choice, int] | None = None
        self._source: Image | None = None
        self.course: plot.Course | None = None
        self._plot: plot.CourseFigure | None = None
        self._canvas: Any = None
        self._make()
        self.destroyed.connect(partial(_drop, ref(self)))
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._look)

    def _make(self) -> None:
        self.axes, self.button, self.add = QComboBox(), QPushButton(), QPushButton("Add as layer")
        self.axes.setToolTip(tip("The axis along which the planes are compared."))
        self.button.setToolTip(tip("Read all planes and count each of them, or stop counting."))
        self.add.setToolTip(tip("Add this plot as a layer beside the image."))
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setObjectName("histeq_note")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._holder = QWidget()
        self._holder.setFixedHeight(HEIGHT)
        self._holder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        tight(QVBoxLayout(self._holder))
        row, content = QWidget(), QWidget()
        tight(QHBoxLayout(row), self.axes, self.button, self.add).addStretch(1)
        tight(QVBoxLayout(content), row, self.words, self._holder)
        about = (
            "The median of each frame or slice, and where 25–75 % and 5–95 % of its pixels lie, "
            "before and after: flicker and bleaching are seen to go."
        )
        self.fold = Fold("Over planes", content, about)
        tight(QVBoxLayout(self), self.fold)
        self.fold.toggled.connect(self._look)
        self.axes.activated.connect(self._look)
        self.button.clicked.connect(self._pressed)
        self.add.clicked.connect(self._add)
        self._tell("")
        self._show(None)
        self.setVisible(False)

    def mark_gone(self) -> None:
        """The window was closed, and Qt deleted all that was in it."""
        self._gone = True
        self._runner.cancel()

    # ---- from outside ----

    def touch(self, _: object = None) -> None:
        """The layer, the pixels or the settings may have changed."""
        if self._gone:
            return
        self._offer()
        if self.fold.isExpanded():
            self._later.start(PAUSE)

    def follow(self, _: object = None) -> None:
        """Mark the frame that is displayed."""
        if self._gone or self._plot is None or self._source is None or self._asked is None:
            return
        axis = self._asked[1]
        place = self._source.world_to_data(self._viewer.dims.point)[axis]
        self._plot.mark(round(float(place)))
        self._canvas.draw()

    def renew(self, theme: str) -> None:
        """Draw all anew, in a theme of napari's."""
        self._theme = theme
        if self.course is not None and not self._gone:
            self._show(self.course)

    def close_down(self) -> None:
        """Stop all, and forget what was counted."""
        self._runner.cancel()
        if self._gone:
            return
        self._later.stop()
        self._state = self._asked = self._source = None
        self._show(None)

    # ---- what is wanted ----

    def _offer(self) -> None:
        """Offer the axes along which there are planes; nothing where there are none."""
        wanted = axes_of(self._images())
        if wanted != [
            (self.axes.itemText(i), self.axes.itemData(i)) for i in range(self.axes.count())
        ]:
            self.axes.clear()
            for name, axis in wanted:
                self.axes.addItem(name, axis)
        self.axes.setVisible(len(wanted) > 1)
        self.setVisible(bool(wanted))

    def _chosen(self) -> tuple[Image | None, Choice | None]:
        try:
            source, choice = self._choose()
        except EXPECTED as error:  # told elsewhere
            self._tell(plain(error))
            return None, None
        return (None, None) if choice.others else (source, choice)

    def _look(self, _: object = None) -> None:
        """Count if need be and if that is quick; else offer to."""
        source, choice = self._chosen()
        if not self.fold.isExpanded() or source is None or choice is None or not self.axes.count():
            self._runner.cancel()
            return
        state = self._live.state_of(source, choice), self.axes.currentData()
        if state == self._state and (self.course is not None or self._runner.busy):
            return
        self._runner.cancel()
        self._state, self._asked, self._source = state, (choice, self.axes.currentData()), source
        self._show(None)
        self._tell("")
        pixels = layers.pixels_of(source)
        if is_lazy(pixels) or math.prod(pixels.shape) > AT_ONCE:
            self._offer_to_count(pixels)
        else:
            self._count()

    def _offer_to_count(self, pixels: Any) -> None:
        self.button.setText(f"Count {pixels.shape[self._asked[1]]} planes")  # type: ignore[index]
        self.button.setVisible(True)
        self._tell(f"All pixels are read and equalized for it ({bytes_of(pixels) / 1e9:.2g} GB).")

    def _pressed(self) -> None:
        """The one button: count, or cancel."""
        if self._runner.busy:
            self._runner.cancel()
            self._tell("Canceled.")
            self.button.setText("Count again")
        else:
            self._count()

    def _count(self) -> None:
        assert self._source is not None
        assert self._asked is not None
        (choice, axis), source = self._asked, self._source
        try:
            task = task_of(self._viewer, source, choice)
        except EXPECTED as error:
            self._tell(plain(error))
            return
        address = scheduler_address() if is_lazy(task.image) else ""
        self.button.setText("Cancel")
        self.button.setVisible(True)
        self._tell("counting")
        self._runner.submit(
            "counting over planes", counted, task, axis, address,
            progressed=lambda done, what: self._tell(f"{what}: {done:.0%}"),
            done=partial(self._answer, *scale_of(source, axis)), failed=self._fail,
        )  # fmt: skip

    def _answer(self, places: Any, label: str, found: Any) -> None:
        self.button.setVisible(False)
        if isinstance(found, str):
            self._tell(found)
            return
        from napari_histeq import plot

        self._tell("")
        self._show(plot.Course(places(len(found[0])), label, *found))

    def _fail(self, fault: BaseException) -> None:
        self.button.setVisible(False)
        self._tell(f"{type(fault).__name__}: {fault}")
        tell_fault(fault)

    # ---- what is shown ----

    def _tell(self, words: str) -> None:
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def _show(self, course: plot.Course | None) -> None:
        """Draw a plot, or none: none is known that is true."""
        self.course, self._plot = course, None
        self._holder.setVisible(course is not None)
        self.add.setVisible(course is not None)
        self.add.setEnabled(True)
        if course is None:
            self.button.setVisible(False)
            return
        from napari_histeq import plot  # late: the thread that counted has loaded it

        if self._canvas is None:
            self._canvas = new_canvas()
            self._holder.layout().addWidget(self._canvas)
        theme = theme_of(self._theme)
        self._plot = plot.CourseFigure(self._canvas.figure, course, theme=theme, compact=True)
        self._canvas.drawing = self._plot
        self.follow()
        self._canvas.draw()

    def _add(self) -> None:
        """Have the plot drawn large, and added as a layer."""
        if self.course is None or self._source is None:
            return
        source = self._source
        self.add.setEnabled(False)
        self._runner.submit(
            "drawing the plot over planes", drawn, self.course, source.name, self._theme,
            done=partial(self._add_layer, source), failed=self._fail,
        )  # fmt: skip

    def _add_layer(self, source: Image, pictures: Any) -> None:
        self.add.setEnabled(True)
        if source in self._viewer.layers:
            along = str(self.axes.currentText())
            add_results(self._viewer, source, [course_layer(source, pictures, along)])


def _drop(own: ref[OverPlanes], *_: object) -> None:
    """Qt deletes it: its own methods are not called for that any more."""
    over = own()
    if over is not None:
        over.mark_gone()
