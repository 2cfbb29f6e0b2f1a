"""One folder, one save: who is second is refused, and what broke off at any step goes on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import yaozarrs
import zarr
from hypothesis import given
from hypothesis import strategies as st

from helpers.lazy_cases import image
from napari_histeq import save_zarr
from napari_histeq.core import ChunkError
from napari_histeq.core.zarr.folder import LOCK, is_incomplete

pytestmark = pytest.mark.whole

PIXELS = image("u2", (40, 60))
CHUNKED = da.from_array(PIXELS, chunks=20)
MODES = ["error", "resume", "overwrite"]


def pixels_of(path: Path) -> Any:
    return zarr.open_group(path, mode="r")["0"][...]


def assert_finished(path: Path, pixels: Any = PIXELS) -> None:
    yaozarrs.validate_zarr_store(path)
    np.testing.assert_array_equal(pixels_of(path), pixels)
    assert not is_incomplete(path)
    assert not [p for p in path.rglob("*") if p.suffix in (".lock", ".partial")]


# ---- two at once ----


@pytest.mark.parametrize("mode", MODES)
def test_of_two_threads_one_is_refused_in_words(tmp_path, mode):
    path, begun, go_on = tmp_path / "a.zarr", threading.Event(), threading.Event()

    def slow(block):
        begun.set()
        assert go_on.wait(60)
        return block

    source = CHUNKED.map_blocks(slow, dtype="u2", meta=np.empty((0, 0), "u2"))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(save_zarr, source, path, levels=1)
        assert begun.wait(60)
        try:
            with pytest.raises(FileExistsError, match="is being written by another save"):
                save_zarr(CHUNKED + 1, path, levels=1, if_exists=mode)
        finally:
            go_on.set()
        assert first.result(60) == path
    assert_finished(path)


@pytest.mark.parametrize("mode", MODES)
def test_of_many_that_start_together_one_writes(tmp_path, mode):
    for attempt in range(10):
        path = tmp_path / f"{attempt}.zarr"
        barrier = threading.Barrier(3)

        def save(number, path=path, barrier=barrier):
            barrier.wait(60)
            try:
                save_zarr(CHUNKED + number, path, levels=1, if_exists=mode)
            except (FileExistsError, ValueError) as error:
                return str(error)
            return ""

        with ThreadPoolExecutor(3) as pool:
            said = list(pool.map(save, range(3)))
        # Who overwrites may do so one after the other; but never two at once.
        winners = [number for number, words in enumerate(said) if not words]
        assert winners
        assert len(winners) == 1 or mode == "overwrite"
        assert any(np.array_equal(pixels_of(path), PIXELS + number) for number in winners)
        assert_finished(path, pixels_of(path))
        assert all(str(path) in words for words in said if words)


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


WAITING = """
    import sys, numpy as np, dask, dask.array as da
    from napari_histeq import save_zarr
    def wait(block, block_info=None):
        print("writing", flush=True)
        sys.stdin.readline()
        return block
    zeros = da.zeros((40, 60), chunks=20, dtype="u2")
    source = zeros.map_blocks(wait, dtype="u2", meta=np.empty((0, 0), "u2"))
    with dask.config.set(scheduler="synchronous"):
        save_zarr(source, sys.argv[1], levels=1)
"""


def test_another_process_is_refused_and_death_lets_go(tmp_path):
    path = tmp_path / "a.zarr"
    process = run(WAITING, path)
    try:
        assert process.stdout.readline() == "writing\n"
        assert (path / LOCK).exists()
        for mode in MODES:
            with pytest.raises(FileExistsError, match="is being written by another save"):
                save_zarr(np.zeros((40, 60), "u2"), path, levels=1, chunks=(20, 20), if_exists=mode)
    finally:
        process.kill()
        process.communicate()
    assert is_incomplete(path)
    save_zarr(np.zeros((40, 60), "u2"), path, levels=1, chunks=(20, 20), if_exists="resume")
    assert_finished(path, np.zeros((40, 60)))


# ---- interrupted at any step ----


class Disk:
    """A disk that is full at its nth step: a folder made, a file opened, or put in its place."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int, *, after: bool) -> None:
        self.seen, self._at, self._after = 0, at, after
        for name in ("mkdir", "open", "replace"):
            patch.setattr(Path, name, self._failing(getattr(Path, name)))

    def _failing(self, step: Any) -> Any:
        def fails(path: Path, *args: Any, **kwargs: Any) -> Any:
            reads = step.__name__ == "open" and "w" not in (*args, kwargs.get("mode", "r"))[0]
            self.seen += not reads
            now = self.seen == self._at and not reads
            if now and not self._after:
                raise OSError(28, "No space left on device")
            done = step(path, *args, **kwargs)
            if now:
                if step.__name__ == "open":
                    done.close()
                raise OSError(28, "No space left on device")
            return done

        return fails


def attempt(path: Path, at: int, *, after: bool) -> int:
    """Save to a disk that fails at its nth step; the number of steps it has seen."""
    with pytest.MonkeyPatch.context() as patch, dask.config.set(scheduler="synchronous"):
        disk = Disk(patch, at, after=after)
        with suppress(OSError, ChunkError):
            save_zarr(CHUNKED, path)
    return disk.seen


#: So many if all goes well.
STEPS = 53


def test_there_are_as_many_steps(tmp_path):
    assert attempt(tmp_path / "a.zarr", 1000, after=False) == STEPS


@pytest.mark.parametrize("after", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_a_disk_that_is_full_at_any_step(tmp_path, at, after):
    for mode in ("go on", "overwrite"):
        path = tmp_path / f"{mode}.zarr"
        attempt(path, at, after=after)
        done = at == STEPS and after
        begun = (path / "zarr.json").exists()
        assert is_incomplete(path) == (begun and not done)
        if begun:
            with pytest.raises(FileExistsError, match=r"if_exists='(resume|overwrite)'"):
                save_zarr(CHUNKED, path)
        if mode == "overwrite":
            save_zarr(CHUNKED, path, if_exists=mode)
        elif not done:  # as the command in the viewer does it
            save_zarr(CHUNKED, path, if_exists="resume" if begun else "error")
        assert_finished(path)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("left", [[], [LOCK], ["zarr." + "0a" * 16 + ".partial"]], ids=str)
def test_a_folder_that_was_made_and_left_empty_is_free(tmp_path, mode, left):
    path = tmp_path / "a.zarr"
    path.mkdir()
    for name in left:
        (path / name).touch()
    save_zarr(CHUNKED, path, if_exists=mode)
    assert_finished(path)


def test_missing_arrays_are_still_to_do(tmp_path):
    path = tmp_path / "a.zarr"
    attempt(path, STEPS, after=False)
    for gone in ("0", "2"):
        shutil.rmtree(path / gone)
    (path / "1" / "zarr.json").unlink()
    save_zarr(CHUNKED, path, if_exists="resume")
    assert_finished(path)


# ---- not ours ----


def tree(path: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}


def folder(path: Path, **files: str) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / name.replace("__", ".")).write_text(text)
    return path


FOREIGN = {
    "a folder": lambda path: folder(path, thesis__txt="all of it"),
    "a download": lambda path: folder(path, movie__partial="half of it"),
    "a file": lambda path: path.write_text("all of it"),
    "a broken link": lambda path: path.symlink_to("nowhere"),
    "broken JSON": lambda path: folder(path, zarr__json="{"),
    "no group": lambda path: folder(path, zarr__json="[1]"),
    "no JSON": lambda path: folder(path, zarr__json="\x00\x01"),
    "another program's group": lambda path: zarr.create_group(path, attributes={"x": 1}),
    "odd attributes": lambda path: zarr.create_group(path, attributes={"napari_histeq": [1]}),
    "an array": lambda path: zarr.create_array(path, shape=(3,), dtype="u1"),
    "a group of version 2": lambda path: zarr.create_group(path, zarr_format=2),
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("mode", ["error", "resume"])
def test_what_is_not_ours_is_refused_in_words_and_left_alone(tmp_path, name, mode):
    path = tmp_path / "a.zarr"
    FOREIGN[name](path)
    before = tree(tmp_path)
    assert not is_incomplete(path)
    with pytest.raises(FileExistsError, match=r"another path|nothing to resume"):
        save_zarr(CHUNKED, path, if_exists=mode)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", ["a folder", "a download", "a file", "a broken link"])
def test_what_is_no_store_is_never_overwritten(tmp_path, name):
    path = tmp_path / "a.zarr"
    FOREIGN[name](path)
    before = tree(tmp_path)
    with pytest.raises(FileExistsError, match="choose another path"):
        save_zarr(CHUNKED, path, if_exists="overwrite")
    assert tree(tmp_path) == before


def test_a_link_to_a_folder_stays_one(tmp_path):
    (tmp_path / "disk").mkdir()
    path = tmp_path / "a.zarr"
    path.symlink_to(tmp_path / "disk")
    save_zarr(CHUNKED + 1, path)
    save_zarr(CHUNKED, path, if_exists="overwrite")
    assert path.is_symlink()
    assert_finished(path)


@given(damage=st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["attributes", "napari_histeq", "incomplete"]), inner),
))  # fmt: skip
def test_any_json_is_told_from_an_incomplete_store(tmp_path_factory, damage):
    path = folder(tmp_path_factory.mktemp("any") / "a.zarr", zarr__json=json.dumps(damage))
    with pytest.raises((FileExistsError, ValueError), match=r"nothing to resume|was begun for"):
        save_zarr(CHUNKED, path, if_exists="resume")


def test_attributes_do_not_make_a_finished_store_an_incomplete_one(tmp_path):
    path = save_zarr(CHUNKED, tmp_path / "a.zarr", attributes={"incomplete": {"dtype": "u2"}})
    assert_finished(path)
