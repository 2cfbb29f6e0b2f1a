"""Ctrl-C in the midst of a pass: nobody is left at work, and the next call is as if there had been none."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.whole

ARRAYS = ["global", "float", "clahe", "planes", "histogram"]
CHUNKS = ["chunks, counted", "chunks, mapped", "chunks, planes"]


def runs(name: str, given: object, **variables: str) -> None:
    command = [sys.executable, "-m", "helpers.interrupting", name, str(given)]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | variables,
        capture_output=True, text=True, timeout=290, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ARRAYS)
def test_in_a_pass_over_an_array(name):
    runs(name, "threads")


@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
@pytest.mark.parametrize("name", CHUNKS)
def test_in_a_pass_over_chunks(name, scheduler):
    runs(name, scheduler)


def test_nobody_is_at_work_afterwards():
    runs("blocks", "")


def test_in_a_save_which_can_be_gone_on_with(tmp_path):
    runs("save", tmp_path)


@pytest.mark.parametrize("delay", [0.3, 1.0])
def test_while_a_loop_is_compiled(tmp_path, delay):
    runs("compiling", delay, NAPARI_HISTEQ_LOOPS="compiled", NUMBA_CACHE_DIR=str(tmp_path))
