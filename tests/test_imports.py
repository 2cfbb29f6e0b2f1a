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


def test_every_public_name_is_there():
    run("import napari_histeq as h; [getattr(h, name) for name in h.__all__]")
