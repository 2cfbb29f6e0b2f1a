"""Several runs: one after the other, the panel usable meanwhile, none started by impatience."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from skimage import data

from helpers.left_behind import idle
from helpers.viewers import menu_action
from napari_histeq import equalize
from napari_histeq.gui.runs import work
from napari_histeq.gui.runs.run import _running

if TYPE_CHECKING:
    import napari

MOON = data.moon()


def names(viewer: napari.Viewer) -> list[str]:
    return [layer.name for layer in viewer.layers]


@pytest.fixture
def moon(viewer: Any, panel: Any) -> Any:
    panel["plot"].value = False
    return viewer.add_image(MOON, name="moon")


def test_a_second_run_waits_for_the_first(
    viewer: Any, panel: Any, moon: Any, slow: Any, qtbot: Any
) -> None:
    panel["run"].native.click()
    panel["strength"].value = 0.5
    panel["run"].native.click()
    qtbot.waitUntil(lambda: panel["progress"].value == 50)
    assert panel["status"].value.startswith("waiting")
    assert panel["status"].value.endswith("; 1 more to come")
    panel["method"].value = "weighted"  # the panel is usable, and what waits stays as it was
    slow.set()
    qtbot.waitUntil(lambda: idle() and not panel["cancel"].enabled, timeout=20_000)
    assert names(viewer) == ["moon", "moon equalized", "moon equalized [1]"]
    np.testing.assert_array_equal(viewer.layers[1].data, equalize(MOON))
    np.testing.assert_array_equal(viewer.layers[2].data, equalize(MOON, strength=0.5))
    assert "“moon” equalized in" in panel["status"].value


def test_impatience_starts_nothing_twice(
    viewer: Any, panel: Any, moon: Any, slow: Any, qtbot: Any
) -> None:
    for _ in range(3):
        panel["run"].native.click()
    assert panel["status"].value == "“moon” is being equalized so already."
    slow.set()
    qtbot.waitUntil(lambda: idle() and not panel["cancel"].enabled, timeout=20_000)
    assert names(viewer) == ["moon", "moon equalized"]
    panel["run"].native.click()  # but again when it is done, if that is wanted
    qtbot.waitUntil(lambda: idle() and not panel["cancel"].enabled, timeout=20_000)
    assert names(viewer) == ["moon", "moon equalized", "moon equalized [1]"]


def test_cancel_takes_back_all_that_waits(
    viewer: Any, panel: Any, moon: Any, slow: Any, qtbot: Any
) -> None:
    for strength in (1, 0.5, 0.25):
        panel["strength"].value = strength
        panel["run"].native.click()
    panel["cancel"].native.click()
    assert not panel["cancel"].enabled
    assert panel["status"].value == "Canceled. Nothing was added."
    qtbot.waitUntil(idle)  # though `slow` holds the work: its report stops it
    assert names(viewer) == ["moon"]


def test_an_error_does_not_stop_what_waits(
    viewer: Any, panel: Any, moon: Any, slow: Any, qtbot: Any
) -> None:
    panel["mask"].value = hand = viewer.add_shapes(name="hand")  # without any shape in it
    panel["run"].native.click()
    panel["mask"].value = None
    panel["run"].native.click()
    slow.set()
    qtbot.waitUntil(lambda: idle() and not panel["cancel"].enabled, timeout=20_000)
    viewer.layers.remove(hand)
    assert names(viewer) == ["moon", "moon equalized"]


def test_commands_wait_for_each_other(
    viewer: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs use all cores each: never two at once, in whatever viewer."""
    perform, inside, most = work.perform, [], []
    lock = threading.Lock()

    def counted(task: Any, report: Any, **how: Any) -> Any:
        with lock:
            inside.append(task)
            most.append(len(inside))
        try:
            return perform(task, report, **how)
        finally:
            inside.remove(task)

    monkeypatch.setattr(work, "perform", counted)
    for name in ("moon", "second moon", "third moon"):
        viewer.add_image(MOON, name=name)
        menu_action(viewer.window.layers_menu, "Equalize histogram (napari-histeq)").trigger()
    assert len(_running) == 3
    qtbot.waitUntil(idle, timeout=60_000)
    assert most == [1, 1, 1]
    assert sum("equalized" in name for name in names(viewer)) == 3


def test_impatience_with_a_command_starts_nothing_twice(
    viewer: Any, slow: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But another command, or the same one on other data, is another wish."""
    said: list[str] = []
    monkeypatch.setattr("napari_histeq.gui.commands.show_warning", said.append)
    moon = viewer.add_image(MOON, name="moon")

    def choose(text: str) -> None:
        menu_action(viewer.window.layers_menu, f"{text} (napari-histeq)").trigger()

    for _ in range(3):
        choose("Equalize histogram")
    assert len(_running) == 1
    assert said == ["“moon” is being equalized so already."] * 2
    choose("Equalize histogram locally (CLAHE)")
    assert len(_running) == 2
    moon.data = MOON[::-1].copy()
    choose("Equalize histogram")
    assert len(_running) == 3
    assert len(said) == 2
    slow.set()
    qtbot.waitUntil(idle, timeout=60_000)
    assert sum("equalized" in name for name in names(viewer)) == 3
