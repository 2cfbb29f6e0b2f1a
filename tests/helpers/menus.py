"""Menus within menus, with any binding of Qt."""

from __future__ import annotations

from collections import deque
from typing import Any

#: PySide6 takes what is in a menu for deleted once Python knows no more of the menu or of its entry.
_known: deque[Any] = deque(maxlen=100)


def menu_of(entry: Any) -> Any:
    """The menu that an entry opens, if it opens one."""
    menu = entry.menu()
    _known.append((entry, menu))
    return menu
