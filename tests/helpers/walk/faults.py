"""All that may go wrong unseen: exceptions in slots and threads, and faults that napari shows."""

from __future__ import annotations

import sys
import threading
import traceback
from typing import Any, Self

from napari.utils.notifications import ErrorNotification, Notification, notification_manager

#: What no sentence for a person has in it: the words of Python about a fault of ours.
INTERNAL = (
    "Traceback",
    " object at 0x",
    "<class",
    "<locals>",
    "NoneType",
    "unexpected keyword",
    "positional argument",
    "has no attribute",
    "not subscriptable",
    "not iterable",
    "type object",
    "could not be measured",
    "could not be drawn",
)


class Faults:
    """Hears of every exception that nobody catches: ``with Faults() as faults: ...``.

    Attributes
    ----------
    found : list of str
        Those so far, with their tracebacks.
    said : list of str
        What napari was told to show since `forget`: plain sentences, which are no faults.
    """

    def __init__(self) -> None:
        self.found: list[str] = []
        self.said: list[str] = []
        self._hooks: dict[tuple[Any, str], Any] = {}

    def __enter__(self) -> Self:
        for owner, name, hook in (
            (sys, "excepthook", self._raised),
            (sys, "unraisablehook", lambda told: self._raised(None, told.exc_value, None)),
            (threading, "excepthook", lambda told: self._raised(None, told.exc_value, None)),
        ):
            self._hooks[owner, name] = getattr(owner, name)
            setattr(owner, name, hook)
        notification_manager.notification_ready.connect(self._noticed)
        return self

    def __exit__(self, *_: object) -> None:
        notification_manager.notification_ready.disconnect(self._noticed)
        for (owner, name), hook in self._hooks.items():
            setattr(owner, name, hook)

    def check(self) -> None:
        """Raise for what was found."""
        found, self.found = self.found, []
        assert not found, "\n".join(found)

    def _raised(self, _: object, error: Any, __: object) -> None:
        self.found.append("".join(traceback.format_exception(error)))

    def _noticed(self, notification: Notification) -> None:
        if isinstance(notification, ErrorNotification):
            self._raised(None, notification.exception, None)
            return
        words = str(notification.message)
        self.said.append(words)
        if any(sign in words for sign in INTERNAL):
            self.found.append(f"no plain sentence: {words}")
