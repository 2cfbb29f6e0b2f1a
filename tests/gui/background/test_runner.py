"""The one way off the GUI thread: order, cancel, late answers, errors, and nothing kept."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_histeq.core import watching
from napari_histeq.core.threads import for_each
from napari_histeq.gui.background import runner
from napari_histeq.gui.background.runner import IDLE, Runner, Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ear:
    """All that is heard, and on which thread."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.threads: set[threading.Thread] = set()

    def __getattr__(self, kind: str) -> Any:
        def hear(*news: Any) -> None:
            self.heard.append((kind, *news))
            self.threads.add(threading.current_thread())

        return hear

    def all(self) -> dict[str, Any]:
        return {kind: getattr(self, kind) for kind in ("done", "failed", "progressed", "sent")}

    def of(self, kind: str) -> list[Any]:
        return [news[1:] for news in self.heard if news[0] == kind]


@pytest.fixture
def ear(qapp: Any) -> Ear:
    return Ear()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    opened = threading.Event()
    yield opened
    opened.set()


def at_work() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith("histeq: ")]


def test_an_answer_comes_on_the_gui_thread(ear: Ear, qtbot: Any) -> None:
    def work(a: int, b: int, job: Any) -> tuple[int, str]:
        job(0.5, "half")
        job.send("a part")
        return a + b, threading.current_thread().name

    Runner().submit("adding up", work, 1, 2, **ear.all())
    qtbot.waitUntil(lambda: bool(ear.of("done")))
    assert ear.heard == [
        ("progressed", 0.5, "half"), ("sent", "a part"), ("done", (3, "histeq: adding up")),
    ]  # fmt: skip
    assert ear.threads == {threading.main_thread()}
    qtbot.waitUntil(lambda: not at_work())


def test_jobs_go_one_after_the_other(ear: Ear, qtbot: Any, gate: threading.Event) -> None:
    runs, began = Runner(), []

    def work(number: int, _: Any) -> int:
        began.append(number)
        gate.wait(30)
        return number

    for number in range(5):
        runs.submit("waiting", work, number, **ear.all())
    qtbot.waitUntil(lambda: began == [0])
    gate.set()
    qtbot.waitUntil(lambda: not runs.busy)
    assert ear.of("done") == [(number,) for number in range(5)]
    assert began == [*range(5)]


def test_only_the_newest_is_answered(ear: Ear, qtbot: Any, gate: threading.Event) -> None:
    newest, began = Runner(newest=True), []

    def work(number: int, _: Any) -> int:
        began.append(number)
        gate.wait(30)
        return number

    for number in range(3):
        newest.submit("waiting", work, number, **ear.all())
        qtbot.waitUntil(lambda: bool(began) and began[-1] == number)  # noqa: B023  (at once)
    gate.set()
    qtbot.waitUntil(lambda: not newest.busy)
    qtbot.waitUntil(lambda: not at_work())
    qtbot.wait(20)
    assert ear.heard == [("done", 2)]


def test_what_is_canceled_stops_at_its_next_report(ear: Ear, qtbot: Any) -> None:
    runs, stopped, began = Runner(), threading.Event(), threading.Event()

    def work(job: Any) -> None:
        try:
            while True:
                job(0.1, "for ever")
                began.set()
        except Exception:  # noqa: BLE001  (a reader that catches all may not go on)
            pytest.fail("not to be caught")
        except Stopped:
            stopped.set()
            raise

    job = runs.submit("for ever", work, **ear.all())
    after = runs.submit("the next", lambda _: "next", **ear.all())
    qtbot.waitUntil(began.is_set)
    job.cancel()
    before = len(ear.heard)
    qtbot.waitUntil(lambda: not runs.busy)
    qtbot.waitUntil(stopped.is_set)
    qtbot.wait(20)
    assert ear.heard[before:] == [("done", "next")]
    after.cancel()  # nothing to be stopped any more
    assert not runs.busy


def test_a_pass_over_pixels_is_stopped_within_it(ear: Ear, qtbot: Any) -> None:
    """Even where the work does not report: `for_each` looks after each block."""
    runs, began, seen = Runner(), threading.Event(), []

    def block(number: int) -> None:
        seen.append(number)
        began.set()
        canceled.wait(30)
        time.sleep(0.002)  # a block takes a moment

    canceled = threading.Event()
    job = runs.submit("a pass", lambda _: for_each(block, range(1000)), **ear.all())
    qtbot.waitUntil(began.is_set)
    job.cancel()
    canceled.set()
    qtbot.waitUntil(lambda: not at_work())
    assert len(seen) < 100
    assert ear.heard == []


def test_one_s_own_watcher_is_asked_instead(ear: Ear, qtbot: Any) -> None:
    def work(job: Any) -> None:
        with watching(lambda done, total: job(done / total, "mine")):
            for_each(lambda _: None, range(4))

    Runner().submit("a pass", work, **ear.all())
    qtbot.waitUntil(lambda: bool(ear.of("done")))
    assert ear.of("progressed")[-1] == (1.0, "mine")


@pytest.mark.parametrize("error", [ValueError("wrong"), SystemExit(3), KeyboardInterrupt()])
def test_an_error_is_answered_and_the_next_job_begins(
    ear: Ear, qtbot: Any, error: BaseException
) -> None:
    runs = Runner()

    def fail(_: Any) -> None:
        raise error

    runs.submit("failing", fail, **ear.all())
    runs.submit("the next", lambda _: 1, **ear.all())
    qtbot.waitUntil(lambda: not runs.busy)
    assert ear.heard == [("failed", error), ("done", 1)]


def test_an_ear_that_fails_stops_nothing(ear: Ear, qtbot: Any) -> None:
    runs = Runner()

    def deaf(_: Any) -> None:
        raise RuntimeError("deaf")

    with qtbot.captureExceptions() as caught:
        runs.submit("one", lambda _: 1, done=deaf, failed=ear.failed)
        runs.submit("two", lambda _: 2, **ear.all())
        qtbot.waitUntil(lambda: not runs.busy)
    assert [str(found[1]) for found in caught] == ["deaf"]
    assert ear.heard == [("done", 2)]


class Pixels(np.ndarray):
    """An array that can be referred to weakly."""


@pytest.mark.parametrize("how", ["done", "failed", "canceled", "never begun"])
def test_nothing_is_kept(ear: Ear, qtbot: Any, gate: threading.Event, how: str) -> None:
    """Neither arguments nor answers nor who was listening; though job and error are held."""
    runs, pixels = Runner(), np.zeros((9, 9)).view(Pixels)
    held, began = weakref.ref(pixels), threading.Event()

    def work(pixels: Any, job: Any) -> Any:
        began.set()
        local = pixels[::2]
        while not gate.wait(0.01):
            job(0.5, "waiting")
        if how == "failed":
            raise ValueError(f"{local.ndim} axes")
        return local

    errors: list[BaseException] = []
    if how == "never begun":
        runs.submit("before", lambda _: gate.wait(30), **ear.all())
    job = runs.submit("holding", work, pixels, done=lambda _, __=pixels: None, failed=errors.append)
    del pixels
    if how != "never begun":
        qtbot.waitUntil(began.is_set)
    if how in ("canceled", "never begun"):
        job.cancel()
    gate.set()
    qtbot.waitUntil(lambda: not runs.busy and not at_work())
    qtbot.wait(20)
    gc.collect()
    assert held() is None
    assert [str(error) for error in errors] == (["2 axes"] if how == "failed" else [])


def test_threads_are_used_again(ear: Ear, qtbot: Any) -> None:
    runs = Runner()

    def once() -> None:
        runs.submit("once", lambda _: None, **ear.all())
        qtbot.waitUntil(lambda: not runs.busy and not at_work())

    once()
    before = threading.active_count()
    for _ in range(50):
        once()
    assert threading.active_count() <= before + 1
    assert [t for t in threading.enumerate() if t.name.startswith(IDLE)]


AT_THE_END = """
import threading, time
from qtpy.QtWidgets import QApplication
from napari_histeq.gui.background.runner import Runner
app = QApplication([])
began = threading.Event()
def work(job):
    while True:
        job(0.5, "for ever")
        began.set()
        time.sleep(0.001)
Runner().submit("for ever", work, done=print, failed=print)
assert began.wait(60)
print("the end")
"""


def test_python_ends_though_a_job_goes_on() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", AT_THE_END], timeout=120, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "the end\n", "")


def test_a_job_that_hangs_holds_up_no_other(ear: Ear, qtbot: Any, gate: threading.Event) -> None:
    """What reads from a server that does not answer cannot be stopped; it is left alone."""
    runs, began = Runner(), threading.Event()

    def hang(_: Any) -> None:
        began.set()
        gate.wait(30)

    job = runs.submit("hanging", hang, **ear.all())
    qtbot.waitUntil(began.is_set)
    job.cancel()
    runs.submit("the next", lambda _: 1, **ear.all())
    qtbot.waitUntil(lambda: not runs.busy)
    assert ear.heard == [("done", 1)]
    assert at_work() == ["histeq: hanging"]
    gate.set()
    qtbot.waitUntil(lambda: not at_work())


def test_all_is_handed_over_by_one_object_of_the_gui_thread(qapp: Any) -> None:
    Runner()
    assert runner._post().thread() is qapp.thread()
