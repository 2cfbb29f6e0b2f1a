"""What a method computes: its formula, its options, its source; and the button "?" that shows it."""

from __future__ import annotations

import re
from html import escape
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QTextBrowser, QToolButton, QVBoxLayout

from napari_histeq.core import METHODS
from napari_histeq.core.methods import options_of
from napari_histeq.gui.widgets import tight, tip

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

#: Pixels of the window, in which lines are of a length that can be read.
SIZE = (520, 560)


class About:
    """The button, and its window: one for the panel, about the method that was chosen last.

    Parameters
    ----------
    panel : QWidget
        With which the window goes.
    chosen : callable
        Gives the name of the chosen method.
    """

    def __init__(self, panel: QWidget, chosen: Callable[[], str]) -> None:
        self._panel, self._chosen = panel, chosen
        self._window: QDialog | None = None
        self.button = QToolButton()
        self.button.setText("?")
        self.button.setObjectName("histeq_menu")
        self.button.setAccessibleName("About the method")
        self.button.setToolTip(
            tip("What the method computes: the formula, the options, and the source.")
        )
        self.button.clicked.connect(self.open)

    @property
    def text(self) -> str:
        """What the window says; empty if there is none."""
        return self._window.findChild(QTextBrowser).toPlainText() if self._window else ""

    def open(self) -> None:
        """Show the window, or bring it to the front."""
        if self._window is None:
            self._window = QDialog(self._panel, Qt.WindowType.Dialog)
            page = QTextBrowser()
            page.setOpenExternalLinks(True)
            tight(QVBoxLayout(self._window), page)
            self._window.resize(*SIZE)
        self.follow()
        self._window.show()
        self._window.raise_()

    def follow(self) -> None:
        """Tell of the method that is chosen now, if the window is there."""
        if self._window is not None:
            method = METHODS[self._chosen()]
            self._window.setWindowTitle(f"About the method “{method.title}”")
            self._window.findChild(QTextBrowser).setHtml(page_of(method))

    def close(self) -> None:
        """The panel goes: the window goes with it."""
        if self._window is not None:
            self._window.close()


def page_of(method: Any) -> str:
    """What is known of a method, in Qt's rich text: all of it from its class."""
    text = cleandoc(method.__doc__ or "")
    told = re.split(r"\n\n?(?=\w[\w ]+\n-{3,}\n)", text)[0]
    parts = [
        f"<h3>{escape(method.title)}</h3>",
        f"<p>{escape(method.summary)}</p>",
        *(f"<p>{_rich(paragraph)}</p>" for paragraph in told.split("\n\n")),
    ]
    options = [f for f in options_of(method) if f.option.help]
    if options:
        rows = "".join(
            f"<p><b>{escape(f.caption)}</b>: {escape(f.option.help)}</p>" for f in options
        )
        parts.append(f"<h4>Options</h4>{rows}")
    parts.append(f"<h4>Afterwards</h4><p>Gray values {escape(method.caution)}.</p>")
    sources = _sources(text)
    if sources:
        lines = "".join(f"<p>{_rich(source)}</p>" for source in sources)
        parts.append(f"<h4>Sources</h4>{lines}")
    return "".join(parts)


def _sources(text: str) -> list[str]:
    """The entries under "References", each on one line."""
    listed = re.split(r"\nReferences\n-+\n", text)[1:]
    return [
        f"[{number}] {' '.join(words.split())}"
        for part in listed
        for number, words in re.findall(
            r"\.\. \[(\d+)\] (.*?)(?=\n\.\. \[|\n\n|\Z)", part, re.DOTALL
        )
    ]


def _rich(text: str) -> str:
    """A paragraph of a docstring: code, names and references as they are read."""
    text = escape(" ".join(text.split()))
    text = re.sub(r"\[(\d+)\]_", r"[\1]", text)
    text = re.sub(r"``(.+?)``", r"<code>\1</code>", text)
    text = re.sub(r"`(.+?)`", r"<i>\1</i>", text)
    return re.sub(r"(https://[^\s,;]+[^\s,;.])", r'<a href="\1">\1</a>', text)
