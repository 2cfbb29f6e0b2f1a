"""Where an extra is missing it is named, with its cure; the rest works."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tifffile

from helpers.sample_files import made, pixels

pytestmark = pytest.mark.whole


def run(missing: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line in a Python of its own that lacks a package."""
    code = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['napari-histeq', *{words!r}]\n"
        "from napari_histeq.cli import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env=os.environ | {"COLUMNS": "200"},
    )  # fmt: skip


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_the_extra_of_the_command_line(missing):
    done = run(missing, "--help")
    assert done.returncode == 2
    wanted = f'napari-histeq: {missing} is not installed: pip install "napari-histeq[cli]"\n'
    assert done.stderr == wanted


@pytest.mark.parametrize(
    ("missing", "name"),
    [("pydicom", "MR_small.dcm"), ("nibabel", "standard.nii.gz"), ("h5py", "volume.h5")],
)
def test_a_reader_that_is_missing(missing, name, tmp_path: Path):
    (tmp_path / "in").mkdir()
    made(name, tmp_path / "in")
    tifffile.imwrite(tmp_path / "in" / "a.tif", pixels(30, 40))
    done = run(missing, "equalize", str(tmp_path / "in"), "-o", str(tmp_path / "out"))
    assert done.returncode == 1
    assert f'{name}: {missing} is not installed: pip install "napari-histeq[cli]"' in done.stderr
    assert (tmp_path / "out" / "a.tif").exists()


def test_no_napari_no_qt_no_matplotlib(tmp_path: Path):
    tifffile.imwrite(tmp_path / "a.tif", pixels(30, 40))
    code = (
        f"import sys; sys.argv = ['x', 'equalize', {str(tmp_path / 'a.tif')!r}, '-o', "
        f"{str(tmp_path / 'out')!r}]\n"
        "from napari_histeq.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code, *(m for m in ('napari', 'qtpy', 'matplotlib', "
        "'dask', 'zarr', 'pydicom', 'nibabel', 'h5py') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "0", done.stderr
