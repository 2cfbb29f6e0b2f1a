"""What an extra brings is what its user sees in the menus; one that is missing is named."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def brings(extra: str) -> set[str]:
    """The packages that an extra brings, those of our extras in it too."""
    found: set[str] = set()
    for line in PROJECT["optional-dependencies"][extra]:
        needed = Requirement(line)
        inner = needed.extras if needed.name == PROJECT["name"] else ()
        found |= {needed.name}.union(*map(brings, inner))
    return found


@pytest.mark.parametrize("extra", ["all", "lazy", "distributed"])
def test_whoever_installs_an_extra_can_save(extra):
    assert {"zarr", "yaozarrs"} <= brings(extra)


def run_without(missing: str, code: str) -> str:
    guard = f"import sys; sys.modules[{missing!r}] = None\n"
    done = subprocess.run(
        [sys.executable, "-c", guard + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("missing", ["zarr", "yaozarrs"])
def test_without_the_extra_all_but_saving_works_and_the_cure_is_named(missing, tmp_path):
    code = f"""
import numpy as np
from napari_histeq import *
image = np.arange(64, dtype="u1").reshape(8, 8)
equalize(image)
try:
    save_zarr(image, {str(tmp_path / "a.zarr")!r})
except ImportError as error:
    print(error)
"""
    said = run_without(missing, code)
    assert said == f'{missing} is not installed: pip install "napari-histeq[lazy]"'
    assert not (tmp_path / "a.zarr").exists()


@pytest.mark.parametrize("missing", ["zarr", "yaozarrs"])
def test_the_command_names_the_cure(missing, tmp_path):
    code = f"""
from pathlib import Path
import numpy as np
from threading import Event
from napari_histeq.gui.saving.export import _work
arguments = {{"image": np.zeros((8, 8), "u1")}}
print(_work(arguments, Path({str(tmp_path / "a.zarr")!r}), "", Event(), lambda *_: None))
"""
    said = run_without(missing, code)
    cure = f'{missing} is not installed: pip install "napari-histeq[lazy]"'
    assert said == f"a.zarr could not be saved: {cure}"
