"""How long a thread is held: a heartbeat that looks at it every few milliseconds."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from unittest import mock

import napari_histeq

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

OURS = str(Path(napari_histeq.__file__).parent)
NAPARI = f"{Path('site-packages', 'napari')}{Path('/')}"
BEAT = 0.002


@dataclass
class Hold:
    """A call of ours that the thread's event loop waits for.

    Attributes
    ----------
    ours, napari : float
        Seconds of a core spent in our code and what it calls; in napari, which it called.
    seen : list of str
        Where our code was at each beat, innermost call first.
    """

    where: str
    ours: float = 0.0
    napari: float = 0.0
    seen: list[str] = field(default_factory=list)


class Watchdog:
    """Watches the thread that makes it: ``with Watchdog() as seen: ...``.

    A hold is one call from the event loop into our package. What counts is the time of a core
    that the thread used, which a busy machine does not lengthen; where a call of ours waits
    instead, for other threads say, that is no time but a fault of its own.

    Attributes
    ----------
    holds : list of Hold
    waits : list of str
        Where our code waited on the thread, innermost call first.
    """

    def __init__(self) -> None:
        self.holds: list[Hold] = []
        self.waits: list[str] = []
        self._thread = threading.get_ident()
        self._stop = threading.Event()
        self._beat = threading.Thread(target=self._watch, daemon=True)
        self._patched = ExitStack()

    def __enter__(self) -> Self:
        # Events, queues, futures and pools all wait so.
        for owner, name in ((threading.Condition, "wait"), (time, "sleep")):
            told = self._telling(getattr(owner, name))
            self._patched.enter_context(mock.patch.object(owner, name, told))
        self._beat.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._patched.close()
        self._stop.set()
        self._beat.join()

    @property
    def worst(self) -> Hold:
        """The longest hold."""
        return max(self.holds, key=lambda hold: hold.ours, default=Hold("nowhere"))

    def _watch(self) -> None:
        call: FrameType | None = None  # held, so that no other frame is taken for it
        last = self._clock()
        while not self._stop.wait(BEAT):
            now = self._clock()
            # Nothing here lets go of the interpreter: what the thread holds, painters say,
            # must not live longer because we look at it.
            frames = list(_frames(sys._current_frames()[self._thread]))
            ours = [frame for frame in frames if _is_in(frame, OURS)]
            entered = ours[-1] if ours else None
            if entered is not None:
                if entered is not call:
                    self.holds.append(Hold(_named(entered)))
                    last = max(last, now - BEAT)
                self._add(frames, now - last)
            call, last = entered, now
            del frames, ours, entered

    def _add(self, frames: list[FrameType], seconds: float) -> None:
        hold = self.holds[-1]
        inner = next(f for f in frames if _is_in(f, OURS) or _is_in(f, NAPARI))
        if _is_in(inner, OURS):
            hold.ours += seconds
            hold.seen.append(" < ".join(f"{_named(f)}:{f.f_lineno}" for f in frames[:6]))
        else:
            hold.napari += seconds

    def _telling(self, wait: Callable[..., Any]) -> Callable[..., Any]:
        def told(*args: Any, **how: Any) -> Any:
            if threading.get_ident() == self._thread:
                frames = list(_frames(sys._getframe(1)))
                # A thread that begins is waited for by who starts it, for as long as nothing.
                begins = "threading.py:start" in map(_named, frames[:2])
                if not begins and any(_is_in(frame, OURS) for frame in frames):
                    self.waits.append(" < ".join(map(_named, frames[:12])))
            return wait(*args, **how)

        return told

    def _clock(self) -> float:
        """Seconds of a core that the thread has used."""
        if not hasattr(time, "pthread_getcpuclockid"):  # macOS and Windows
            return time.perf_counter()
        return time.clock_gettime(time.pthread_getcpuclockid(self._thread))


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """From the innermost call outward, up to an event loop: napari's progress bar has one."""
    while frame is not None and _named(frame) != "qt_progress_bar.py:setValue":
        yield frame
        frame = frame.f_back


def _is_in(frame: Any, folder: str) -> bool:
    return folder in frame.f_code.co_filename


def _named(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}"
