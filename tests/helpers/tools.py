"""The panel's menu of tools, and a result to try it on."""

from __future__ import annotations

from typing import Any

from helpers.images import hard_images

IMAGES = hard_images()
IMAGE = IMAGES["16 bit log-normal, hot pixels"]


def item(panel: Any, text: str, *under: str) -> Any:
    """An item of the menu, as a person finds it."""
    panel.tools.menu.aboutToShow.emit()
    menu = panel.tools.menu
    for name in (text, *under):
        action = next(a for a in menu.actions() if a.text() == name)
        menu = action.menu()
    assert action.isEnabled()
    return action
