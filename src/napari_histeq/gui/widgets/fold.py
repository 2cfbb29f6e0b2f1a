"""Sections of the panel that fold away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtGui import QIcon
from superqt import QCollapsible

from napari_histeq.gui.widgets.tips import tip

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget


class _NoIcon(QIcon):
    """None, but true: PySide6's empty icon is false, and superqt takes that for no answer."""

    def __bool__(self) -> bool:
        return True


class Fold(QCollapsible):
    """A heading that shows and hides what stands under it; closed at first."""

    def __init__(self, title: str, content: QWidget, about: str) -> None:
        # Its arrow is a letter of the heading, so that it has the color of the theme.
        super().__init__(expandedIcon=_NoIcon(), collapsedIcon=_NoIcon())
        self._title = title
        self.setDuration(0)
        self.layout().setContentsMargins(0, 0, 0, 0)
        self.layout().setSpacing(0)
        inner = self.content().layout()
        inner.setContentsMargins(0, 4, 0, 0)
        inner.addWidget(content)
        heading = self.toggleButton()
        heading.setObjectName("histeq_fold")
        heading.setStyleSheet("")  # that of the panel holds: one sees where the focus is
        heading.setToolTip(tip(about))
        self.toggled.connect(self._show)
        self._show(False)

    def open(self, opened: bool) -> None:
        """Show the content, or hide it."""
        if opened:
            self.expand(animate=False)
        else:
            self.collapse(animate=False)

    def _show(self, opened: bool) -> None:
        """Give the content all the height it needs, and hide it from the Tab key when closed."""
        self.setText(f"{'▾' if opened else '▸'} {self._title}")
        self.content().setVisible(opened)
        self.content().setMaximumHeight(16_777_215 if opened else 0)
