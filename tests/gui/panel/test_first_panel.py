"""The first panel: what takes its time to load is not loaded on the GUI thread."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.whole

CODE = """
import sys, threading
import napari, numpy as np
from qtpy.QtWidgets import QApplication

viewer = napari.Viewer(show=False)
viewer.add_image(np.arange(64, dtype=np.uint8).reshape(8, 8))
loaded_by = {}


class Finder:
    def find_spec(self, name, path=None, target=None):
        loaded_by.setdefault(name, threading.current_thread() is threading.main_thread())


sys.meta_path.insert(0, Finder())
from napari_histeq.gui.panel import EqualizePanel

panel = EqualizePanel(viewer)
viewer.window.add_dock_widget(panel)
panel["preview"].value = True
while panel.plotbox._canvas is None or panel.plotbox.measures is None:
    QApplication.processEvents()
for name in ("matplotlib", "matplotlib.backends.backend_qtagg", "scipy.linalg", "scipy.fft"):
    print(name, loaded_by.get(name))
viewer.close()
"""


def test_the_counting_thread_loads_what_draws_and_fits():
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CODE)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == [
        "matplotlib False",
        "matplotlib.backends.backend_qtagg False",
        "scipy.linalg False",
        "scipy.fft False",
    ]
