"""`napari-histeq match` and `learn`: a series with one scale of intensities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from helpers.sample_files import bundled, hdf5, pixels
from napari_histeq import Match, Standard, compute_histogram, equalize
from napari_histeq.cli.app import app
from napari_histeq.files import read


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in a folder with two images and a reference."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    for name, factor in (("a", 1), ("b", 3)):
        tifffile.imwrite(f"in/{name}.tif", pixels(50, 60) * factor)
    tifffile.imwrite("ref.tif", pixels(30, 40) // 2)
    return lambda *words: CliRunner().invoke(app, list(words))


@pytest.mark.parametrize("landmarks", [None, "7", "1,50,99"])
def test_to_an_image(run, landmarks):
    more = () if landmarks is None else ("--landmarks", landmarks)
    done = run("match", "in", "-r", "ref.tif", "-o", "out", *more)
    assert done.exit_code == 0, done.output
    marks = {None: None, "7": 7, "1,50,99": (1.0, 50.0, 99.0)}[landmarks]
    wanted = Match(pixels(30, 40) // 2, landmarks=marks)
    for name in "ab":
        image = tifffile.imread(f"in/{name}.tif")
        np.testing.assert_array_equal(tifffile.imread(f"out/{name}.tif"), equalize(image, wanted))
    again = run("replay", "out/manifest.json", "in", "-o", "again")
    assert again.exit_code == 0, again.output
    assert Path("again/a.tif").read_bytes() == Path("out/a.tif").read_bytes()


def test_to_one_dataset_of_several(run):
    hdf5(Path("several.h5"))
    done = run("match", "in", "-r", "several.h5:/exp/data", "-o", "out")
    assert done.exit_code == 0, done.output
    wanted = equalize(pixels(50, 60), Match(pixels(5, 40, 50)))
    np.testing.assert_array_equal(tifffile.imread("out/a.tif"), wanted)


def test_to_what_was_learned(run):
    done = run("learn", "in", "-o", "standard.json")
    assert done.exit_code == 0, done.output
    images = [tifffile.imread(f"in/{name}.tif") for name in "ab"]
    standard = Standard.learn(images)
    assert Standard.from_json(Path("standard.json").read_text()) == standard
    done = run("match", "in", "-r", "standard.json", "-o", "out")
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(
        tifffile.imread("out/b.tif"), equalize(images[1], Match(standard))
    )


def test_options_of_learning(run):
    words = ("--percentiles", "2,50,98", "--scale", "0,1000", "--units", "HU")
    assert run("learn", "in", "-o", "s.json", *words).exit_code == 0
    found = Standard.from_json(Path("s.json").read_text())
    assert (found.percentiles, found.range, found.units) == ((2, 50, 98), (0, 1000), "HU")


def test_padding_does_not_count(run):
    path = bundled("CT_small.dcm")
    assert run("match", "in/a.tif", "-r", str(path), "-o", "o.tif").exit_code == 0
    picture = read(path)
    counted = Match.of(picture.data, picture.data != picture.ignored)
    image = tifffile.imread("in/a.tif")
    np.testing.assert_array_equal(tifffile.imread("o.tif"), equalize(image, counted))


def test_a_histogram_may_be_the_reference(run):
    Path("h.json").write_text(compute_histogram(pixels(30, 40)).to_json())
    assert (
        run("equalize", "in/a.tif", "-m", "match", "--reference", "h.json", "-o", "o.tif").exit_code
        == 0
    )
    wanted = equalize(tifffile.imread("in/a.tif"), Match(pixels(30, 40)))
    np.testing.assert_array_equal(tifffile.imread("o.tif"), wanted)


def test_a_mask_of_the_reference_and_one_of_the_image(run):
    within, mask = pixels(30, 40) > 90, pixels(50, 60) < 120
    tifffile.imwrite("within.tif", within.astype(np.uint8))
    tifffile.imwrite("mask.tif", mask.astype(np.uint8) * 255)
    words = ("--reference-mask", "within.tif", "--mask", "mask.tif", "--landmarks", "9")
    done = run("match", "in/a.tif", "-r", "ref.tif", "-o", "o.tif", *words)
    assert done.exit_code == 0, done.output
    method = Match.of(pixels(30, 40) // 2, within, landmarks=9)
    wanted = equalize(tifffile.imread("in/a.tif"), method, mask=mask)
    np.testing.assert_array_equal(tifffile.imread("o.tif"), wanted)


def test_padding_does_not_count_within_a_mask_either(run):
    path = bundled("CT_small.dcm")
    picture = read(path)
    within = np.zeros(picture.data.shape, np.uint8)
    within[:60] = 1
    tifffile.imwrite("within.tif", within)
    words = ("-r", str(path), "--reference-mask", "within.tif", "-o", "o.tif")
    assert run("match", "in/a.tif", *words).exit_code == 0
    counted = Match.of(picture.data, (picture.data != picture.ignored) & (within != 0))
    image = tifffile.imread("in/a.tif")
    np.testing.assert_array_equal(tifffile.imread("o.tif"), equalize(image, counted))


def test_each_plane_to_its_plane(run):
    stack, other = pixels(3, 50, 60), pixels(3, 30, 40) // 2
    for name, data in (("stack.tif", stack), ("other.tif", other)):
        tifffile.imwrite(name, data, metadata={"axes": "ZYX"}, imagej=True)
    words = ("match", "stack.tif", "-r", "other.tif", "--axes", "yx")
    assert run(*words, "--each-plane", "-o", "each.tif").exit_code == 0
    wanted = [equalize(plane, Match(ref)) for plane, ref in zip(stack, other, strict=True)]
    np.testing.assert_array_equal(tifffile.imread("each.tif"), wanted)
    assert run(*words, "-o", "one.tif").exit_code == 0
    wanted = [equalize(plane, Match(other)) for plane in stack]
    np.testing.assert_array_equal(tifffile.imread("one.tif"), wanted)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("match", "in", "-o", "out", "-r", "no.tif"), "it cannot be read"),
        (("match", "in", "-o", "out", "-r", "bad.json"), "it must be an image, or a JSON file"),
        (("match", "in", "-o", "out", "-r", "bad.tif"), "the reference bad.tif: it is no TIFF"),
        (
            ("match", "in", "-o", "out", "-r", "ref.tif", "--landmarks", "few"),
            "it must be a number",
        ),
        (
            ("match", "in", "-o", "out", "-r", "ref.tif", "--each-plane"),
            "--each-plane needs the axes",
        ),
        (
            ("match", "in", "-o", "out", "-r", "ref.tif", "--each-plane", "--axes", "zy"),
            "the reference ref.tif: --axes zy: the axes of this image are 'yx'",
        ),
        (
            ("match", "in", "-o", "out", "-r", "bad.json", "--reference-mask", "ref.tif"),
            "--reference-mask goes with an image, and --reference bad.json is none",
        ),
        (
            ("match", "in", "-o", "out", "-r", "ref.tif", "--reference-mask", "in/a.tif"),
            "the reference ref.tif with the mask a.tif: mask has shape (50, 60)",
        ),
        (
            ("match", "in", "-o", "out", "-r", "ref.tif", "--reference-mask", "no.tif"),
            "with the mask no.tif",
        ),
        (("learn", "in", "-o", "s.txt"), "name a .json file"),
        (("learn", "in", "-o", "s.json", "--scale", "9"), "give two"),
        (("learn", "in", "-o", "s.json", "--percentiles", "9,1"), "out of order"),
    ],
)
def test_what_makes_no_sense(run, words, said):
    Path("bad.json").write_text("{}")
    Path("bad.tif").write_text("no")
    refused = run(*words)
    assert refused.exit_code == 2
    assert said in " ".join(refused.output.split())
    assert not Path("out").exists()
    assert not Path("s.json").exists()


def test_nothing_is_learned_from_fewer_files_than_were_named(run):
    Path("in/b.tif").write_text("no")
    done = run("learn", "in", "-o", "s.json")
    assert done.exit_code == 1
    assert "b.tif: " in done.output
    assert not Path("s.json").exists()
