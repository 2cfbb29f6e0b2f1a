"""The heartbeat of an event loop: how late it comes, and what held it then."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from qtpy.QtCore import QEventLoop, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

#: Milliseconds between two beats; seconds between two looks at the thread.
BEAT, LOOK = 5, 0.005

#: Folders whose functions are worth naming, the most telling first.
OURS, NAPARI = "/napari_histeq/", "/site-packages/napari/"


@dataclass(frozen=True, slots=True)
class Gap:
    """A beat that came late.

    Attributes
    ----------
    start, length : float
        Seconds since the heart began, and seconds between the two beats.
    held : str
        Where the thread was for most of it; and what another did if that was nowhere.
    """

    start: float
    length: float
    held: str


class Heart:
    """Beats while it is entered, and looks at the thread that entered it: ``with Heart() as heart``.

    A thread is looked at by its frames, without a profile function, so that it is not slower.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._beats: list[float] = []
        self._looks: list[tuple[float, str, str]] = []
        self._collections: list[tuple[float, float]] = []
        self._stop = threading.Event()
        self._looker = threading.Thread(target=self._look, daemon=True)
        self._timer = QTimer()
        self._timer.setInterval(BEAT)
        self._timer.timeout.connect(lambda: self._beats.append(time.perf_counter()))

    def __enter__(self) -> Self:
        gc.callbacks.append(self._collected)
        self._looker.start()
        self._timer.start()
        self._beats.append(time.perf_counter())
        return self

    def __exit__(self, *_: object) -> None:
        self._beats.append(time.perf_counter())
        self._timer.stop()
        self._stop.set()
        self._looker.join()
        gc.callbacks.remove(self._collected)

    def gaps(self, longer: float) -> list[Gap]:
        """The gaps of more seconds than that, in their order."""
        pairs = zip(self._beats, self._beats[1:], strict=False)
        start = self._beats[0]
        return [Gap(a - start, b - a, self._held(a, b)) for a, b in pairs if b - a > longer]

    @property
    def longest(self) -> float:
        """Seconds between the two beats that were farthest apart."""
        return max(b - a for a, b in zip(self._beats, self._beats[1:], strict=False))

    def _held(self, start: float, end: float) -> str:
        seen = [look for look in self._looks if start <= look[0] <= end + 2 * LOOK]
        here = Counter(where for _, where, _ in seen if where)
        there = Counter(where for _, _, where in seen if where)
        words = [f"{name} ({count / len(seen):.0%})" for name, count in here.most_common(2)]
        if not words or sum(here.values()) < len(seen) / 2:
            words.append("Qt, or waiting for the interpreter")
        words += [f"meanwhile {name}" for name, _ in there.most_common(1)]
        collected = sum(seconds for at, seconds in self._collections if start <= at <= end)
        words += [f"garbage collected for {collected * 1e3:.0f} ms"] * (collected > 0.02)
        return "; ".join(words)

    def _collected(self, phase: str, _: dict[str, Any]) -> None:
        now = time.perf_counter()
        if phase == "start":
            self._collections.append((now, 0.0))
        elif self._collections:
            began = self._collections[-1][0]
            self._collections[-1] = began, now - began

    def _look(self) -> None:
        own = threading.get_ident()
        while not self._stop.wait(LOOK):
            # Nothing here lets go of the interpreter: what a thread holds, painters say, must not
            # live longer because we look at it.
            now, others = time.perf_counter(), ""
            for ident, frame in sys._current_frames().items():
                if ident == self._thread:
                    here = _named(frame)
                elif ident != own:
                    others = others or _imported(frame)
            self._looks.append((now, here, others))
            del frame


def _named(frame: FrameType | None) -> str:
    """Our innermost function and napari's, or the innermost at all; empty in the loop itself."""
    frames = list(_outward(frame))
    found = [
        next((f for f in frames if part in f.f_code.co_filename), None) for part in (OURS, NAPARI)
    ]
    named = [_name(f) for f in found if f is not None]
    if not named and frames and "first_click" not in frames[0].f_code.co_filename:
        named = [_name(frames[0])] if len(frames) > 3 else []
    del frames, found
    return " > ".join(named)


def _imported(frame: FrameType | None) -> str:
    """What another thread imports, or which of our functions it is in."""
    for f in _outward(frame):
        if f.f_code.co_name == "_find_and_load":
            return f"importing {f.f_locals.get('name')}"
        if OURS in f.f_code.co_filename:
            return "" if f.f_code.co_name in ("_serve", "_next") else _name(f)
    return ""


def _name(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"


def _outward(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def until(done: Callable[[], Any], seconds: float) -> None:
    """Let Qt work until something is so; the loop wakes up by itself."""
    loop, end = QEventLoop(), time.perf_counter() + seconds
    look = QTimer()
    look.timeout.connect(lambda: (done() or time.perf_counter() > end) and loop.quit())
    look.start(BEAT)
    loop.exec()
