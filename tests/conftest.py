"""Real viewers with the plugin in them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from helpers.viewers import MANIFEST, open_panel

os.environ.setdefault("NAPARI_STRICT_QT", "1")
# What is tested is what everybody has after a minute; what runs before has tests of its own.
os.environ.setdefault("NAPARI_HISTEQ_LOOPS", "compiled")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari

#: What takes a moment on a quiet machine may take so many times as long on a busy one.
PATIENCE = 6


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
    make_napari_viewer: Callable[..., napari.Viewer], npe2pm: Any
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
