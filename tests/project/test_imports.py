"""`import napari_histeq` is quick, and works where there is neither napari nor Qt."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.whole

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


#: What is missing where only `pip install "napari-histeq[cli]"` was run.
NO_NAPARI = [
    "PyQt5",
    "PyQt6",
    "PySide6",
    "magicgui",
    "napari",
    "npe2",
    "pint",
    "qtpy",
    "superqt",
    "vispy",
]


def test_arrays_files_and_plots_without_napari(tmp_path):
    """Nothing asks for napari, not even late."""
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({NO_NAPARI!r}))\n"
        "import numpy as np, dask.array as da, napari_histeq as h\n"
        "from napari_histeq.cli.app import app\n"
        "image = np.arange(4096, dtype=np.uint16).reshape(64, 64) ** 2 % 4001\n"
        "for method in ('global', 'clahe', 'stretch'):\n"
        "    lazy = h.equalize(da.from_array(image, chunks=32), method)\n"
        "    assert (lazy.compute() == h.equalize(image, method)).all()\n"
        "h.compute_histogram(image).plot()\n"
        f"np.save({str(tmp_path / 'a.npy')!r}, image)\n"
        f"app(['equalize', {str(tmp_path / 'a.npy')!r}, '-o', {str(tmp_path / 'b.npy')!r}], standalone_mode=False)\n"
        f"app(['plot', {str(tmp_path / 'a.npy')!r}, '-o', {str(tmp_path / 'c.png')!r}], standalone_mode=False)\n"
        f"h.save_zarr(image, {str(tmp_path / 'd.zarr')!r})\n"
        f"assert (np.load({str(tmp_path / 'b.npy')!r}) == h.equalize(image)).all()\n"
    )
    run(code)
    assert (tmp_path / "c.png").stat().st_size > 1000


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
