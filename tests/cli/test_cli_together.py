"""`--together`: one curve for all files, with the bits of `equalize_together`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from helpers.sample_files import pixels
from napari_histeq import equalize_together
from napari_histeq.cli.app import app


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    return lambda *words: CliRunner().invoke(app, list(words))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "uint32"])
@pytest.mark.parametrize("how", [(), ("-m", "weighted", "--strength", "0.5")])
def test_the_bits_of_the_function(run, dtype, how):
    images = [(pixels(30, 40) % 200).astype(dtype), (pixels(20, 50) // 3 % 150 + 7).astype(dtype)]
    for name, image in zip("ab", images, strict=True):
        tifffile.imwrite(f"in/{name}.tif", image)
    done = run("equalize", "in", "-o", "out", "--together", *how)
    assert done.exit_code == 0, done.output
    method, strength = ("weighted", 0.5) if how else ("global", 1.0)
    for name, wanted in zip(
        "ab", equalize_together(images, method, strength=strength), strict=True
    ):
        np.testing.assert_array_equal(tifffile.imread(f"out/{name}.tif"), wanted)
    again = run("replay", "out/manifest.json", "in", "-o", "again")
    assert again.exit_code == 0, again.output
    assert Path("again/b.tif").read_bytes() == Path("out/b.tif").read_bytes()


@pytest.mark.parametrize(
    ("second", "more", "said"),
    [
        (pixels(5, 6, dtype="uint8"), (), "one curve needs one dtype"),
        (pixels(5, 6), ("-m", "clahe"), "Clahe has several"),
        (pixels(5, 6), ("--axes", "x"), "with --axes has several"),
        (pixels(9, 9, 3), (), "of different kinds"),
    ],
)
def test_what_has_no_curve_in_common(run, second, more, said):
    tifffile.imwrite("in/a.tif", pixels(30, 40))
    tifffile.imwrite("in/b.tif", second, photometric="rgb" if second.ndim == 3 else "minisblack")
    refused = run("equalize", "in", "-o", "out", "--together", *more)
    assert refused.exit_code == 2
    assert said in " ".join(refused.output.split())
    assert not Path("out").exists()


def test_floats_are_refused_with_the_cure(run):
    for number, name in enumerate("ab"):
        tifffile.imwrite(f"in/{name}.tif", pixels(30, 40 + number).astype("f4") / 7)
    refused = run("equalize", "in", "-o", "out", "--together")
    assert refused.exit_code == 2
    assert "equalize_together from Python" in " ".join(refused.output.split())


def test_one_that_fails_leaves_nothing_done(run):
    tifffile.imwrite("in/a.tif", pixels(30, 40))
    Path("in/b.tif").write_text("no")
    done = run("equalize", "in", "-o", "out", "--together")
    assert done.exit_code == 1
    assert "b.tif: " in done.output
    assert not Path("out").exists()
