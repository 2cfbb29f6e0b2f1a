"""The panel's menu of tools, and a result to try it on."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QApplication

from helpers.images import hard_images
from helpers.menus import menu_of
from napari_histeq.gui.result import tools

IMAGES = hard_images()
IMAGE = IMAGES["16 bit log-normal, hot pixels"]


def item(panel: Any, text: str, *under: str) -> Any:
    """An item of the menu, as a person finds it."""
    panel.tools.menu.aboutToShow.emit()
    menu = panel.tools.menu
    for name in (text, *under):
        action = next(a for a in menu.actions() if a.text() == name)
        menu = menu_of(action)
    assert action.isEnabled()
    return action


def copied(panel: Any, qtbot: Any, text: str) -> str:
    """What an item of the menu puts on the clipboard, soon."""
    item(panel, text).trigger()
    qtbot.waitUntil(lambda: not tools.SCRIPTS.busy, timeout=20_000)
    return str(QApplication.clipboard().text())
