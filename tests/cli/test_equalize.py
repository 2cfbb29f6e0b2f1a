"""`napari-histeq equalize` and `replay`: what they make, what they refuse, and how they end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from helpers.sample_files import made, pixels
from napari_histeq import Clahe, Global, equalize
from napari_histeq.cli import report
from napari_histeq.cli.app import app


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in a folder of its own, with three images in `in`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Path("in").mkdir()
    for number, name in enumerate("abc"):
        tifffile.imwrite(f"in/{name}.tif", pixels(30 + number, 40))

    def command(*words: str) -> Any:
        return CliRunner().invoke(app, list(words))

    return command


def image(name: str) -> Any:
    return tifffile.imread(f"in/{name}.tif")


def test_a_folder_becomes_a_folder_of_the_same_names(run):
    assert run("equalize", "in", "-o", "new/out").exit_code == 0
    assert {p.name for p in Path("new/out").iterdir()} == {
        "a.tif",
        "b.tif",
        "c.tif",
        "manifest.json",
    }
    for name in "abc":
        np.testing.assert_array_equal(tifffile.imread(f"new/out/{name}.tif"), equalize(image(name)))


def test_options_of_a_method(run):
    done = run(
        "equalize", "in/a.tif", "-o", "b.tif", "-m", "clahe", "--clip-limit", "0.02",
        "--kernel-size", "8,10", "--strength", "0.5", "--out-range", "0,4095",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    method = Clahe(kernel_size=(8, 10), clip_limit=0.02)
    wanted = equalize(image("a"), method, strength=0.5, out_range=(0, 4095))
    np.testing.assert_array_equal(tifffile.imread("b.tif"), wanted)
    assert Path("b.tif.manifest.json").exists()


def test_axes_and_masks_by_name(run):
    stack, mask = pixels(3, 20, 30), pixels(20, 30) > 300
    tifffile.imwrite("s.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    tifffile.imwrite("m.tif", mask.astype("u1"))
    assert run("equalize", "s.tif", "-o", "o.tif", "--axes", "yx", "--mask", "m.tif").exit_code == 0
    wanted = equalize(stack, axes=(1, 2), mask=mask)
    np.testing.assert_array_equal(tifffile.imread("o.tif"), wanted)
    inside = ("--mask", "m.tif", "--inside", "--feather", "2")
    assert run("equalize", "s.tif", "-o", "i.tif", *inside).exit_code == 0
    wanted = equalize(stack, mask=mask, inside=True, feather=2)
    np.testing.assert_array_equal(tifffile.imread("i.tif"), wanted)
    refused = run("equalize", "s.tif", "-o", "p.tif", "--inside")
    assert "there is no mask" in refused.output
    recipe = ("--recipe", "i.tif.manifest.json", "--mask", "m.tif")
    assert run("equalize", "s.tif", "-o", "j.tif", *recipe).exit_code == 0
    np.testing.assert_array_equal(tifffile.imread("j.tif"), wanted)
    refused = run("equalize", "s.tif", "-o", "p.tif", "--axes", "tyx")
    assert refused.exit_code == 1
    assert "the axes of this image are 'zyx'" in refused.output


def test_what_is_there_is_not_overwritten_unasked(run):
    Path("out").mkdir()
    Path("out/c.tif").write_text("mine")
    refused = run("equalize", "in", "-o", "out")
    assert refused.exit_code == 2
    assert "out/c.tif is already there, and nothing was touched" in refused.output
    assert [p.name for p in Path("out").iterdir()] == ["c.tif"]
    assert Path("out/c.tif").read_text() == "mine"
    assert run("equalize", "in", "-o", "out", "--overwrite").exit_code == 0
    np.testing.assert_array_equal(tifffile.imread("out/c.tif"), equalize(image("c")))


@pytest.mark.parametrize("more", [(), ("--overwrite",)])
def test_an_input_is_never_written_to(run, more):
    before = Path("in/a.tif").read_bytes()
    refused = run("equalize", "in/a.tif", "-o", "in", *more)
    assert refused.exit_code == 2
    assert "onto the input itself" in refused.output
    assert Path("in/a.tif").read_bytes() == before


def test_two_inputs_of_one_name_are_refused(run):
    Path("more").mkdir()
    Path("more/a.tif").write_bytes(Path("in/a.tif").read_bytes())
    refused = run("equalize", "in/a.tif", "more/a.tif", "-o", "out")
    assert refused.exit_code == 2
    assert "would both be written to" in refused.output
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing.tif", "-o", "out"), "nothing.tif: there is no such file"),
        (("in/a.tif", "-o", "out", "-m", "best"), "--method best: unknown; known are"),
        (("in/a.tif", "-o", "out", "--clip-limit", "1"), "--clip-limit is no option of --method global"),
        (("in/a.tif", "-o", "out", "--power", "7"), "--power 7.0 is out of range"),
        (("in/a.tif", "-o", "out", "--power", "much"), "--power much: it must be a number"),
        (("in/a.tif", "-o", "out", "--out-range", "9,1"), "the first number must be below"),
        (("in/a.tif", "in/b.tif", "-o", "out.tif"), "names one file, but there are 2 inputs"),
        (("in/a.tif", "-o", "out.gif"), "no .gif is written here: name a file that ends as its input"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_before_any_work(run, words, said):
    refused = run("equalize", *words)
    assert refused.exit_code == 2
    assert said in refused.output
    assert {p.name for p in Path().iterdir()} == {"in"}


def test_a_file_that_fails_is_named_and_the_others_are_done(run):
    Path("in/b.tif").write_bytes(b"II*\0 no image")
    done = run("equalize", "in", "-o", "out")
    assert done.exit_code == 1
    assert "b.tif: it cannot be read as TIFF: it is damaged, or" in done.output
    assert "2 of 3 files done, 1 failed" in done.output
    assert {p.name for p in Path("out").iterdir()} == {"a.tif", "c.tif", "manifest.json"}
    names = [entry["input"] for entry in json.loads(Path("out/manifest.json").read_text())["files"]]
    assert names == ["a.tif", "c.tif"]


def test_a_dry_run_touches_nothing(run):
    done = run("equalize", "in", "-o", "out", "--dry-run")
    assert done.exit_code == 0
    assert "a.tif -> out/a.tif" in done.output
    assert {p.name for p in Path().iterdir()} == {"in"}


def test_a_second_run_adds_to_the_manifest(run):
    run("equalize", "in/a.tif", "-o", "out/")
    Path("out").mkdir(exist_ok=True)
    assert run("equalize", "in/b.tif", "-o", "out").exit_code == 0
    files = json.loads(Path("out/manifest.json").read_text())["files"]
    assert [entry["output"] for entry in files] == ["a.tif", "b.tif"]


def test_a_manifest_of_others_is_left_alone(run):
    Path("out").mkdir()
    Path("out/manifest.json").write_text('{"name": "a web app"}')
    refused = run("equalize", "in", "-o", "out", "--overwrite")
    assert refused.exit_code == 2
    assert "is no manifest of napari-histeq; it would be replaced" in refused.output
    assert {p.name for p in Path("out").iterdir()} == {"manifest.json"}


@pytest.mark.parametrize(
    "how",
    [
        ("-m", "global", "--convention", "midpoint", "--power", "0.5"),
        ("-m", "clahe", "--clip-limit", "0.03"),
        ("--strength", "0.3", "--mask", "mask.tif"),
    ],
)
def test_a_study_replays_to_the_bit(run, how):
    tifffile.imwrite("mask.tif", np.tri(30, 40, dtype="u1"))
    Path("in/b.tif").unlink()
    Path("in/c.tif").unlink()
    made("MR_small.dcm", Path("in")) if "mask.tif" not in how else None
    assert run("equalize", "in", "-o", "out", *how).exit_code == 0
    done = run("replay", "out/manifest.json", "in", "-o", "again")
    assert done.exit_code == 0, done.output
    for path in Path("in").iterdir():
        assert (Path("again") / path.name).read_bytes() == (Path("out") / path.name).read_bytes()


def test_a_replay_says_that_an_image_is_another_one(run):
    run("equalize", "in", "-o", "out")
    tifffile.imwrite("in/a.tif", pixels(30, 40)[::-1].copy())
    done = run("replay", "out/manifest.json", "in", "-o", "again")
    assert "a.tif: its pixels are not those that the manifest tells of" in done.output
    unknown = run("replay", "out/manifest.json", "in", "mask.tif", "-o", "again")
    assert unknown.exit_code == 2


def test_the_settings_of_a_manifest_for_other_files(run):
    run("equalize", "in/a.tif", "-o", "out/", "-m", "global", "--power", "0.5")
    done = run("equalize", "in/b.tif", "-o", "b.tif", "--recipe", "out/manifest.json")
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(tifffile.imread("b.tif"), equalize(image("b"), Global(power=0.5)))
    refused = run(
        "equalize", "in/b.tif", "-o", "c.tif", "--recipe", "out/manifest.json", "-m", "clahe"
    )
    assert refused.exit_code == 2


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"method": {"name": "clahe", "clip_limit": -1}}, "clip_limit=-1 is out of range"),
        ({"method": {"name": "clahee"}}, "clahee"),
        ({"method": {"name": "global"}, "strength": "much"}, "strength is wrong"),
        ({"method": {"name": "global"}, "inside": "perhaps"}, "inside is wrong"),
        ({"strength": 1.0}, "tells no method"),
        ({"napari_histeq": "manifest", "version": 1, "files": [{}]}, "had different recipes"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused_before_any_work(run, told, why):
    Path("r.json").write_text(json.dumps(told))
    refused = run("equalize", "in/b.tif", "-o", "b.tif", "--recipe", "r.json")
    assert refused.exit_code == 2
    assert why in " ".join(refused.output.replace("│", "").split())
    assert not Path("b.tif").exists()


def test_what_a_file_says_is_told(run):
    tifffile.imwrite("w.tif", pixels(20, 30), photometric="miniswhite")
    done = run("equalize", "w.tif", "-o", "o.tif")
    assert "w.tif: its low values are shown bright (MINISWHITE), which is kept" in done.output
    quiet = run("equalize", "w.tif", "-o", "q.tif", "-q")
    assert quiet.output == ""


def test_of_many_files_the_first_waits_for_the_compiled_loops(run, monkeypatch):
    waited = []
    monkeypatch.setattr(report, "wait_for_compiler", lambda: waited.append(True))
    assert run("equalize", "in", "-o", "out").exit_code == 0
    assert not waited
    monkeypatch.setattr(report, "_MANY", len([*Path("in").iterdir()]))
    assert run("equalize", "in", "-o", "out", "--overwrite").exit_code == 0
    assert waited == [True]


def test_one_job_at_a_time_makes_the_same(run):
    run("equalize", "in", "-o", "one", "-j", "1")
    run("equalize", "in", "-o", "two", "-j", "2")
    for name in "abc":
        assert Path(f"one/{name}.tif").read_bytes() == Path(f"two/{name}.tif").read_bytes()
