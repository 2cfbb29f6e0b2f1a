"""The GUI thread is never held for long by our code: a watchdog looks at it meanwhile."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest

from helpers.viewers import open_panel
from helpers.watchdog import Watchdog
from napari_histeq.gui.evidence.plotbox import PlotBox

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.whole

#: Seconds of a core that one call of ours may take; what napari does when called counts as napari's.
LONGEST = 0.05
#: What plain Python of `pace` takes on the machine that this was set for: a slower one, or a slow hour of it, has more time.
PACE = 0.02
#: A machine that others use may hold us once; code that does so will do so each time.
ROUNDS = 3


def pace() -> float:
    """How many times as slow as usual the processor is just now, one at least."""
    start = time.thread_time()
    sum(i * i for i in range(400_000))
    return max((time.thread_time() - start) / PACE, 1)


def plane(block_info: Any = None) -> np.ndarray:
    rng = np.random.default_rng(block_info[None]["chunk-location"][0])
    return rng.gamma(3, 60, (1, 2048, 2048)).astype(np.uint16)


def lazy() -> Any:
    chunks = ((1,) * 2500, (2048,), (2048,))
    return da.map_blocks(plane, chunks=chunks, dtype=np.uint16, meta=np.empty((0, 0, 0), np.uint16))


def large() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 65536, (6000, 6000), dtype=np.uint16)


def skewed() -> np.ndarray:
    return np.exp(6 + np.random.default_rng(0).standard_normal((1500, 1500), dtype=np.float32))


def colors() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), dtype=np.uint8)


def use(viewer: Any, qtbot: Any, image: Any, method: str) -> None:
    """All that a person does, from the menu to the result."""
    panel = open_panel(viewer)
    layer = viewer.add_image(image, name="image", rgb=image.shape[-1] == 3)
    qtbot.waitUntil(lambda: panel.plotbox.shown is not None, timeout=20_000)
    panel["method"].value = method
    panel["preview"].value = True
    qtbot.wait(300)
    for strength in np.linspace(0, 1, 12):
        panel["strength"].value = strength
        qtbot.wait(40)
    for index in range(10):
        viewer.cursor.position = (0,) * (layer.ndim - 2) + (7 * index, 9 * index)
        if layer.ndim > 2:
            viewer.dims.set_current_step(0, index)
        qtbot.wait(20)
    panel["preview"].value = False
    for options in ({"nbins": 20}, {"log": True}, {"nbins": None}, {"kde": False}):
        panel.plotbox.choose(**options)
        qtbot.wait(60)
    for other in panel["method"].choices:
        panel["method"].value = other
        qtbot.wait(150)
    if not isinstance(image, da.Array):
        panel["run"].native.click()
        qtbot.waitUntil(lambda: not panel["cancel"].enabled, timeout=60_000)
    qtbot.wait(300)
    viewer.window.remove_dock_widget(panel.native)
    viewer.layers.clear()
    qtbot.wait(50)


@pytest.mark.parametrize(
    ("make", "method"),
    [(large, "global"), (lazy, "global"), (skewed, "global"), (skewed, "clahe"), (colors, "clahe")],
)
def test_no_call_of_ours_holds_the_gui(
    viewer: Any, qtbot: Any, make: Callable[[], Any], method: str
) -> None:
    image, worst = make(), []
    for _ in range(ROUNDS):
        with Watchdog() as seen:
            use(viewer, qtbot, image, method)
        assert seen.holds  # it did look
        assert not seen.waits
        worst.append(seen.worst)
        if worst[-1].ours < LONGEST * pace():
            return
    pytest.fail("\n".join(f"{h.ours:.3f} s in {h.where}: " + "\n".join(h.seen) for h in worst))


@pytest.fixture
def marked(viewer: Any, panel: Any, qtbot: Any) -> Callable[[], None]:
    """Have the plot mark the intensity under the cursor."""
    viewer.add_image(skewed(), name="image")
    qtbot.waitUntil(panel.plotbox.isVisible, timeout=20_000)

    def mark() -> None:
        viewer.cursor.position = (10, 20)
        qtbot.wait(20)

    return mark


def test_the_watchdog_barks(marked: Any, monkeypatch: Any) -> None:
    """Or the test above could not fail."""
    with Watchdog() as seen:

        def work(*_: Any) -> None:
            enough = time.thread_time() + 10
            while seen.worst.ours < LONGEST and time.thread_time() < enough:
                pass

        monkeypatch.setattr(PlotBox, "mark", work)
        marked()
    assert seen.worst.where == "panel.py:_mark"
    assert seen.worst.ours >= LONGEST


def test_it_barks_at_waits(marked: Any, monkeypatch: Any) -> None:
    never = threading.Event()
    monkeypatch.setattr(PlotBox, "mark", lambda *_: never.wait(0.001))
    with Watchdog() as seen:
        never.wait(0.001)  # not in a call of ours
        marked()
    assert seen.waits
    assert all("panel.py:_mark" in wait for wait in seen.waits)
