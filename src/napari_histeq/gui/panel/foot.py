"""What a run begins with and what it tells: the button, the words, the numbers."""

from __future__ import annotations

import textwrap
from typing import Any

from magicgui.widgets import Label, PushButton
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from napari_histeq.gui.widgets import tight, tip
from napari_histeq.layers import brief

#: Characters of the words on what was done: about four lines.
LONGEST = 180

#: Pixels across the icon before words about a problem.
ICON = 16

#: Pixels around such words, within their frame.
MARGIN = 8


class RunButton(PushButton):
    """Looks disabled while it is, but keeps the keyboard's focus.

    Qt takes the focus away from a button that it disables, and gives it to the next
    text box: napari's shortcuts would be typed into that.
    """

    @property
    def enabled(self) -> bool:
        """Whether pressing it does something."""
        return not self.native.property("off")

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        self.native.setProperty("off", not enabled)
        _restyle(self.native)


class Note(Label):
    """A sentence: names in it are no markup, and those that are too long are shortened."""

    def set_value(self, value: Any) -> None:
        """Set the sentence."""
        self.native.setTextFormat(Qt.TextFormat.PlainText)
        super().set_value(brief(value))


class Status(Note):
    """Words on what was done, or on what went wrong: those with an icon, in another color.

    It is never less than one line high. What was done and takes more than some lines is shortened,
    whole in the tooltip; what went wrong is told whole.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.problem, self._told = False, ""
        self._frame, self.icon = QFrame(), QLabel()
        self._frame.setObjectName("histeq_status")
        super().__init__(**kwargs)
        wrapped(self.native, "histeq_note")
        self.native.setMinimumHeight(self.native.fontMetrics().height())
        self.icon.setPixmap(_warning(self.native))
        self._look()

    def framed(self) -> QWidget:
        """The words beside the icon: what to put into a layout."""
        row = tight(QHBoxLayout(self._frame))
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.native, 1)
        return self._frame

    def get_value(self) -> str:
        """All that is told."""
        return self._told

    def set_value(self, value: Any) -> None:
        """Tell something; the tooltip has all of it."""
        self.problem, self._told = False, brief(value)
        self.native.setToolTip(tip(self._told) if self._told else "")
        self._look()

    def fail(self, words: str) -> None:
        """Tell what went wrong."""
        self.value = words
        self.problem = bool(words)
        self._look()

    def _look(self) -> None:
        short = textwrap.shorten(self._told, LONGEST, placeholder="...")
        super().set_value(self._told if self.problem else short)
        self.icon.setVisible(self.problem)
        for widget in (self._frame, self.native):
            widget.setProperty("problem", self.problem)
            _restyle(widget)
        if (row := self._frame.layout()) is not None:
            # Not by the style sheet: Qt would not lay it out anew when it is looked at again.
            row.setContentsMargins(*([MARGIN] * 4 if self.problem else [0] * 4))


class Evidence(Label):
    """The most telling measures in a line; all of them, which are its `value`, when unfolded.

    `brief` is the line, in Qt's rich text.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.brief = self._all = ""
        self.more = QPushButton()
        super().__init__(**kwargs)
        wrapped(self.native, "histeq_evidence").setTextFormat(Qt.TextFormat.RichText)
        self.more.setObjectName("histeq_fold")
        self.more.setToolTip(tip("All measures before and after, or the most telling ones."))
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show)
        self._show()

    def framed(self) -> QWidget:
        """The words over the button that unfolds them: what to put into a layout."""
        holder = QWidget()
        tight(QVBoxLayout(holder), self.native, self.more).setSpacing(2)
        return holder

    def get_value(self) -> str:
        """All measures, in Qt's rich text."""
        return self._all

    def set_value(self, value: Any) -> None:
        """Set all measures; set `brief` first."""
        self._all = str(value)
        self._show()

    def _show(self, _: object = None) -> None:
        opened = self.more.isChecked()
        self.more.setText(f"{'▾' if opened else '▸'} All measures")
        self.more.setVisible(bool(self._all))
        super().set_value(self._all if opened or not self.brief else self.brief)


def wrapped(label: QLabel, look: str) -> QLabel:
    """A label of many words as they are, which do not widen the panel."""
    label.setObjectName(look)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def _restyle(widget: QWidget) -> None:
    """Have the style sheet looked at again, after a property was set."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _warning(widget: QWidget) -> Any:
    """Qt's own icon for what went wrong."""
    icon = widget.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxCritical)
    return icon.pixmap(ICON, ICON)
