"""How a loop is loaded in this process, and how the helper answers: where the cache is of no use."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import pytest

from helpers.twins import DOORS
from napari_histeq.core.kernels.compiling import background, compiler, helper, known, worker

if TYPE_CHECKING:
    from collections.abc import Callable

VALUES = np.arange(5, dtype=np.uint16)
KIND = compiler.kind_of((VALUES,))
LOOK_UP = ("levels.look_up", "|u1[1]", "|u1[1]", "|u1[1]")


def fresh(source: str = "values.sum()") -> Callable[..., Any]:
    """A loop that nothing knows; and no file has it, so that it cannot be cached."""
    names: dict[str, Any] = {"__name__": __name__}
    exec(f"def loop(values):\n    return {source}", names)  # noqa: S102
    found: Callable[..., Any] = names["loop"]
    return found


def test_what_has_no_place_in_a_cache_is_compiled_all_the_same() -> None:
    loop = compiler.Loop(fresh(), np.sum)
    loop.load(KIND)
    made: Any = loop.ready[KIND]
    assert made(VALUES) == 10
    assert made.signatures


def test_without_a_compiler_the_function_itself_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    function = fresh()
    assert compiler.load(function, KIND) is function


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_fault_of_the_loop_is_told(elsewhere: bool) -> None:
    """To the thread that asks for it, not only to the one that compiles."""
    told: list[Any] = []

    def ask() -> None:
        try:
            compiler.Loop(fresh("values.no_such_thing"), np.sum).load(KIND)
        except numba.core.errors.NumbaError as error:
            told.append(error)

    if elsewhere:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    else:
        ask()
    assert "no_such_thing" in str(told[0])


@pytest.mark.parametrize("flush", [None, OSError("read-only")])
def test_a_cache_that_stays_broken_is_left_out(monkeypatch: pytest.MonkeyPatch, flush: Any) -> None:
    tries: list[str] = []

    class Broken:
        """What Numba makes of a function whose cache can neither be read nor written."""

        @property
        def _cache(self) -> Any:
            def flushed() -> None:
                tries.append("flush")
                if flush is not None:
                    raise flush

            return SimpleNamespace(flush=flushed)

        def compile(self, _: Any) -> None:
            tries.append("compile")
            raise OSError("no space left")

    def dispatcher(_: Any) -> Any:
        return Broken()

    monkeypatch.setattr(compiler, "dispatcher", dispatcher)
    assert compiler.load(fresh(), KIND)(VALUES) == 10
    assert tries == ["compile", "flush", "compile"][: 3 if flush is None else 2]


def test_somebody_who_watches_is_patient_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_background", None)
    compiler.be_patient()
    first = compiler._background
    compiler.be_patient()
    assert compiler._background is first is not None


def test_a_forked_process_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever held the lock, or compiled, is not in it."""
    monkeypatch.setattr(compiler, "_background", object())
    monkeypatch.setattr(compiler, "_loading", held := threading.RLock())
    compiler._forked()
    assert compiler._background is None
    assert compiler._loading is not held


@pytest.mark.parametrize("fault", [OSError("no more processes"), None])
def test_where_no_helper_can_be_started_none_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, fault: OSError | None
) -> None:
    started: list[Any] = []

    def start(*_: Any, **__: Any) -> None:
        started.append(fault)
        if fault is not None:
            raise fault

    monkeypatch.setattr(helper, "start", start)
    with helper.Helper() as one:
        one.compile(LOOK_UP)
        one.compile(LOOK_UP)
    assert started == [fault]


def test_one_helper_is_asked_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    echo = "import sys\nfor _ in sys.stdin: print('true', flush=True)"
    real, started = helper.start, list[Any]()

    def start(_: Any, **how: Any) -> Any:
        started.append(real(["-c", echo], **how))
        return started[-1]

    monkeypatch.setattr(helper, "start", start)
    with helper.Helper() as one:
        one.compile(LOOK_UP)
        one.compile(LOOK_UP)
        assert [each.poll() for each in started] == [None]
    assert started[0].poll() is not None


def test_it_ends_when_nobody_asks_any_more() -> None:
    process = helper.start(["-m", helper.WORKER], stdin=subprocess.PIPE)
    assert process is not None
    process.communicate("")
    assert process.returncode == 0


def test_the_helper_answers_a_line_with_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is in the cache; what cannot be, the one that is helped will see."""
    requests = (LOOK_UP, ("levels.no_such_loop",), LOOK_UP)
    asked: list[Any] = []

    def in_cache(name: str, kind: Any) -> bool:
        asked.append((name, *kind))
        return compiler.named(name) is not None and len(asked) == 2

    said = io.StringIO()
    monkeypatch.setattr(worker, "in_cache", in_cache)
    monkeypatch.setattr(os, "nice", asked.append, raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{json.dumps(r)}\n" for r in requests)))
    monkeypatch.setattr(sys, "stdout", said)
    worker.main()
    assert said.getvalue().split() == ["true", "false", "false"]
    assert asked == [10, *requests]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, of a loop that nobody has loaded."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(DOORS["levels.look_up"].loop, "ready", {})
    compiler.dispatcher.cache_clear()
    return tmp_path


def test_what_the_helper_makes_is_in_the_cache_and_written_down(folder: Path) -> None:
    values, table = np.zeros(3, np.uint16), np.zeros(65536, np.uint16)
    kind = compiler.kind_of((values, table, values))
    try:
        assert worker.in_cache("levels.look_up", kind)
        assert list(folder.rglob("levels.look_up*.nbi"))
        assert known.is_cached(("levels.look_up", *kind))
        assert list(folder.rglob("napari-histeq.lock"))
    finally:
        compiler.dispatcher.cache_clear()


def test_without_a_cache_the_helper_is_of_no_use(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "cache_of", lambda _: SimpleNamespace())
    assert not worker.in_cache("levels.look_up", KIND)


def test_it_is_written_beside_the_loops_where_nobody_has_named_a_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/home/me/.cache")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    home = Path("/home/me/.cache/napari-histeq")
    assert list(known.folders()) == [known.HERE / "__pycache__", home]


def test_where_no_lock_can_be_had_the_work_is_done_without(tmp_path: Path) -> None:
    with worker.alone(str(tmp_path / "gone")):
        assert not list(tmp_path.iterdir())


def test_who_asks_is_served_once_and_the_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of what is asked while the thread still lingers; and it ends when nothing comes."""
    monkeypatch.setattr(background, "LINGER", 0.3)
    monkeypatch.setattr(background, "QUIET", 0.0)
    monkeypatch.setattr(known, "is_cached", lambda _: True)
    monkeypatch.setattr(subprocess, "Popen", pytest.fail)
    loaded: list[Any] = []
    seen, asked = threading.Semaphore(0), threading.Semaphore(0)

    def load(*request: str) -> None:
        assert asked.acquire(timeout=60)
        loaded.append(request)
        seen.release()

    one = background.Background(load, nullcontext)
    for request in (("a", "int"), ("b", "int")):
        one.ask(request)
        one.ask(request)  # while the first is not yet answered
        asked.release()
        assert seen.acquire(timeout=60)
    (thread,) = (t for t in threading.enumerate() if t.name == "napari-histeq-compiler")
    thread.join(60)
    assert not thread.is_alive()
    assert loaded == [("a", "int"), ("b", "int")]
