"""The lock of a folder: on a file system that has none, and when it is taken away just then."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

import pytest

from napari_histeq.core.zarr import folder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks of another kind")


def test_where_nothing_can_be_locked_it_is_saved_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(folder.fcntl, "flock", refuse)
    with folder.claimed(tmp_path / "a.zarr", {}, "error"):
        assert (tmp_path / "a.zarr" / folder.LOCK).exists()
    assert not list((tmp_path / "a.zarr").iterdir())


def test_a_lock_that_went_while_it_was_taken_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever held it takes it away between the opening and the locking of another one."""
    path, take, tries = tmp_path / "lock", folder._take, []

    def late(handle: int) -> bool:
        tries.append(handle)
        if len(tries) == 1:
            path.unlink()
        return take(handle)

    monkeypatch.setattr(folder, "_take", late)
    handle = folder._lock(path)
    assert len(tries) == 2
    assert handle is not None
    assert os.path.samestat(os.fstat(handle), path.stat())
    folder._unlock(handle, path)
    assert not path.exists()


def test_partial_files_of_others_are_left_alone(tmp_path: Path) -> None:
    ours, other = tmp_path / f"c.{'0' * 32}.partial", tmp_path / "mine.partial"
    for path in (ours, other):
        path.write_text("half a")
    folder._clear(tmp_path, everything=False)
    assert list(tmp_path.iterdir()) == [other]
