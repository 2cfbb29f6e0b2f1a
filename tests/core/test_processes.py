"""Other Pythons, where there are any."""

from __future__ import annotations

import subprocess
import sys

import pytest

from napari_histeq.core import processes

pytestmark = pytest.mark.whole


@pytest.mark.parametrize(
    ("name", "is_python"),
    [
        ("/usr/bin/python3.11", True),
        ("C:/Users/a b/pythonw.exe", True),
        ("/opt/pypy3", True),
        ("/Applications/napari.app/Contents/MacOS/napari", False),
        ("", False),
        (None, False),
    ],
)
def test_what_is_a_python(monkeypatch, name, is_python):
    monkeypatch.setattr(sys, "executable", name)
    assert processes.python() == (name if is_python else None)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert processes.python() is None


def test_it_imports_what_this_one_does_and_nothing_from_where_it_is(tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "ours_alone.py").write_text("print('ours')")
    (tmp_path / "json.py").write_text("raise RuntimeError")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "there"), *sys.path])
    process = processes.start(["-c", "import json, ours_alone"], stdout=subprocess.PIPE)
    assert process.communicate(timeout=60) == ("ours\n", None)
    assert process.returncode == 0


def test_where_there_is_none_nothing_is_started(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/opt/napari/napari")
    assert processes.start(["-c", ""]) is None
