"""Every example of docs/command-line.md does what the page says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from typer.testing import CliRunner

from helpers.sample_files import hdf5, imagej_tiff, made, ome_tiff, pixels
from napari_histeq.cli.app import app
from napari_histeq.files import FORMATS

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the page speaks of."""
    path = tmp_path_factory.mktemp("page")
    (path / "scans").mkdir()
    for name in ("scans/a.tif", "scans/b.tif", "cells.tif"):
        tifffile.imwrite(path / name, pixels(128, 130))
    Image.fromarray(np.tri(128, 130, dtype=np.uint8) * 255).save(path / "mask.png")
    imagej_tiff(path / "movie.tif")
    ome_tiff(path / "stack.ome.tif")
    hdf5(path / "volume.h5")
    made("CT_small.dcm", path).rename(path / "slice.dcm")
    return path


def test_every_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert len(BLOCKS) > 8
    for block in BLOCKS:
        for example in block.split("$ ")[1:]:
            line, _, said = example.partition("\n")
            program, *words = shlex.split(line)
            assert program == "napari-histeq"
            done = CliRunner().invoke(app, words)
            assert done.exit_code == 0, f"{line}\n{done.output}"
            if said:
                assert done.stdout == said
            elif words[0] != "measure":
                output = Path(words[words.index("-o") + 1])
                assert output.exists(), line
    assert {p.name for p in Path("plots").iterdir()} == {"a.svg", "b.svg"}
    assert len(json.loads(Path("both.json").read_text())) == 2
    first, second = (Path(f) / "a.tif" for f in ("scans-equalized", "scans-again"))
    assert first.read_bytes() == second.read_bytes()
    one, other = (tifffile.imread(f"{n}.ome.tif") for n in ("planes", "also-planes"))
    np.testing.assert_array_equal(one, other)


def test_every_format_is_on_the_page() -> None:
    for form in FORMATS:
        assert form.name in PAGE
