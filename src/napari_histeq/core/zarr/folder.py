"""The folder of a store: held by one save alone, and begun, gone on with, or refused in words.

What a save was to write is told by the group's attributes until it is finished, so that an
interrupted one can be gone on with from wherever it stopped: in an empty folder, in a
group that lacks arrays, or amid the pixels.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Where in the attributes of the group it says what this package did.
KEY = "napari_histeq"
#: In a folder that is being written; it goes when the save ends, however it does.
LOCK = ".napari-histeq.lock"
#: A folder with one of these is a Zarr store, of any version.
_MARKS = ("zarr.json", ".zgroup", ".zarray")
#: What Zarr was just writing when the process was killed.
_LEFT = re.compile(r".+\.[0-9a-f]{32}\.partial")


def is_incomplete(path: str | os.PathLike[str]) -> bool:
    """Whether there is a store at `path` that `save_zarr` has not finished."""
    return _job(Path(path)) is not None


def _job(path: Path) -> dict[str, Any] | None:
    """What an incomplete store was to hold; None for all else there may be."""
    try:
        found = json.loads((path / "zarr.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    attributes = _within(found, "attributes")
    job = _within(_within(attributes, KEY), "incomplete")
    return job if isinstance(job, dict) and _within(attributes, "ome") is None else None


def _within(found: Any, key: str) -> Any:
    return found.get(key) if isinstance(found, dict) else None


@contextmanager
def claimed(
    path: Path, job: dict[str, Any], if_exists: Literal["error", "resume", "overwrite"]
) -> Iterator[None]:
    """Hold the folder of a store alone, after a look at what there is.

    When entered, the folder is there, and it is empty or holds an incomplete store of the
    same job.

    Parameters
    ----------
    path : Path
        The folder; it is made if it is missing.
    job : dict
        What the store is to hold, as JSON.
    if_exists : {"error", "resume", "overwrite"}
        As in `save_zarr`.

    Raises
    ------
    FileExistsError
        If there is something that `if_exists` does not allow for, or another save, of this
        process or another one, is writing there.
    ValueError
        If the store there was begun for another job.
    """
    if if_exists not in ("error", "resume", "overwrite"):
        raise ValueError(f"if_exists is {if_exists!r}: use 'error', 'resume' or 'overwrite'")
    if not is_incomplete(path):  # no lock is laid into a folder of someone else's
        _check(path, job, if_exists)
    path.mkdir(parents=True, exist_ok=True)
    lock = _lock(path / LOCK)
    if lock is None:
        raise FileExistsError(
            f"{path} is being written by another save: wait until it ends, or choose another path"
        )
    try:
        _check(path, job, if_exists)  # until now another save may have been at work
        _clear(path, everything=if_exists == "overwrite")
        yield
    finally:
        _unlock(lock, path / LOCK)


def _check(path: Path, job: dict[str, Any], if_exists: str) -> None:
    """Refuse in words what is at a path, unless `if_exists` allows for it."""
    if not os.path.lexists(path):
        return
    if not path.is_dir():
        raise FileExistsError(f"{path} is not a folder: choose another path")
    if not _rest(path):  # an empty folder, or all that is left of a start that broke off
        return
    if if_exists == "resume":
        _check_resumable(path, job)
        return
    if not any((path / name).exists() for name in _MARKS):
        what = "is not overwritten" if if_exists == "overwrite" else "is left alone"
        raise FileExistsError(f"{path} is no Zarr store, so it {what}: choose another path")
    if if_exists == "error":
        state = "holds an incomplete store: resume it with if_exists='resume'"
        hint = state if is_incomplete(path) else "exists: use if_exists='overwrite'"
        raise FileExistsError(f"{path} {hint}, or choose another path")


def _check_resumable(path: Path, job: dict[str, Any]) -> None:
    found = _job(path)
    if found is None:
        raise FileExistsError(f"{path} is not an incomplete store of save_zarr: nothing to resume")
    if found != job:
        raise ValueError(
            f"{path} was begun for another image or other options ({found}, not {job}): resume "
            "it with those, or use if_exists='overwrite'"
        )


def _rest(path: Path) -> list[Path]:
    """What is in a folder, but the lock and files that a killed process was just writing."""
    return [p for p in path.iterdir() if p.name != LOCK and not _LEFT.fullmatch(p.name)]


def _clear(path: Path, *, everything: bool) -> None:
    """Take away what a killed process was writing, or everything but the lock."""
    for left in list(path.rglob("*.partial")):
        if _LEFT.fullmatch(left.name):
            left.unlink()
    for old in _rest(path) if everything else ():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        else:
            old.unlink()


def write_missing(path: Path, content: bytes) -> None:
    """Write a file, as a whole or not at all, unless there is one."""
    if path.exists():
        return
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(f".{uuid4().hex}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _lock(path: Path) -> int | None:
    """Lock a file, made if need be, until it is unlocked or the process dies; None if it is."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if not _take(handle):
            os.close(handle)
            return None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)  # whoever held it has just taken it away: that was another file


def _unlock(handle: int, path: Path) -> None:
    """Take the locked file away; where an open file cannot go, it goes when it is closed."""
    with suppress(OSError):
        path.unlink()
    _give_back(handle)
    os.close(handle)
    if sys.platform == "win32":
        with suppress(OSError):
            path.unlink()


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _give_back(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _take(handle: int) -> bool:
        """False if another has the lock; a file system without locks has to do without."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def _give_back(handle: int) -> None:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)
