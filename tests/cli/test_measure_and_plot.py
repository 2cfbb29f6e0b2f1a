"""`napari-histeq measure` and `plot`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import tifffile
from PIL import Image
from typer.testing import CliRunner

from helpers.sample_files import pixels
from napari_histeq import compute_histogram, equalize, measures
from napari_histeq.cli.app import app


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
