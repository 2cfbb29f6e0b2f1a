"""`import napari_histeq` is quick, and works where there is neither napari nor Qt."""

import subprocess
import sys

import pytest

HEAVY = [
    "PyQt5",
    "PyQt6",
    "PySide6",
    "dask",
    "distributed",
    "magicgui",
    "matplotlib",
    "napari",
    "numba",
    "qtpy",
    "scipy.ndimage",
    "scipy.stats",
    "skimage",
    "superqt",
    "vispy",
    "xarray",
    "zarr",
]


def run(code: str) -> str:
    """Run `code` in a Python of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "statement",
    [
        "import napari_histeq",
        "import napari_histeq.core",
        "from napari_histeq import equalize, Global, compute_histogram, measures",
    ],
)
def test_import_brings_no_heavy_library(statement):
    found = f"import sys; {statement}; print(*(m for m in {HEAVY!r} if m in sys.modules))"
    assert run(found) == ""


def test_equalizing_brings_no_gui():
    gui = [name for name in HEAVY if name not in {"numba", "scipy.ndimage", "scipy.stats"}]
    code = (
        "import sys, numpy as np; from napari_histeq import equalize\n"
        "equalize(np.arange(256, dtype=np.uint8).reshape(16, 16))\n"
        f"print(*(m for m in {gui!r} if m in sys.modules))"
    )
    assert run(code) == ""


def test_samples_need_no_gui():
    gui = [name for name in HEAVY if not name.startswith(("scipy", "skimage"))]
    code = (
        "import sys; from napari_histeq import samples; samples.radiograph()\n"
        f"print(*(m for m in {gui!r} if m in sys.modules))"
    )
    assert run(code) == ""


def test_panel_opens_without_what_draws_and_fits():
    """They take half a second, on the GUI thread; the thread that counts loads them."""
    late = ["matplotlib", "scipy.linalg", "scipy.fft", "scipy.ndimage", "skimage", "dask.array"]
    code = (
        "import sys, napari.viewer, napari.qt.threading, napari._qt.qt_main_window\n"
        "before = set(sys.modules)\n"
        "import napari_histeq.gui.panel\n"
        "new = {name for name in sys.modules if name not in before}\n"
        "assert 'napari_histeq.gui.preview.live' in new\n"
        f"assert not {{*{late[:2]!r}}} & before, 'napari loads them: this test sees nothing'\n"
        f"print(*(name for name in {late!r} if name in new))"
    )
    assert run(code) == ""


def test_every_public_name_is_there():
    run("import napari_histeq as h; [getattr(h, name) for name in h.__all__]")
    run("from napari_histeq import *; equalize, Global, measures, save_zarr")


def test_the_package_loads_what_is_asked_for():
    """All names are listed from the start, and none is loaded by it."""
    code = (
        "import sys, napari_histeq as h; assert set(h.__all__) <= set(dir(h))\n"
        "print('napari_histeq.core' in sys.modules)\n"
        "h.core; print(h.equalize is h.core.equalize, 'equalize' in vars(h))"
    )
    assert run(code).split() == ["False", "True", "True"]


def test_a_name_that_there_is_not():
    code = (
        "import napari_histeq\n"
        "try: napari_histeq.equalyze\n"
        "except AttributeError as error: print(error)"
    )
    assert run(code) == "module 'napari_histeq' has no attribute 'equalyze'"
