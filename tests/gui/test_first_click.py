"""What stands between the first click and the painted result: nothing that it does not need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.whole

CODE = """
import json, os, sys, time
import napari, numpy as np
from napari_histeq.gui.background import precedence
from qtpy.QtWidgets import QApplication

how = sys.argv[1]
precedence.MOST = 1e6  # however slow the machine is
viewer = napari.Viewer()
viewer.add_image(np.random.default_rng(0).integers(0, 999, (200, 300), np.uint16))
QApplication.processEvents()
painted = []


def note(_=None):
    if len(viewer.layers) == 2 and not painted:
        painted.append(sorted(sys.modules))


canvas = viewer.window._qt_viewer.canvas._scene_canvas
canvas.events.draw.connect(note, position="last")
if how == "panel":
    from napari_histeq.gui.panel import EqualizePanel

    panel = EqualizePanel(viewer)
    viewer.window.add_dock_widget(panel)
    panel["run"].native.click()
else:
    from napari_histeq.gui import commands

    getattr(commands, how)(viewer)
end = time.monotonic() + 200
while len(viewer.layers) < 3 and time.monotonic() < end:
    QApplication.processEvents()
print(json.dumps([painted[0], [layer.name for layer in viewer.layers]]))
sys.stdout.flush()
os._exit(0)
"""

#: What drawing, compiling (napari imports a part of Numba itself), measuring and saving bring:
#: each takes longer to load than all the rest.
LATE = {
    "matplotlib", "matplotlib.font_manager", "numba.np.arraymath", "scipy.fft", "scipy.stats",
    "skimage.metrics", "zarr", "distributed",
}  # fmt: skip


@pytest.mark.parametrize("how", ["equalize", "clahe", "panel"])
def test_no_large_library_comes_before_the_result(how: str, qapp: object) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CODE), how],
        env=os.environ | {"NAPARI_HISTEQ_LOOPS": "auto"},
        capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    painted, names = json.loads(done.stdout)
    assert names == ["Image", "Image equalized", "Image histogram"]
    assert "napari_histeq.layers" in painted
    assert not LATE & {*painted}
