"""Connections that are all undone together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Links:
    """Every connect has its disconnect."""

    def __init__(self) -> None:
        self._made: list[tuple[Any, Callable[..., Any]]] = []

    def connect(self, signal: Any, callback: Callable[..., Any]) -> None:
        """Connect a napari event, a psygnal or a Qt signal."""
        signal.connect(callback)
        self._made.append((signal, callback))

    def undo(self) -> None:
        """Disconnect all that was connected."""
        while self._made:
            signal, callback = self._made.pop()
            signal.disconnect(callback)

    def __bool__(self) -> bool:
        return bool(self._made)
