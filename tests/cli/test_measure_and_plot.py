"""`napari-histeq measure` and `plot`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from typer.testing import CliRunner

from helpers.sample_files import imagej_tiff, pixels
from napari_histeq import compute_histogram, equalize, measures
from napari_histeq.cli.app import app
from napari_histeq.core.verbs import PERCENTILES
from napari_histeq.plot import save_course


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in a folder of its own, with two images."""
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        tifffile.imwrite(f"{name}.tif", pixels(30, 40))
    return lambda *words: CliRunner().invoke(app, list(words))


def test_a_row_for_each_file(run):
    done = run("measure", "a.tif", "b.tif")
    assert done.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["file"] for row in rows] == ["a.tif", "b.tif"]
    histogram = compute_histogram(pixels(30, 40))
    assert float(rows[0]["entropy"]) == measures.entropy(histogram)
    assert rows[0]["shape"] == "30x40"


def test_before_and_after_as_json(run):
    done = run("measure", "a.tif", "-o", "table.json", "-m", "global")
    assert done.exit_code == 0
    (row,) = json.loads(Path("table.json").read_text())
    image = pixels(30, 40)
    before, after = compute_histogram(image), compute_histogram(equalize(image))
    assert row["levels_used_before"] == measures.levels_used(before)
    assert row["levels_used_after"] == measures.levels_used(after)
    assert row["ssim_after"] == measures.ssim(image, equalize(image))
    assert row["psnr_before"] == "inf"
    assert run("measure", "a.tif", "-o", "table.json").exit_code == 2
    assert run("measure", "a.tif", "-o", "table.txt").exit_code == 2


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_plot_for_each_file(run, kind):
    done = run("plot", "a.tif", "b.tif", "-o", "plots", "--format", kind, "-m", "clahe")
    assert done.exit_code == 0, done.output
    assert {p.name for p in Path("plots").iterdir()} == {f"a.{kind}", f"b.{kind}"}
    if kind == "png":
        with Image.open("plots/a.png") as image:
            assert image.width == 2400
    else:
        assert "<svg" in Path("plots/a.svg").read_text()


def test_a_plot_of_one_file(run):
    assert run("plot", "a.tif", "-o", "p.svg").exit_code == 0
    assert run("plot", "a.tif", "-o", "p.svg").exit_code == 2
    assert run("plot", "a.tif", "b.tif", "-o", "q.svg").exit_code == 2


def test_files_of_one_name_are_told_apart_by_the_shortest_path(run):
    for folder in ("day1/left", "day1/right", "day2/left"):
        Path(folder).mkdir(parents=True)
        tifffile.imwrite(f"{folder}/x.tif", pixels(30, 40))
    folders = ["day1/left", "day1/right", "day2/left"]
    done = run("measure", *folders, "a.tif")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    names = ["day1/left/x.tif", "right/x.tif", "day2/left/x.tif", "a.tif"]
    assert [row["file"] for row in rows] == names
    Path("day2/left/x.tif").write_bytes(b"no image")
    done = run("measure", *folders)
    assert done.exit_code == 1
    assert "day2/left/x.tif: " in done.output


@pytest.mark.parametrize("over", ["t", "0", "-4"])
def test_a_plot_over_an_axis(run, over, monkeypatch):
    imagej_tiff(Path("movie.tif"))
    drawn = []
    monkeypatch.setattr("napari_histeq.plot.save_course", _keeping(drawn))
    done = run("plot", "movie.tif", "-o", "p.png", "--over", over, "-m", "global")
    assert done.exit_code == 0, done.output
    (course,) = drawn
    image = tifffile.imread("movie.tif")
    result = equalize(image)
    wanted = [np.percentile(a, PERCENTILES, axis=(1, 2, 3, 4)).T for a in (image, result)]
    if over == "-4":  # z, of another length
        wanted = [np.percentile(a, PERCENTILES, axis=(0, 2, 3, 4)).T for a in (image, result)]
    np.testing.assert_allclose(course.before, wanted[0])
    np.testing.assert_allclose(course.after, wanted[1])
    assert course.axis == ("z (µm)" if over == "-4" else "t (s)")
    step = 2.0 if over == "-4" else 1.5
    np.testing.assert_array_equal(course.places, step * np.arange(len(course.before)))
    with Image.open("p.png") as image:
        assert image.width == 2400


def test_over_an_axis_that_is_not_there_or_is_of_colors(run):
    tifffile.imwrite("rgb.tif", pixels(30, 40, 3, dtype="uint8"), photometric="rgb")
    done = run("plot", "a.tif", "rgb.tif", "-o", "plots", "--over", "t")
    assert done.exit_code == 1
    assert "the axes of this image are 'yx'" in " ".join(done.output.split())
    done = run("plot", "rgb.tif", "-o", "plots", "--over", "s")
    assert "axis of the colors" in " ".join(done.output.split())
    assert run("plot", "rgb.tif", "-o", "plots", "--over", "y").exit_code == 0
    assert [p.name for p in Path("plots").iterdir()] == ["rgb.png"]


def _keeping(drawn):
    def save(path, course, **look):
        drawn.append(course)
        save_course(path, course, **look)

    return save
