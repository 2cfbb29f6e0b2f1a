"""How often the plot in the dock is drawn anew while a slider moves, in a real viewer.

The bar is 20 drawings a second. napari paints in software here, on two cores; with the
preview on, each move redraws its canvas too.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.utils.colormaps import Colormap
from qtpy.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 3.0
#: Milliseconds between two moves of the slider: a mouse tells of about 125 a second.
MOVE = 8
#: The colors of a colormap, to be raised to a power.
STEPS = np.linspace([0.0, 0.0, 0.0, 1.0], 1.0, 1024)


def images() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    skewed = np.exp(6 + 0.8 * rng.standard_normal((1024, 1024)))
    hot = skewed.clip(0, 20000)
    hot.flat[rng.integers(0, hot.size, hot.size // 500)] = 65535
    return {
        "uint8": rng.normal(90, 25, skewed.shape).clip(0, 255).astype(np.uint8),
        "uint16 uniform": rng.integers(0, 65536, skewed.shape, dtype=np.uint16),
        "uint16 log-normal, hot pixels": hot.astype(np.uint16),
        "float32 log-normal": skewed.astype(np.float32),
    }


@pytest.mark.parametrize("preview", [False, True], ids=["", "preview"])
@pytest.mark.parametrize("name", images())
def test_drawings_a_second(
    viewer: Any, qtbot: Any, note: Callable[[str], None], name: str, preview: bool
) -> None:
    from napari_histeq.gui.panel import EqualizePanel

    panel = EqualizePanel(viewer)
    viewer.window.add_dock_widget(panel)
    layer = viewer.add_image(images()[name], name="image")
    panel["preview"].value = preview
    with qtbot.waitSignal(panel.plotbox.drawn, timeout=10_000):
        pass
    qtbot.wait(1000)
    drawn, painted, values = [], [], iter(np.tile(np.linspace(0.1, 1, 91), 100))
    panel.plotbox.drawn.connect(lambda: drawn.append(time.perf_counter()))
    viewer.window._qt_viewer.canvas._scene_canvas.events.draw.connect(
        lambda _: painted.append(time.perf_counter())
    )

    def moved(change: Callable[[float], None]) -> None:
        mouse = QTimer()
        mouse.timeout.connect(lambda: change(float(next(values))))
        mouse.start(MOVE)
        qtbot.wait(int(1000 * SECONDS))
        mouse.stop()

    moved(lambda strength: setattr(panel["strength"], "value", strength))
    rate, longest = len(drawn) / SECONDS, 1e3 * float(np.diff(drawn).max())
    line = f"plot in the dock, {name:<30}{'with preview' if preview else '':<13}"
    line += f"{rate:5.1f} a second (bar 20), longest gap {longest:4.0f} ms"
    if preview:
        panel["preview"].value = False
        painted.clear()
        moved(lambda gamma: setattr(layer, "colormap", Colormap(STEPS**gamma, name="bench")))
        line += f"; napari by itself, a new colormap each time: {len(painted) / SECONDS:4.1f}"
    note(line)
    assert rate >= 20
