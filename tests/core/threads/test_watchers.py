"""Who watches is asked while work takes long, and a call that nothing can stop is left."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest

from napari_histeq import Exact, equalize
from napari_histeq.core import inside
from napari_histeq.core.inside import Feather
from napari_histeq.core.threads import (
    Stopped,
    asking,
    for_each,
    left_if_stopped,
    reminder,
    watchers,
    watching,
)

LONG = 60  # seconds until a call that should be left ends by itself


class Call:
    """A call that takes long; it is known which thread it runs on, and when it is there."""

    def __init__(self) -> None:
        self.begun, self.may_end, self.ended = (threading.Event() for _ in range(3))
        self.thread = 0

    def __call__(self) -> int:
        self.thread = threading.get_ident()
        self.begun.set()
        self.may_end.wait(LONG)
        self.ended.set()
        return 7


def test_who_waits_is_asked_now_and_then(monkeypatch):
    told: list[Any] = []
    ended: SimpleQueue[Any] = SimpleQueue()
    ask = reminder(lambda *how: told.append(how), 3, 9)
    ask()
    assert not told  # it was told just now
    monkeypatch.setattr(watchers, "PATIENCE", 0)
    ask()
    assert told == [(3, 9)]
    assert watchers.next_of(ended, lambda: ended.put(None)) is None
    ended.put(error := ValueError())
    assert watchers.next_of(ended, None) is error


def test_a_call_that_nobody_may_stop_is_made_right_here():
    call = Call()
    call.may_end.set()
    assert left_if_stopped(call) == 7
    assert call.thread == threading.get_ident()


@pytest.mark.parametrize("on_pool", [False, True])
def test_a_call_is_left_once_nobody_waits_for_it(monkeypatch, on_pool):
    monkeypatch.setattr(watchers, "PATIENCE", 0.001)
    monkeypatch.setenv("NAPARI_HISTEQ_THREADS", "3")
    calls = [Call() for _ in range(3 if on_pool else 1)]

    def watch(done, total):
        if any(call.begun.is_set() for call in calls):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), watching(watch):
        for_each(left_if_stopped, calls)
    assert not any(call.ended.is_set() for call in calls)
    for call in calls:
        call.may_end.set()
    assert all(call.ended.wait(LONG) for call in calls if call.begun.is_set())


def test_of_a_call_within_a_block_whoever_asks_hears(monkeypatch):
    monkeypatch.setattr(watchers, "PATIENCE", 0.001)
    call = Call()

    def ask():
        if call.begun.is_set():
            raise Stopped

    with pytest.raises(Stopped), asking(ask):
        left_if_stopped(call)
    assert not call.ended.is_set()
    call.may_end.set()


def test_what_a_watched_call_returns_or_raises_reaches_the_caller():
    call = Call()
    call.may_end.set()
    with watching(lambda *_: None):
        assert left_if_stopped(call) == 7
        assert call.thread != threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            left_if_stopped(lambda: 1 // 0)


@pytest.mark.parametrize("job", ["soft edge", "local means"])
def test_long_passes_of_scipy_are_left(monkeypatch, job):
    """Each is asked about while it runs, with all that SciPy does in it, and has the same bits."""
    monkeypatch.setattr(watchers, "PATIENCE", 0.0)
    monkeypatch.setattr(inside, "AT_ONCE", 0)
    image = np.random.default_rng(3).integers(0, 40, (300, 200), np.uint8)
    mask = image > 2
    run = {
        "soft edge": lambda: Feather(50, (0, 1)).weights(mask),
        "local means": lambda: equalize(image, Exact(ordering="local_means")),
    }[job]
    calls = {"soft edge": 1, "local means": 6}[job]
    left, here = [], threading.get_ident()
    whole = threading.Thread.start

    def start(thread):
        left.append(thread.name == "napari-histeq-call" and threading.get_ident() == here)
        whole(thread)

    want = run()
    monkeypatch.setattr(threading.Thread, "start", start)
    with watching(lambda *_: None):
        np.testing.assert_array_equal(run(), want)
    assert sum(left) == calls
