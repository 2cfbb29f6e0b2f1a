"""Who compiles the loops, and where: no cache, a broken one, two processes, no Python to help."""

from __future__ import annotations

import os
import pickle
import textwrap

import numpy as np
import pytest

from helpers.effort import THOROUGH
from helpers.sessions import ended, patient, session
from helpers.twins import DOORS
from napari_histeq.core.kernels.compiling import compiler, known
from napari_histeq.core.kernels.compiling.compiler import kind_of, sample_of

pytestmark = pytest.mark.whole

EVERYTHING = """
import sys
import numpy as np
from napari_histeq import equalize
rng = np.random.default_rng(0)
for dtype in (np.uint8, np.uint16, np.float32):
    image = (rng.random((50, 60)) * 200).astype(dtype)
    out = equalize(image)
    assert out.dtype == dtype and out.max() >= image.max()
print(equalize(np.array([52, 55, 55, 61], np.uint8)))
"""
#: The same with one loop to be compiled.
BYTES = EVERYTHING.replace("np.uint8, np.uint16, np.float32", "np.uint8,")


@pytest.fixture(params=["below a file", "read-only", "writable"])
def folder(request, tmp_path):
    """A place for the cache, or none."""
    place = tmp_path / "cache"
    if request.param == "below a file":
        place.write_text("no folder")
        place /= "numba"
    elif request.param == "read-only":
        place.mkdir(mode=0o555)
    return place


def test_patience_ends_where_there_is_much_to_do(tmp_path):
    after = """
        for other in kernels.planes.equalize_shorts.loop, kernels.levels.count_shorts.loop:
            assert not other.ready
        kernels.wait_for_compiler()
        equalize(image.astype(np.uint16))
        assert kernels.planes.equalize_shorts.loop.ready or kernels.levels.count_shorts.loop.ready
    """
    ended(session(patient(after=after), tmp_path))


def test_a_script_works_wherever_the_cache_is(folder):
    ended(session(EVERYTHING, folder, expect="[ 64 191 191 255]"))
    if folder.parent.is_dir() and os.access(folder, os.W_OK):
        assert list(folder.rglob("*.nbi"))


def test_a_patient_session_works_wherever_the_cache_is(folder):
    ended(session(patient(), folder))


def test_numpy_alone_needs_no_compiler(tmp_path):
    program = f"{EVERYTHING}\nassert 'numba' not in sys.modules"
    ended(session(program, tmp_path, expect="[ 64 191 191 255]", NAPARI_HISTEQ_LOOPS="numpy"))
    assert not list(tmp_path.iterdir())


def test_a_word_that_means_nothing_is_refused(monkeypatch):
    monkeypatch.setenv("NAPARI_HISTEQ_LOOPS", "quick")
    with pytest.raises(ValueError, match=r"NAPARI_HISTEQ_LOOPS is 'quick': .*auto, numpy, comp"):
        DOORS["levels.look_up"].loop.choose(())


def test_two_sessions_at_once_with_an_empty_cache(tmp_path):
    both = [session(patient(), tmp_path) for _ in range(2)]
    for each in both:
        ended(each)
    assert list(tmp_path.rglob("planes.equalize_bytes*.nbc"))


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("content", [b"", pickle.dumps("another thing")])
def test_a_broken_cache_file_is_replaced(tmp_path, suffix, content):
    ended(session(BYTES, tmp_path, expect="[ 64 191 191 255]"))
    broken = [path for path in tmp_path.rglob(f"*{suffix}") if "equalize_bytes" in path.name]
    assert broken
    for path in broken:
        path.write_bytes(content)
    ended(session(BYTES, tmp_path, expect="[ 64 191 191 255]"))
    assert any(path.read_bytes() != content for path in tmp_path.rglob(f"*{suffix}"))
    ended(session(patient(), tmp_path))


def test_where_the_program_is_no_python_nobody_is_started(tmp_path):
    before = """
        import subprocess, sys
        sys.executable = "/opt/napari/napari"
        def refuse(*_, **__):
            raise AssertionError("something was started")
        subprocess.Popen = refuse
    """
    ended(session(patient(before), tmp_path))
    assert list(tmp_path.rglob("*.nbi"))  # compiled in a thread


@pytest.mark.parametrize("program", ["import sys; sys.exit(3)", "print('hello')", "0"])
def test_a_helper_that_is_of_no_use_is_given_up(tmp_path, program):
    before = f"""
        import subprocess
        import subprocess
        real = subprocess.Popen
        subprocess.Popen = lambda command, **how: real([command[0], "-c", {program!r}], **how)
    """
    ended(session(patient(before), tmp_path))


#: While it compiles, amid an index, and between an index and the loop that this tells of.
MOMENTS = ["compiler.load", "caching.os.replace", "caching.IndexDataCacheFile._save_data"]


@pytest.mark.parametrize("moment", MOMENTS if THOROUGH else MOMENTS[-1:])
def test_a_helper_that_is_killed_in_the_middle_does_no_harm(tmp_path, moment):
    program = f"""
        import os, signal
        from numba.core import caching
        from napari_histeq.core.kernels.compiling import compiler, worker
        def die(*_, **__):
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        {moment} = die
        worker.main()
    """
    before = f"""
        from subprocess import PIPE
        started = []
        def start():
            program = {textwrap.dedent(program)!r}
            started.append(helper.start(["-c", program], stdin=PIPE, stdout=PIPE))
            return started[-1]
        helper._start = start
    """
    ended(session(patient(before, "assert len(started) == 1"), tmp_path))
    assert not list(tmp_path.rglob(known.NAME)), "it lived long enough to write down what it made"
    ended(session(patient(), tmp_path))
    assert list(tmp_path.rglob(known.NAME))


def test_the_helper_ends_with_the_session_and_when_there_is_nothing_to_do(tmp_path):
    before = """
        background.LINGER = 0.1
        started, real = [], helper._start
        helper._start = lambda: started.append(real()) or started[-1]
    """
    after = """
        import threading
        while any("compiler" in thread.name for thread in threading.enumerate()):
            time.sleep(0.02)
        assert len(started) >= 1 and all(one.poll() is not None for one in started)
    """
    ended(session(patient(before, after), tmp_path))


def test_the_compiler_is_loaded_when_the_run_is_over_or_takes_long(tmp_path):
    program = """
        import contextlib, threading, time
        from napari_histeq.core.kernels.compiling import background
        background.QUIET, background.MOST_QUIET = 0.3, 1.5
        for goes_on, least in ((True, 1.4), (False, 0.3)):
            waiting = background.Background(print, contextlib.nullcontext)
            waiting._called = start = time.monotonic()
            work = threading.Thread(target=waiting._let_finish)
            work.start()
            while work.is_alive():
                waiting._called = time.monotonic() if goes_on else start
                time.sleep(0.01)
            assert time.monotonic() - start >= least
        print("fine")
    """
    ended(session(textwrap.dedent(program), tmp_path))


def test_a_loop_that_cannot_be_compiled_stays_as_it_is(tmp_path):
    program = """
        import contextlib, logging, time
        import numpy as np
        from napari_histeq.core.kernels.compiling.background import Background
        logging.disable()
        tried = []
        def load(*request):
            tried.append(request)
            raise RuntimeError
        background = Background(load, contextlib.nullcontext)
        for _ in range(3):
            background.ask(("levels.no_such_loop",))
            while background._asked:
                time.sleep(0.02)
        assert tried == [("levels.no_such_loop",)]
        print("fine")
    """
    ended(session(textwrap.dedent(program), tmp_path))


@pytest.mark.parametrize(
    "value", [1, 0.5, True, np.uint16(3), np.float64(2), np.zeros(3, "u2"), np.zeros((2, 3), "f8")]
)
def test_a_kind_of_argument_is_that_of_its_sample(value):
    import numba

    (word,) = kind_of((value,))
    sample = sample_of(word)
    assert numba.typeof(sample) == numba.typeof(value)
    assert kind_of((sample,)) == (word,)


def test_a_kind_tells_what_can_be_written_and_where_it_lies():
    import numba

    odd = np.zeros(17, np.uint8)[1:].view(np.float64)
    odd.flags.writeable = False
    (word,) = kind_of((odd,))
    assert word == "<f8[1] read-only unaligned"
    assert numba.typeof(sample_of(word)) == numba.typeof(odd)


def test_every_loop_is_found_by_its_name():
    for name, door in DOORS.items():
        assert compiler.named(name) is door.loop
