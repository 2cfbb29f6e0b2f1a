"""An answer that is waited for a moment: heard at once, or as usual; never twice."""

from __future__ import annotations

import threading
from typing import Any

from napari_histeq.gui.background import Runner


def submit(work: Any, heard: list[Any]) -> Any:
    return Runner().submit("work", work, done=heard.append, failed=heard.append)


def test_what_is_quick_is_heard_at_once_and_once(qtbot: Any) -> None:
    heard: list[Any] = []
    submit(lambda _: "found", heard).hear_soon(60)
    assert heard == ["found"]
    qtbot.wait(50)  # the answer that was on its way
    assert heard == ["found"]


def test_a_failure_too(qtbot: Any) -> None:
    heard: list[Any] = []
    submit(lambda _: 1 // 0, heard).hear_soon(60)
    assert [type(error) for error in heard] == [ZeroDivisionError]
    qtbot.wait(50)
    assert len(heard) == 1


def test_what_is_late_is_heard_when_it_comes(qtbot: Any) -> None:
    heard: list[Any] = []
    gate = threading.Event()
    job = submit(lambda _: gate.wait(60), heard)
    job.hear_soon(0.001)
    assert not heard
    gate.set()
    qtbot.waitUntil(lambda: heard == [True])


def test_nothing_is_heard_of_what_was_canceled(qtbot: Any) -> None:
    heard: list[Any] = []
    job = submit(lambda _: "found", heard)
    job.cancel()
    job.hear_soon(0.05)
    qtbot.wait(50)
    assert not heard
