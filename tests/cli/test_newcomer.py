"""Odd files, as somebody new to it meets them; and a run that is interrupted."""

from __future__ import annotations

import json
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image
from typer.testing import CliRunner

from helpers.sample_files import ome_zarr, pixels
from napari_histeq import equalize
from napari_histeq.cli.app import app
from napari_histeq.cli.progress import Bar
from napari_histeq.core.zarr import is_incomplete


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Path("in").mkdir()

    def command(*words: str) -> Any:
        return CliRunner().invoke(app, list(words))

    return command


def test_files_that_are_none_are_named_with_what_is_wrong(run):
    tifffile.imwrite("in/good.tif", pixels(60, 70))
    whole = Path("in/good.tif").read_bytes()
    Path("in/short.tif").write_bytes(whole[: len(whole) // 2])
    Path("in/empty.png").write_bytes(b"")
    Path("in/text.png").write_text("hello")
    Path("in/text.tif").write_text("hello")
    done = run("equalize", "in", "-o", "out")
    assert done.exit_code == 1
    for words in (
        "short.tif: the file is cut short", "empty.png: the file is empty",
        "text.png: it is no PNG or JPEG file", "text.tif: it is no TIFF file",
        "1 of 5 files done, 4 failed",
    ):  # fmt: skip
        assert words in done.output
    assert {path.name for path in Path("out").iterdir()} == {"good.tif", "manifest.json"}


def test_what_of_a_folder_is_left_out_is_told(run):
    tifffile.imwrite("in/good.tif", pixels(20, 30))
    for name in ("anim.gif", ".hidden", "manifest.json", "notes.txt"):
        Path("in", name).write_text("x")
    Path("in/more").mkdir()
    done = run("equalize", "in", "-o", "out")
    assert done.exit_code == 0
    assert "left out, as no images: anim.gif, more/, notes.txt\n" in done.output
    assert "left out" not in run("equalize", "in", "-o", "quiet", "-q").output


@pytest.mark.parametrize("name", ["bits.png", "bits.tif"])
def test_black_and_white_stays_and_this_is_said(run, name):
    bits = pixels(20, 30) > 300
    Image.fromarray(bits).save(name)
    done = run("equalize", name, "-o", "out")
    assert done.exit_code == 0
    assert f"{name}: it is black and white, of two values: it stays as it is" in done.output
    np.testing.assert_array_equal(np.asarray(Image.open(f"out/{name}")), bits)


def test_flags_show_no_kind_of_value(run):
    for command in ("equalize", "match", "learn", "measure", "plot", "replay"):
        told = run(command, "--help").output
        assert "--help" in told
        assert "<bool>" not in told
    assert "<bool>" not in run("--help").output


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({}, "holds no record: give a manifest.json"),
        ([1], "holds no record: give a manifest.json"),
        ({"method": {"name": "global"}}, "the record is damaged (source)"),
        (
            {"napari_histeq": "manifest", "version": 1, "files": [{"input": "bits.png"}]},
            "no record",
        ),
    ],
)
def test_a_file_without_a_record_is_not_replayed(run, told, why):
    Path("record.json").write_text(json.dumps(told))
    Image.fromarray(pixels(20, 30).astype(np.uint8)).save("bits.png")
    refused = run("replay", "record.json", "bits.png", "-o", "out")
    assert refused.exit_code == 2
    assert why in " ".join(refused.output.split())
    assert not Path("out").exists()


def test_a_plot_is_no_gif(run):
    Image.fromarray(pixels(20, 30).astype(np.uint8)).save("bits.png")
    refused = run("plot", "bits.png", "-o", "bits.gif")
    assert refused.exit_code == 2
    assert "no .gif is written here: name a file that ends in .png, .svg or .pdf" in refused.output


def test_the_help_of_a_method_is_told_once_and_true(run):
    told = " ".join(run("equalize", "--help").output.replace("│", " ").split())
    assert "default such as" not in told
    assert "default everywhere)" in told
    assert "also neighbors, first, previous or median)" in told
    assert told.count("Standard deviation of the gaussian") == 1
    assert "exact, specify: Shape of the histogram of the result" in told


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Press Ctrl+C when a fraction of a file is done."""

    def at(fraction: float, which: int = 0) -> None:
        file, numbers = Bar.file, count()

        @contextmanager
        def pressing(bar: Any) -> Any:
            number = next(numbers)
            with file(bar) as report:

                def pressed(done: float) -> None:
                    report(done)
                    if number == which and done >= fraction:
                        raise KeyboardInterrupt

                yield pressed

        monkeypatch.setattr(Bar, "file", pressing)

    return at


def test_an_interrupted_store_is_gone_on_with_by_the_same_command(run, interrupted, monkeypatch):
    source = ome_zarr(Path("cells.ome.zarr"), "0.5").resolve()
    command = ("equalize", str(source), "-o", str(source.parent / "out"), "-j", "1")
    interrupted(0.7)
    stopped = run(*command)
    assert stopped.exit_code == 130, stopped.output
    assert "0 of 1 file done, stopped" in stopped.output
    made = source.parent / "out" / source.name
    assert is_incomplete(made)
    monkeypatch.undo()
    monkeypatch.chdir(source.parent)
    written = {path: path.stat().st_mtime_ns for path in made.rglob("c/**/*") if path.is_file()}
    assert written, "nothing was written before it was interrupted"
    assert "(goes on)" in run(*command, "--dry-run").output
    done = run(*command)
    assert done.exit_code == 0, done.output
    assert not is_incomplete(made)
    assert {path: path.stat().st_mtime_ns for path in written} == written
    whole = zarr.open_array(source / "0", mode="r")[...]
    np.testing.assert_array_equal(zarr.open_array(made / "0", mode="r")[...], equalize(whole))


def test_ctrl_c_leaves_what_is_done_and_a_manifest_that_tells_of_it(run, interrupted):
    for name in "abc":
        tifffile.imwrite(f"in/{name}.tif", pixels(30, 40))
    interrupted(0.5, which=1)
    stopped = run("equalize", "in", "-o", "out", "-j", "1")
    assert stopped.exit_code == 130
    assert "1 of 3 files done, stopped" in stopped.output
    assert {path.name for path in Path("out").iterdir()} == {"a.tif", "manifest.json"}
    told = json.loads(Path("out/manifest.json").read_text())["files"]
    assert [entry["output"] for entry in told] == ["a.tif"]
