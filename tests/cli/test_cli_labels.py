"""`equalize --labels` and `--saturated`: from files to files, and again by the manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from helpers.sample_files import pixels
from napari_histeq import Stretch, equalize, equalize_labels
from napari_histeq.cli.app import app

LABELS = (np.arange(50)[:, None] // 20 * np.ones(60, int)).astype(np.uint16)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in a folder with an image and its labels."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("segmented").mkdir()
    tifffile.imwrite("in/a.tif", pixels(50, 60))
    tifffile.imwrite("labels.tif", LABELS)
    tifffile.imwrite("segmented/a.tif", LABELS[::-1].copy())
    tifffile.imwrite("float.tif", LABELS.astype(np.float32))
    return lambda *words: CliRunner().invoke(app, list(words))


@pytest.mark.parametrize(("name", "labels"), [("labels.tif", LABELS), ("segmented", LABELS[::-1])])
def test_each_label(run: Any, name: str, labels: Any) -> None:
    done = run("equalize", "in", "-o", "out", "--labels", name, "--feather", "2")
    assert done.exit_code == 0, done.output
    wanted = equalize_labels(pixels(50, 60), labels, feather=2)
    np.testing.assert_array_equal(tifffile.imread("out/a.tif"), wanted)
    again = run("replay", "out/manifest.json", "in", "-o", "again")
    assert again.exit_code == 0, again.output
    assert Path("again/a.tif").read_bytes() == Path("out/a.tif").read_bytes()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--labels", "float.tif"), "labels are whole numbers"),
        (("--labels", "labels.tif", "--mask", "labels.tif"), "do not go together"),
        (("--labels", "labels.tif", "--together"), "do not go together"),
        (("--saturated", "2", "--method", "clahe"), "leave --saturated out"),
        (("--saturated", "51"), "Invalid value for '--saturated'"),
    ],
)
def test_what_does_not_go_together_is_refused(run: Any, words: Any, told: str) -> None:
    done = run("equalize", "in", "-o", "out", *words)
    assert done.exit_code != 0
    assert told in " ".join(done.output.split())
    assert not Path("out/a.tif").exists()


def test_saturated(run: Any) -> None:
    for method, wanted in (
        ("global", equalize(pixels(50, 60), saturated=4)),
        ("log", equalize(pixels(50, 60), "log", saturated=4)),
        ("stretch", equalize(pixels(50, 60), Stretch(4.0))),
    ):
        done = run("equalize", "in", "-o", method, "-m", method, "--saturated", "4")
        assert done.exit_code == 0, done.output
        np.testing.assert_array_equal(tifffile.imread(f"{method}/a.tif"), wanted)
        again = run("replay", f"{method}/manifest.json", "in", "-o", f"{method}2")
        assert again.exit_code == 0, again.output
        np.testing.assert_array_equal(tifffile.imread(f"{method}2/a.tif"), wanted)
