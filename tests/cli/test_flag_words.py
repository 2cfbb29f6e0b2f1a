"""What the command line refuses is said by its own flags, and before any file is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from helpers.sample_files import pixels
from napari_histeq.cli.app import app

#: What only a script can do.
PYTHON = re.compile(r"\w=|True|\bpass \w|\(-2, -1\)|Match\(|Clahe\(|\bset \w+ too")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command beside a plane and a stack."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    Path("in").mkdir()
    tifffile.imwrite("in/plane.tif", pixels(20, 30).astype(np.uint8))
    tifffile.imwrite(
        "in/stack.tif", pixels(3, 20, 30), metadata={"axes": "TYX"}, photometric="minisblack"
    )
    tifffile.imwrite("far.tif", pixels(20, 30).astype(np.uint16) + 3000)

    def command(words: str) -> Any:
        return CliRunner().invoke(app, words.split())

    return command


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--feather 3 --mask in/plane.tif", "--feather 3 softens"),
        ("--feather 3", "add --inside or --labels FILE, or leave --feather out"),
        ("--smooth 3", "--smooth 3 averages over neighboring planes"),
        ("--smooth 3 --axes yx --method clahe", "leave --smooth out"),
        ("--smooth 3 --axes yx --method match --reference first", "--smooth 3 and --reference"),
        ("--method match --reference neighbors", "say --axes yx"),
        ("--method match", "add --reference FILE"),
        ("--method specify --target counts", "say --counts 1,2,1"),
        ("--method specify --counts 1,2", "add --target counts, or leave them out"),
        ("--method clahe --saturated 2", "--saturated 2.0 clips"),
        ("--method clahe --kernel-size 0", "--kernel-size 0 is out of range"),
    ],
)
def test_what_fits_no_image_is_refused_at_once(run: Any, words: str, told: str) -> None:
    done = run(f"equalize in -o out {words}")
    assert done.exit_code == 2, done.output
    assert told in done.output
    assert not PYTHON.search(done.output), done.output
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("equalize --smooth 3 --axes yx", "but the image is one plane here"),
        ("equalize --method match --reference median --axes yx", "but the image is one plane"),
        ("match --reference in/stack.tif --each-plane --axes yx", "leave --each-plane out"),
        ("match --reference far.tif", "add --out-range dtype"),
        ("equalize --inside", "add --mask FILE or --ignore VALUE, or leave --inside out"),
        ("equalize --axes z", "--axes z: the axes of this image are 'yx'"),
        ("equalize --out-range=-5,300", "--out-range -5,300: uint8 holds"),
        ("equalize --method opencv_clahe --out-range 0,9", "leave it out, or take --method clahe"),
    ],
)
def test_what_does_not_fit_a_file_is_told_by_flags_too(run: Any, words: str, told: str) -> None:
    verb, *rest = words.split()
    done = run(" ".join([verb, "in/plane.tif", "-o", "out", *rest]))
    assert done.exit_code == 1, done.output
    assert told in done.output
    assert not PYTHON.search(done.output), done.output


def test_all_that_failed_are_named(run: Any) -> None:
    for n in range(30):
        Path(f"in/bad{n:02}.tif").write_text("no TIFF")
    done = run("equalize in -o out")
    assert done.exit_code == 1
    assert all(f"bad{n:02}.tif" in done.output for n in range(30))
    assert "and 10 more: bad20.tif, bad21.tif" in done.output
