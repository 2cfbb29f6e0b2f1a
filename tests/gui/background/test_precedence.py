"""What a person waits for comes first; what is loaded for later gives way."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from napari_histeq.gui.background import loading, precedence
from napari_histeq.gui.background.loading import PLOTTING, load_plotting
from napari_histeq.gui.background.precedence import (
    Precedence,
    aside,
    give_way,
    short_turns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def first() -> Iterator[Precedence]:
    own = Precedence()
    own.begin()
    yield own
    own.end()


def waiting() -> threading.Thread:
    thread = threading.Thread(target=give_way)
    thread.start()
    return thread


def test_where_nobody_waits_nothing_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "MOST", 1e6)
    give_way()
    with aside():
        pass


def test_it_goes_on_when_nobody_waits_any_more(
    first: Precedence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precedence, "MOST", 1e6)
    second = Precedence()
    second.begin()
    thread = waiting()
    first.end()
    first.end()  # once more does no harm
    thread.join(0.05)
    assert thread.is_alive()
    second.end()
    thread.join(30)
    assert not thread.is_alive()


def test_who_waits_for_long_is_better_off_with_all_prepared(
    first: Precedence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precedence, "MOST", 0.0)
    give_way()


def test_a_pause_comes_before_each_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that raises ends it; what is there already costs no pause."""
    done: list[str] = []
    names = ("json", "no such one", "napari_histeq.nor_this")
    monkeypatch.setattr(loading, "PLOTTING", names)

    def fail(name: str) -> None:
        done.append(name)
        raise ImportError

    monkeypatch.setattr(loading, "import_module", fail)
    load_plotting(lambda: done.append("pause"))
    assert done == ["pause", names[1], "pause", names[2]]

    def stop() -> None:
        raise StopIteration

    with pytest.raises(StopIteration):
        load_plotting(stop)
    assert len(done) == 4


def test_every_step_is_there() -> None:
    load_plotting(lambda: None)
    for name in PLOTTING:
        __import__(name)


def test_the_fonts_are_listed_by_another_process_once(monkeypatch: Any, tmp_path: Any) -> None:
    import matplotlib as mpl

    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    monkeypatch.setattr(mpl, "get_cachedir", lambda: str(tmp_path))
    started: list[Any] = []
    start = loading.start
    monkeypatch.setattr(loading, "start", lambda *a: started.append(start(*a)) or started[-1])
    loading._list_fonts()
    loading._list_fonts()
    assert len(started) == 1
    assert started[0].returncode == 0
    assert list(tmp_path.glob("fontlist-*.json"))


@pytest.mark.parametrize("broken", [OSError, None])
def test_without_another_python_matplotlib_lists_them(
    monkeypatch: Any, tmp_path: Any, broken: Any
) -> None:
    import matplotlib as mpl

    def start(_: Any) -> None:
        if broken:
            raise broken

    monkeypatch.setattr(mpl, "get_cachedir", lambda: str(tmp_path))
    monkeypatch.setattr(loading, "start", start)
    loading._list_fonts()


def test_a_thread_that_works_lets_others_have_their_turn_soon() -> None:
    usual = sys.getswitchinterval()
    with short_turns():
        assert sys.getswitchinterval() == pytest.approx(min(precedence.TURN, usual))
        with short_turns():
            pass
        assert sys.getswitchinterval() == pytest.approx(min(precedence.TURN, usual))
    assert sys.getswitchinterval() == pytest.approx(usual)
    with pytest.raises(InterruptedError), short_turns():
        raise InterruptedError
    assert sys.getswitchinterval() == pytest.approx(usual)
