"""What the cache holds is known without Numba, and only as long as it is so."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

from helpers.sessions import ended, patient, session
from napari_histeq.core.kernels.compiling import known

pytestmark = pytest.mark.whole

REQUEST = ("levels.look_up", "<u2[1]", "int")
OTHER = ("levels.look_up", "|u1[1]", "int")

REFUSE = """
    import subprocess, sys
    def refuse(*_, **__):
        raise AssertionError("the helper was started")
    subprocess.Popen = refuse
    asked = []
    real = background.known.is_cached
    def is_cached(request):
        asked.append((real(request), "numba" in sys.modules))
        return asked[-1][0]
    background.known.is_cached = is_cached
"""


def test_a_later_session_starts_no_helper(tmp_path):
    ended(session(patient(), tmp_path))
    ended(session(patient(REFUSE, "assert asked[0] == (True, False), asked"), tmp_path))


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Numba's, with the source of the loops beside it: files that a test may change."""
    sources = tmp_path / "sources"
    sources.mkdir()
    shutil.copy(known.HERE / "levels.py", sources)
    monkeypatch.setattr(known, "HERE", sources)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    index = tmp_path / "levels.look_up-20.py311.nbi"
    index.write_bytes(b"an index")
    known.note(REQUEST, index)
    assert known.is_cached(REQUEST)
    return index


def written(tmp_path):
    return tmp_path / "cache" / known.NAME


def test_only_what_was_written_down_is_known(index):
    assert not known.is_cached(OTHER)
    assert not known.is_cached(("levels.count_bytes", *REQUEST[1:]))


def test_a_second_kind_is_added_to_the_index(index):
    index.write_bytes(b"a longer index")
    known.note(OTHER, index)
    assert known.is_cached(OTHER)
    assert known.is_cached(REQUEST)


@pytest.mark.parametrize("change", ["index", "no index", "source", "python"])
def test_what_has_changed_is_not_known(index, monkeypatch, change):
    if change == "index":
        index.write_bytes(b"something else")
    elif change == "no index":
        index.unlink()
    elif change == "source":
        (known.HERE / "levels.py").write_text("# other loops")
    else:
        monkeypatch.setattr(sys, "version", "4.0")
    assert not known.is_cached(REQUEST)
    if change != "no index":
        known.note(OTHER, index)
        assert known.is_cached(OTHER)
    assert known.is_cached(REQUEST) == (change == "index")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '"x"', '{"levels.look_up": 3}', '{"levels.look_up": {"kinds": 1}}']
)
def test_what_is_broken_says_nothing_and_is_replaced(index, tmp_path, content):
    written(tmp_path).write_text(content)
    assert not known.is_cached(REQUEST)
    known.note(REQUEST, index)
    assert known.is_cached(REQUEST)


def test_it_is_written_where_that_can_be_done(index, tmp_path, monkeypatch):
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_text("no folder")
    (known.HERE / "__pycache__").write_text("no folder")
    assert not known.is_cached(REQUEST)
    known.note(REQUEST, index)
    assert known.is_cached(REQUEST)
    assert json.loads((tmp_path / "home" / "napari-histeq" / known.NAME).read_text())
    (tmp_path / "home").rename(tmp_path / "gone")
    (tmp_path / "home").write_text("no folder")
    known.note(REQUEST, index)
    assert not known.is_cached(REQUEST)
