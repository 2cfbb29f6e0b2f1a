"""What napari shows of work that goes on: in its activity dock, and before its window closes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from napari.utils import cancelable_progress
from qtpy.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable


#: Milliseconds after which work gets a bar: what is done by then needs none, and making one
#: takes napari up to a tenth of that.
SOON = 1000


class _Bar(cancelable_progress):
    """napari's progress bar; its button cancels, though nothing is iterated."""

    def cancel(self) -> None:
        """Cancel as soon as the button that was pressed is done with its click."""
        super().cancel()
        QTimer.singleShot(0, self.cancel_callback)


class Activity:
    """One piece of work, from its start to `close`.

    Parameters
    ----------
    viewer : Viewer or None
        Whose window asks, before it closes, whether the work may be stopped.
    words : str
        What is done: “Saving cells”.
    cancel : method
        Called when a person cancels it, or closes the window all the same.
    """

    def __init__(self, viewer: Any, words: str, cancel: Callable[[], None]) -> None:
        self._bar: Any = None
        self._make = partial(_Bar, total=100, desc=words, cancel_callback=cancel)
        self._part = 0
        self._updating = False
        self._waiting: list[Callable[[], None]] = []
        self._close_task = _registered(viewer, words, cancel)
        self._later = QTimer(singleShot=True)
        self._later.timeout.connect(self._appear)
        self._later.start(SOON)

    def _appear(self) -> None:
        self._change(self._put_bar)

    def _put_bar(self) -> None:
        self._bar = self._make()
        self._bar.update(self._part)

    def show(self, fraction: float, _: str = "") -> None:
        """Show how much is done."""
        self._part = int(100 * fraction)
        self._update()

    def _update(self) -> None:
        if self._bar is None or self._updating or self._part <= self._bar.n:
            return
        self._change(lambda: self._bar.update(self._part - self._bar.n))

    def _change(self, change: Callable[[], object]) -> None:
        """Make or update the bar, then do what had to wait for that."""
        self._updating = True
        change()
        self._updating = False
        while self._waiting:
            self._waiting.pop(0)()

    def when_free(self, then: Callable[[], None]) -> None:
        """Do it now, or as soon as the bar is there or updated.

        napari lets Qt handle all events meanwhile: work that ended there would delete the bar
        that is being updated, or leave one for good that is not there yet.
        """
        if self._updating:
            self._waiting.append(then)
        else:
            then()

    def close(self) -> None:
        """It is over."""
        self.when_free(self._close)

    def _close(self) -> None:
        self._later.stop()
        if self._bar is not None:
            self._bar.close()
            self._bar.cancel_callback = None
        del self._make
        self._close_task()


def _registered(viewer: Any, words: str, cancel: Callable[[], None]) -> Callable[[], object]:
    """Tell the window; what is to be called at the end.

    The window keeps what it is told for good: so it gets a name and a weak reference.
    """
    viewer = getattr(viewer, "__wrapped__", viewer)  # a command's is for public names only
    window: Any = getattr(viewer, "window", None)
    if not hasattr(window, "_register_task_status"):  # before napari 0.9, or without a window
        return lambda: None
    from napari.utils.task_status import Status

    weak = WeakMethod(cancel)

    def cancel_if_there() -> None:
        method = weak()
        if method is not None:
            method()

    number = window._register_task_status(  # noqa: SLF001  (what napari's own workers do)
        "napari-histeq", Status.BUSY, words, cancel_callback=cancel_if_there
    )
    return lambda: window._update_task_status(number, Status.COMPLETED)  # noqa: SLF001
