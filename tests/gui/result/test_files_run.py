"""From a result to files: the copied command line, and a run on files from the panel."""

from __future__ import annotations

import json
import shlex
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from napari.layers import Image
from qtpy.QtWidgets import QApplication, QFileDialog
from typer.testing import CliRunner

from helpers.sample_files import pixels
from helpers.tools import IMAGE, item
from napari_histeq import equalize, save_zarr
from napari_histeq.cli.app import app
from napari_histeq.files import read
from napari_histeq.gui.result import on_files as files_run

pytestmark = pytest.mark.whole


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    (tmp_path / "in").mkdir()
    paths = [tmp_path / "in" / f"{name}.tif" for name in "abc"]
    for number, path in enumerate(paths):
        tifffile.imwrite(path, pixels(30 + number, 40))
    return paths


@pytest.fixture
def asked(monkeypatch: Any, tmp_path: Path, files: list[Path]) -> dict[str, Any]:
    """Answers of the dialogs."""
    answers: dict[str, Any] = {"files": [str(f) for f in files], "folder": str(tmp_path / "out")}
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_, **__: (answers["files"], ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: answers["folder"])
    return answers


@pytest.fixture
def said(monkeypatch: Any) -> list[str]:
    """What napari was told to show."""
    told: list[str] = []
    for name in ("show_info", "show_warning"):
        monkeypatch.setattr(files_run, name, told.append)
    monkeypatch.setattr("napari_histeq.gui.result.tools.show_error", told.append)
    return told


@pytest.fixture
def ended(qtbot: Any) -> Any:
    return lambda: qtbot.waitUntil(lambda: not files_run._running, timeout=15_000)


def test_the_copied_command_makes_the_pixels_of_the_layer(
    viewer: Any, panel: Any, run: Any, tmp_path: Path
) -> None:
    path = tmp_path / "my cells.tif"
    tifffile.imwrite(path, IMAGE)
    viewer.add_layer(layer_of(path))
    panel["method"].value, panel["strength"].value = "clahe", 0.7
    panel["clip_limit"].value, panel["out_range"].value = 0.03, "image"
    run()
    item(panel, "Copy as command").trigger()
    words = shlex.split(QApplication.clipboard().text())
    done = CliRunner().invoke(app, [*words[1:], "-q"])
    assert done.exit_code == 0, done.output
    made = tifffile.imread(tmp_path / "equalized" / "my cells.tif")
    np.testing.assert_array_equal(made, viewer.layers["cells equalized"].data)


def layer_of(path: Path) -> Image:
    """A layer as napari's reader makes it: it knows its file."""
    from napari.layers._source import layer_source

    with layer_source(path=str(path)):
        return Image(tifffile.imread(path), name="cells")


def test_of_a_layer_without_a_file_the_words_to_fill_in_are_told(panel: Any, shown: Any) -> None:
    item(panel, "Copy as command").trigger()
    assert QApplication.clipboard().text().splitlines() == [
        "napari-histeq equalize IN -o OUT --method global --strength 0.8",
        "# IN: image files, or a folder. OUT: a folder.",
    ]


def test_run_on_files(
    panel: Any, shown: Any, asked: Any, said: list[str], ended: Any, files: list[Path],
    tmp_path: Path,
) -> None:  # fmt: skip
    item(panel, "Run on files...").trigger()
    ended()
    out = tmp_path / "out"
    assert said == [f"3 of 3 files equalized into {out}."]
    assert panel["status"].value == said[0]
    for path in files:
        wanted = equalize(tifffile.imread(path), strength=0.8)
        np.testing.assert_array_equal(tifffile.imread(out / path.name), wanted)
    manifest = json.loads((out / "manifest.json").read_text())
    assert [entry["input"] for entry in manifest["files"]] == ["a.tif", "b.tif", "c.tif"]


def test_run_on_a_folder(
    panel: Any, shown: Any, asked: Any, said: list[str], ended: Any, files: list[Path],
    tmp_path: Path, monkeypatch: Any,
) -> None:  # fmt: skip
    """All images in it, an OME-Zarr among them; what is no image is named."""
    folder, out = files[0].parent, tmp_path / "out"
    (folder / "notes.txt").write_text("mine")
    volume = pixels(3, 20, 30)
    save_zarr(volume, folder / "stack.ome.zarr", axes="zyx", scale=(2, 0.5, 0.5))
    answers = iter([str(folder), str(out), str(folder / "stack.ome.zarr"), str(tmp_path / "two")])
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: next(answers))
    item(panel, "Run on a folder or OME-Zarr...").trigger()
    ended()
    assert said == ["Left out, as no images: notes.txt.", f"4 of 4 files equalized into {out}."]
    wanted = equalize(volume, strength=0.8)
    made = read(out / "stack.ome.zarr")
    np.testing.assert_array_equal(np.asarray(made.data), wanted)
    assert (made.axes, made.scale) == ("zyx", (2.0, 0.5, 0.5))
    np.testing.assert_array_equal(
        tifffile.imread(out / "c.tif"), equalize(tifffile.imread(files[2]), strength=0.8)
    )
    item(panel, "Run on a folder or OME-Zarr...").trigger()
    ended()
    np.testing.assert_array_equal(np.asarray(read(tmp_path / "two/stack.ome.zarr").data), wanted)


def test_results_are_not_put_into_an_ome_zarr(
    panel: Any, shown: Any, asked: Any, said: list[str], tmp_path: Path
) -> None:
    save_zarr(pixels(20, 30), tmp_path / "a.zarr", axes="yx")
    before = sorted(p.name for p in (tmp_path / "a.zarr").iterdir())
    asked["folder"] = str(tmp_path / "a.zarr")
    item(panel, "Run on files...").trigger()
    assert "is an OME-Zarr: name another folder" in said[0]
    assert sorted(p.name for p in (tmp_path / "a.zarr").iterdir()) == before


def test_a_file_that_fails_is_named_and_the_others_are_done(
    panel: Any, shown: Any, asked: Any, said: list[str], ended: Any, files: list[Path],
    tmp_path: Path,
) -> None:  # fmt: skip
    files[1].write_bytes(b"no picture at all")
    item(panel, "Run on files...").trigger()
    ended()
    assert said[-1].startswith(f"2 of 3 files equalized into {tmp_path / 'out'}. 1 failed.")
    assert "\nb.tif: it is no TIFF file" in said[-1]
    assert panel["status"].problem
    assert "b.tif: it is no TIFF file" in panel["status"].value


def test_what_is_there_is_not_overwritten(
    panel: Any, shown: Any, asked: Any, said: list[str], files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b.tif").write_text("mine")
    item(panel, "Run on files...").trigger()
    assert not files_run._running
    assert len(said) == 1
    assert "b.tif is already there, and nothing was touched: name another folder" in said[0]
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["b.tif"]
    asked["folder"] = str(tmp_path / "in")
    item(panel, "Run on files...").trigger()
    assert "would be written onto the input itself" in said[1]


def test_thinking_better_of_it_does_nothing(panel: Any, shown: Any, asked: Any, said: Any) -> None:
    asked["folder"] = ""
    item(panel, "Run on files...").trigger()
    asked["files"] = []
    item(panel, "Run on files...").trigger()
    assert not files_run._running
    assert said == []


def test_stopped_from_the_menu(
    panel: Any, shown: Any, asked: Any, said: list[str], ended: Any, monkeypatch: Any,
    tmp_path: Path,
) -> None:  # fmt: skip
    gate, begun = threading.Event(), threading.Event()
    run_all = files_run.run_all

    def waiting(work: Any, jobs: Any, *args: Any, **how: Any) -> Any:
        def one(job: Any, report: Any) -> Any:
            if job.name != "a.tif":
                begun.set()
                assert gate.wait(20)
            return work(job, report)

        return run_all(one, jobs, *args, workers=1, **how)

    monkeypatch.setattr(files_run, "run_all", waiting)
    item(panel, "Run on files...").trigger()
    assert begun.wait(20)
    item(panel, "Stop the run on files").trigger()
    gate.set()
    ended()
    assert said == [f"1 of 3 files equalized into {tmp_path / 'out'}. Then it was stopped."]
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"a.tif", "manifest.json"}
    assert item(panel, "Run on files...").isEnabled()
