"""The list of methods: under the headings of their groups, each with its one line."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from magicgui.types import Separator
from magicgui.widgets import ComboBox
from qtpy.QtCore import QSignalBlocker, Qt

from napari_histeq.core import METHODS
from napari_histeq.core.methods import GROUPS
from napari_histeq.gui.widgets import tip


def title(method: str) -> str:
    """A method's name as a person reads it."""
    return METHODS[method].title


def grouped() -> list[str]:
    """The names of all methods, group by group."""
    order = list(GROUPS)
    return sorted(METHODS, key=lambda name: order.index(METHODS[name].group))


class MethodBox(ComboBox):
    """The names of the methods to choose from; their headings cannot be chosen."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(title(name), name) for name in grouped()], **kwargs)

    def reset_choices(self, *_: Any) -> None:
        """Make the list; magicgui asks for it again whenever the parent changes."""
        with QSignalBlocker(self.native):
            self._take_headings()
        super().reset_choices()
        with QSignalBlocker(self.native):
            self._put_headings()

    def _take_headings(self) -> None:
        for index in reversed(range(self.native.count())):
            if self.native.itemData(index) is Separator:
                self.native.removeItem(index)

    def _put_headings(self) -> None:
        box, names = self.native, grouped()
        for name in names:
            line = tip(METHODS[name].summary)
            box.setItemData(box.findData(name), line, Qt.ItemDataRole.ToolTipRole)
        for group, members in groupby(names, lambda name: METHODS[name].group):
            place = box.findData(next(members))
            # To magicgui it is a separator: none of the choices.
            box.insertItem(place, GROUPS[group], Separator)
            heading = box.model().item(place)
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            font = heading.font()
            font.setBold(True)
            heading.setFont(font)
