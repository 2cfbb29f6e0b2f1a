"""`--together`: one curve for all files, with the bits of `equalize_together`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from helpers.sample_files import pixels
from napari_histeq import equalize, equalize_together
from napari_histeq.cli.app import app


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    return lambda *words: CliRunner().invoke(app, list(words))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "uint32", "float32"])
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


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_what_is_counted_in_bins_that_adapt(run, dtype):
    """Many different values, a mask, a pixel far from all others: the bits of the function still."""
    rng = np.random.default_rng(3)
    images = [rng.gamma(2, 9e3 * n, (60, 50 + n)).astype(dtype) for n in (1, 3)]
    images[0][0, 0] = 1e9
    masks = [image > 5e3 for image in images]
    Path("masks").mkdir()
    for name, image, mask in zip("ab", images, masks, strict=True):
        tifffile.imwrite(f"in/{name}.tif", image)
        tifffile.imwrite(f"masks/{name}.tif", mask.astype("u1"))
    done = run("equalize", "in", "-o", "out", "--together", "--mask", "masks")
    assert done.exit_code == 0, done.output
    for name, wanted in zip("ab", equalize_together(images, masks=masks), strict=True):
        np.testing.assert_array_equal(tifffile.imread(f"out/{name}.tif"), wanted)
    again = run("replay", "out/manifest.json", "in", "-o", "again")
    assert again.exit_code == 0, again.output
    assert Path("again/b.tif").read_bytes() == Path("out/b.tif").read_bytes()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_colors_get_the_curve_of_all_luminances(run, dtype, strength):
    images = [(pixels(30, 40 + n, 3) % (100 * n)).astype(dtype) for n in (1, 2)]
    if dtype == "float32":
        images = [image / 300 for image in images]
    for name, image in zip("ab", images, strict=True):
        tifffile.imwrite(f"in/{name}.tif", image, photometric="rgb")
    done = run("equalize", "in", "-o", "out", "--together", "--strength", str(strength))
    assert done.exit_code == 0, done.output
    found = [tifffile.imread(f"out/{name}.tif") for name in "ab"]
    same = equalize_together(images, channel_axis=-1, strength=strength)
    for one, wanted in zip(found, same, strict=True):
        np.testing.assert_array_equal(one, wanted)
    whole = equalize(np.concatenate(images, axis=1), channel_axis=-1, strength=strength)
    np.testing.assert_array_equal(np.concatenate(found, axis=1), whole)
    again = run("replay", "out/manifest.json", "in", "-o", "again")
    assert again.exit_code == 0, again.output
    assert Path("again/b.tif").read_bytes() == Path("out/b.tif").read_bytes()
    refused = run("replay", "out/manifest.json", "in", "-o", "curve", "--same-curve")
    assert refused.exit_code == 0, refused.output
    assert Path("curve/b.tif").read_bytes() == Path("out/b.tif").read_bytes()


def test_the_curve_of_one_picture_in_color_is_given_to_no_other(run):
    tifffile.imwrite("in/a.tif", pixels(9, 9, 3).astype("u1"), photometric="rgb")
    assert run("equalize", "in", "-o", "out").exit_code == 0
    done = run("replay", "out/manifest.json", "in", "-o", "again", "--same-curve")
    assert done.exit_code == 1
    assert "the record holds no curve" in done.output


def test_one_that_fails_leaves_nothing_done(run):
    tifffile.imwrite("in/a.tif", pixels(30, 40))
    Path("in/b.tif").write_text("no")
    done = run("equalize", "in", "-o", "out", "--together")
    assert done.exit_code == 1
    assert "b.tif: " in done.output
    assert not Path("out").exists()
