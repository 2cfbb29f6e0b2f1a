"""How hard tests try, a screen for each process, and real viewers with the plugin in them."""

from __future__ import annotations

import gc
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from helpers import effort
from helpers.memory import give_back
from helpers.screens import own_screen
from helpers.viewers import MANIFEST, open_panel

os.environ.setdefault("NAPARI_STRICT_QT", "1")
# What is tested is what everybody has after a minute; what runs before has tests of its own.
os.environ.setdefault("NAPARI_HISTEQ_LOOPS", "compiled")
# No test reads or writes the napari settings of whoever runs it (writing took a sixth of each viewer's time).
os.environ["NAPARI_CONFIG"] = ""
# No test opens the panel as another one left it; those about that name a file of their own.
os.environ["NAPARI_HISTEQ_SETTINGS"] = ""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari

#: What takes a moment on a quiet machine may take so many times as long on a busy one.
PATIENCE = 6

effort.load()


def pytest_configure(config: pytest.Config) -> None:
    is_worker = hasattr(config, "workerinput")
    if not is_worker and getattr(config.option, "numprocesses", None):
        return  # the workers do the work
    screen = own_screen(is_worker=is_worker)
    if screen is not None:
        config.add_cleanup(screen.close)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept = effort.thinned(items)
    chosen = set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = kept


@pytest.fixture(scope="module", autouse=True)
def _what_was_freed_goes_back() -> Iterator[None]:
    """After each file: or a session holds as much as its largest tests took together."""
    yield
    give_back()


@pytest.fixture(scope="session")
def _modules_are_no_garbage(qapp: Any) -> None:
    """What is imported stays: no collection, of which each viewer needs some, looks at it again."""
    import napari_histeq.gui.panel  # noqa: F401

    gc.collect()
    gc.freeze()


@pytest.fixture
def qtbot(qtbot: Any) -> Any:
    """pytest-qt's, and patient: no test may fail because the machine is busy."""
    until, signal = qtbot.waitUntil, qtbot.waitSignal

    def wait_until(callback: Callable[[], Any], *, timeout: int = 5000) -> None:
        until(callback, timeout=PATIENCE * timeout)

    def wait_signal(*signals: Any, timeout: int = 5000, **how: Any) -> Any:
        return signal(*signals, timeout=PATIENCE * timeout, **how)

    qtbot.waitUntil, qtbot.waitSignal = wait_until, wait_signal
    return qtbot


@pytest.fixture
def viewer(
    _modules_are_no_garbage: None, make_napari_viewer: Callable[..., napari.Viewer], npe2pm: Any
) -> Iterator[napari.Viewer]:
    """A viewer as a person has it: on the screen, with this plugin and no other."""
    with npe2pm.tmp_plugin(manifest=str(MANIFEST)):
        shown = make_napari_viewer(show=True)
        shown.window.resize(1300, 900)
        yield shown


@pytest.fixture
def panel(viewer: napari.Viewer) -> Any:
    """The panel, opened from the menu."""
    return open_panel(viewer)


@pytest.fixture
def run(panel: Any, qtbot: Any) -> Callable[..., None]:
    """Press the button, and wait for the end."""

    def press(target: Any = panel, expect: int | None = None) -> None:
        target["run"].native.click()
        qtbot.waitUntil(lambda: not target["cancel"].enabled, timeout=15_000)

    return press


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Runs that wait until they are released, and go on reporting meanwhile."""
    from napari_histeq.gui.runs import work

    gate = threading.Event()
    perform = work.perform

    def waiting(task: Any, report: Any, **how: Any) -> Any:
        while not gate.wait(0.01):
            report(0.5, "waiting")
        return perform(task, report, **how)

    monkeypatch.setattr(work, "perform", waiting)
    yield gate
    gate.set()
