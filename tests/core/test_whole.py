"""A file appears whole or not at all; what was there stays until then."""

from __future__ import annotations

import errno
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from napari_histeq.core.whole import whole_file


def test_it_has_the_place_and_the_ending_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "cells.ome.tif"
    path.write_text("old")
    with whole_file(path) as partial:
        assert (partial.parent, partial.name[-8:]) == (tmp_path, ".ome.tif")
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_one_that_fails_leaves_nothing_and_the_old_one(tmp_path: Path, begun, error) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(type(error)), whole_file(path) as partial:  # noqa: PT012
        if begun:
            partial.write_text("half a")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


WRITERS = {
    "plot": """
        from napari_histeq import compute_histogram
        from napari_histeq.plot import save
        before = compute_histogram(np.arange(256, dtype=np.uint8))
        def write(ending):
            save(f"{folder}/a.{ending}", before)
        endings = ("svg", "pdf", "png")
    """,
    "file": """
        from pathlib import Path
        from napari_histeq.files import Picture, write as write_picture
        noise = np.random.default_rng(0).integers(0, 256, (90, 100), dtype=np.uint8)
        def write(ending):
            write_picture(Picture(noise, "yx", "none"), Path(folder, f"a.{ending}"))
        endings = ("tif", "png", "jpg", "npy", "nii", "nii.gz", "h5")
    """,
    "lazy file": """
        import dask.array as da
        from pathlib import Path
        from napari_histeq.files import Picture, write as write_picture
        noise = np.random.default_rng(0).integers(0, 256, (90, 100), dtype=np.uint8)
        def write(ending):
            picture = Picture(da.from_array(noise, chunks=30), "yx", "none")
            write_picture(picture, Path(folder, f"a.{ending}"))
        endings = ("tif", "png", "npy", "nii", "h5")
    """,
    "table": """
        from pathlib import Path
        from napari_histeq.cli.tables import write_table
        def write(ending):
            write_table([{"file": "a" * 9000}], Path(folder, f"a.{ending}"))
        endings = ("csv", "json")
    """,
    "the panel's table": """
        from napari_histeq.gui.evidence import write_table
        def write(ending):
            found = {"mean": 1.0}
            write_table(f"{folder}/a.{ending}", {"before": found, "after": found}, {"layer": "a" * 9000})
        endings = ("csv",)
    """,
}

FULL = """
import errno, os, resource, sys
import numpy as np
folder = sys.argv[1]
{writer}
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
for ending in endings:
    with open(f"{{folder}}/a.{{ending}}", "w") as file:
        file.write("old")
    try:
        write(ending)
    except OSError as error:
        assert error.errno == errno.EFBIG, (ending, error)
    else:
        raise AssertionError(f"{{ending}}: there was no room for it")
    with open(f"{{folder}}/a.{{ending}}") as file:
        assert file.read() == "old", ending
assert sorted(os.listdir(folder)) == sorted(f"a.{{ending}}" for ending in endings)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
"""


@pytest.mark.whole
@pytest.mark.skipif(sys.platform == "win32", reason="the kernel limits no file's size")
@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_is_said_and_leaves_the_old_file(tmp_path: Path, writer: str) -> None:
    """No file may grow beyond 4 kB: the kernel itself refuses to write the rest."""
    program = FULL.format(writer=textwrap.dedent(WRITERS[writer]))
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert not ended.returncode, ended.stderr


def test_what_a_writer_made_of_a_full_disk_is_said_as_the_system_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left") as told, whole_file(tmp_path / "a") as file:  # noqa: PT012
        file.write_text("half a")
        monkeypatch.setattr(Path, "open", full)
        raise ValueError("9000 requested and 3872 written")
    assert "9000 requested" in str(told.value.__cause__)
    with pytest.raises(OSError, match="mine") as told, whole_file(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "mine")
    assert told.value.__cause__ is None
