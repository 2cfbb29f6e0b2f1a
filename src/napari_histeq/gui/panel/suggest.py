"""A button that proposes a method's settings from the image, and says why; it does nothing else."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_histeq.gui.background import Runner
from napari_histeq.gui.panel.foot import wrapped
from napari_histeq.gui.runs import EXPECTED, task_of
from napari_histeq.gui.widgets import kept, tight, tip
from napari_histeq.layers import plain
from napari_histeq.records import suggestion

#: What the proposal depends on, beside the rows that it sets.
BASIS = ("layer", "mask", "ignore", "ignored_value", "axes")


class Suggest(QWidget):
    """The button and its sentence, which goes as soon as a row says something else.

    Parameters
    ----------
    panel : EqualizePanel
        Whose rows are set, when somebody has pressed the button.
    viewer : napari.viewer.Viewer
    """

    def __init__(self, panel: Any, viewer: Any) -> None:
        super().__init__()
        self._panel, self._viewer = panel, viewer
        self._runner = Runner(newest=True)
        self._rows: tuple[str, ...] = ()
        self._true_for: tuple[str, ...] | None = None
        self.button = QPushButton("Suggest")
        self.button.setToolTip(
            tip(
                "Set tile size and clip limit from the image: by how wide its detail is, and by the "
                "noise in flat parts. The image is not changed until you press Equalize."
            )
        )
        self.note = wrapped(QLabel(), "histeq_note")
        column = tight(QVBoxLayout(self))
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.note)
        self.button.clicked.connect(self.ask)
        self.offer(False)

    def offer(self, offered: bool) -> None:
        """Show the button for a method that knows what to propose."""
        self.forget()
        self.setVisible(offered)

    def ask(self) -> None:
        """Look at the image, off the GUI thread."""
        source = self._panel.source
        if source is None:
            self._say("Open an image first.")
            return
        try:
            task = task_of(self._viewer, source, self._panel.choice())
        except EXPECTED as error:
            self._say(plain(error))
            return
        self._say("Looking at the image ...")
        self._runner.submit("suggest", suggestion, task, done=self._take, failed=self._fail)

    def forget(self) -> None:
        """The sentence is true no more, or nobody asks."""
        self._runner.cancel()
        self._true_for = None
        self.note.clear()
        self.note.hide()

    def check(self, _: object = None) -> None:
        """Forget the sentence if a row that it speaks of was changed."""
        if self._true_for is not None and self._basis() != self._true_for:
            self.forget()

    def _take(self, found: tuple[dict[str, Any], str]) -> None:
        options, reason = found
        self._true_for = None
        for name, value in options.items():
            self._panel[name].value = value
        self._say(reason, tuple(options))

    def _fail(self, error: BaseException) -> None:
        self._say(plain(str(error)))

    def _say(self, words: str, rows: tuple[str, ...] = ()) -> None:
        self.note.setText(words)
        self.note.show()
        self._rows = rows
        self._true_for = self._basis()

    def _basis(self) -> tuple[str, ...]:
        return tuple(str(kept(self._panel[name])) for name in (*BASIS, *self._rows))
