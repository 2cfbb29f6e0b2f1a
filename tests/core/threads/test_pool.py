"""The one pool: everything once, errors and cancels at once, no thread left behind."""

from __future__ import annotations

import concurrent.futures
import contextvars
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from napari_histeq import compute_histogram, equalize
from napari_histeq.core.arrays import BLOCK_PIXELS
from napari_histeq.core.threads import (
    PerThread,
    Stopped,
    asking,
    for_each,
    pool,
    thread_count,
    watchers,
    watching,
)

BIG = np.random.default_rng(0).integers(0, 200, (3000, 3000)).astype(np.uint8)


def test_for_each_does_everything_once():
    done = []
    for_each(done.append, range(100))
    assert sorted(done) == list(range(100))


def test_for_each_within_for_each_does_not_wait_for_itself():
    done = []

    def outer(number):
        for_each(lambda inner: done.append((number, inner)), range(5))

    for_each(outer, range(20))
    assert sorted(done) == [(i, j) for i in range(20) for j in range(5)]


def test_progress_is_told_in_the_callers_thread_and_reaches_the_total():
    seen = []

    def watch(done, total):
        seen.append((done, total, threading.get_ident()))

    with watching(watch):
        equalize(BIG)
    assert {thread for *_, thread in seen} == {threading.get_ident()}
    assert seen[-1][0] == seen[-1][1]
    assert all(0 <= done <= total for done, total, _ in seen)
    assert len(seen) >= 2 * BIG.size // BLOCK_PIXELS  # counting, and looking up
    told = len(seen)
    equalize(BIG)
    assert len(seen) == told


@pytest.mark.parametrize("image", [BIG, BIG.astype(np.float32)], ids=["uint8", "float32"])
@pytest.mark.parametrize("after", [1, 3, 6])
def test_what_the_watcher_raises_cancels(image, after):
    class StopError(Exception):
        pass

    seen = []

    def watch(done, total):
        seen.append(done)
        if len(seen) == after:
            raise StopError

    with pytest.raises(StopError), watching(watch):
        equalize(image)
    assert len(seen) == after
    np.testing.assert_array_equal(compute_histogram(BIG).total, BIG.size)  # the pool lives


@pytest.mark.parametrize("fail_at", [0, 5, 39])
def test_after_an_error_nothing_is_still_working(fail_at):
    working, worked = set(), []

    def work(item):
        working.add(item)
        time.sleep(0.01)
        worked.append(item)
        working.discard(item)
        if item == fail_at:
            raise RuntimeError("broken block")

    with pytest.raises(RuntimeError, match="broken block"):
        for_each(work, range(40))
    assert not working
    count = len(worked)
    time.sleep(0.05)
    assert len(worked) == count
    assert fail_at in worked


def test_after_a_cancel_nothing_is_still_writing():
    out = np.zeros(2000, int)

    def work(item):
        time.sleep(0.005)
        out[item] = 1

    def watch(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), watching(watch):
        for_each(work, range(2000))
    written = out.sum()
    assert written < 1000  # after seconds, were it not canceled
    time.sleep(0.05)
    assert out.sum() == written


def test_a_cancel_is_heard_amid_long_blocks(monkeypatch):
    """Blocks that are made of blocks: each is left where it is, by whichever thread works on it."""
    monkeypatch.setattr(watchers, "PATIENCE", 0.0)
    monkeypatch.setenv(pool.THREADS, "3")
    asked, worked, caller = threading.Event(), [], threading.get_ident()

    def short(_):
        if worked and threading.get_ident() != caller:  # it is the caller's thread that asks
            asked.wait(60)
        worked.append(threading.get_ident())
        time.sleep(0.01)

    def watch(done, total):
        if worked:
            asked.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), watching(watch):
        for_each(lambda _: for_each(short, range(500)), range(6))
    assert len(worked) < 500  # of 3000
    count = len(worked)
    time.sleep(0.05)
    assert len(worked) == count


def test_work_on_the_pool_asks_too():
    worked = []

    def ask():  # nobody watches a chunk that equalizes itself, but the run may be stopped
        if worked:
            raise Stopped

    with pytest.raises(Stopped), asking(ask):
        for_each(lambda item: (worked.append(item), time.sleep(0.005)), range(2000))
    assert len(worked) < 1000


def test_watchers_of_two_threads_do_not_meet():
    seen = {"one": [], "two": []}

    def run(name):
        with watching(lambda done, total: seen[name].append(threading.get_ident())):
            equalize(BIG)

    threads = [threading.Thread(target=run, args=(name,)) for name in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [set(seen[name]) for name in seen] == [{t.ident} for t in threads]


def test_another_thread_with_the_same_context_tells_nothing():
    """So have dask's threads, and those of a Python without the interpreter lock."""
    seen = []
    with watching(lambda *of: seen.append(of)):
        context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(equalize, BIG))
    thread.start()
    thread.join()
    assert not seen


def test_threads_that_begin_at_the_same_time_make_one_pool(monkeypatch):
    made, kind = [], concurrent.futures.ThreadPoolExecutor

    def slowly(*arguments, **options):
        time.sleep(0.05)
        made.append(kind(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(concurrent.futures, "ThreadPoolExecutor", slowly)
    pool._forked()  # as if nobody had asked for it yet
    with kind(4) as threads:
        found = [threads.submit(pool._pool) for _ in range(4)]
    assert [one.result() for one in found] == made * 4


def test_per_thread_adds_up():
    tallies = PerThread(lambda: np.zeros(1, int))

    def work(item):
        tallies.mine()[0] += item

    for_each(work, range(1000))
    assert tallies.sum()[0] == 999 * 1000 // 2


@pytest.mark.parametrize("threads", ["1", "3"])
def test_number_of_threads_is_no_matter_of_result(threads):
    program = (
        "import numpy as np; from napari_histeq import equalize; from napari_histeq.core.threads import thread_count;"
        "image = np.random.default_rng(0).integers(0, 200, (3000, 3000)).astype(np.uint8);"
        "print(thread_count(), int(equalize(image).sum(dtype=np.int64)))"
    )
    environment = os.environ | {"NAPARI_HISTEQ_THREADS": threads}
    out = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert out.split() == [threads, str(int(equalize(BIG).sum(dtype=np.int64)))]


FORKED = """
import multiprocessing, sys
import dask.array as da
import numpy as np
from napari_histeq import equalize

def lazily(image):
    return equalize(da.from_array(image, chunks=1000)).compute()

image = np.random.default_rng(0).integers(0, 60000, (3000, 3000)).astype("u2")
want = equalize(image), equalize(image, "clahe"), lazily(image)
with multiprocessing.get_context("fork").Pool(2) as pool:
    got = [pool.apply_async(equalize, (image,)), pool.apply_async(equalize, (image, "clahe"))]
    got.append(pool.apply_async(lazily, (image,)))
    for one, other in zip(got, want, strict=True):
        assert np.array_equal(one.get(240), other)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_has_threads_of_its_own():
    many = os.environ | {"NAPARI_HISTEQ_THREADS": "4", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", FORKED]
    done = subprocess.run(command, env=many, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("wanted", ["abc", "-1", "1.5", "1e2", "0x2", "², 3", "None", "\u0665"])
def test_a_number_of_threads_that_is_none_is_refused_in_words(wanted, monkeypatch):
    monkeypatch.setenv("NAPARI_HISTEQ_THREADS", wanted)
    with pytest.raises(ValueError, match=r"NAPARI_HISTEQ_THREADS is .*whole number of threads"):
        equalize(BIG)


@pytest.mark.parametrize(("wanted", "threads"), [("3", 3), (" 3 ", 3), ("003", 3)])
def test_a_number_of_threads(wanted, threads, monkeypatch):
    monkeypatch.setenv("NAPARI_HISTEQ_THREADS", wanted)
    assert thread_count() == threads


@pytest.mark.parametrize("wanted", ["", "  ", "0"])
def test_no_number_of_threads_is_one_per_core(wanted, monkeypatch):
    monkeypatch.setenv("NAPARI_HISTEQ_THREADS", wanted)
    monkeypatch.setattr(pool, "processors", lambda: 5)
    assert thread_count() == 5
