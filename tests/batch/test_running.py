"""A run over files that is stopped: what is done stays done, and the rest is not begun."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_histeq.batch import FileJob, run_all
from napari_histeq.batch.work import Done
from napari_histeq.files import Location


class Silent:
    @contextmanager
    def file(self) -> Any:
        yield lambda done: None


@pytest.fixture
def jobs(tmp_path: Path) -> list[FileJob]:
    for number in range(6):
        np.save(tmp_path / f"{number}.npy", np.zeros((2, 2)))
    return [FileJob(Location(path)) for path in sorted(tmp_path.iterdir())]


@pytest.mark.parametrize("workers", [1, 2])
def test_stopped_between_two_files(jobs: list[FileJob], workers: int) -> None:
    stop = threading.Event()
    begun = {"0.npy": threading.Event(), "1.npy": threading.Event()}

    def work(job: FileJob, report: Any) -> Done:
        if job.name in begun:
            begun[job.name].set()
        if job.name == "2.npy":
            assert all(event.wait(60) for event in begun.values())
            stop.set()
        if job.name > "2.npy":
            stop.wait(60)
        return Done({"input": job.name})

    results = run_all(work, jobs, Silent(), workers=workers, stop=stop)
    assert [result.job for result in results] == jobs
    assert [bool(result.done) for result in results[:3]] == [True] * 3
    assert not any(result.error for result in results)
    assert results[-1].done is None


@pytest.mark.parametrize("workers", [1, 2])
def test_stopped_within_a_file_by_its_next_report(jobs: list[FileJob], workers: int) -> None:
    stop = threading.Event()

    def work(job: FileJob, report: Any) -> Done:
        stop.set()
        report(0.5)
        raise AssertionError("it went on")

    results = run_all(work, jobs, Silent(), workers=workers, stop=stop)
    assert [(result.done, result.error) for result in results] == [(None, "")] * 6


def test_a_file_that_fails_stops_no_other(jobs: list[FileJob]) -> None:
    def work(job: FileJob, report: Any) -> Done:
        if job.name == "2.npy":
            raise ValueError("it is blue")
        return Done({"input": job.name})

    results = run_all(work, jobs, Silent(), workers=2)
    assert [result.error for result in results] == ["", "", "it is blue", "", "", ""]


def test_interrupted_by_ctrl_c(jobs: list[FileJob]) -> None:
    def work(job: FileJob, report: Any) -> Done:
        if job.name == "2.npy":
            raise KeyboardInterrupt
        return Done({"input": job.name})

    results = run_all(work, jobs, Silent(), workers=1)
    assert [bool(result.done) for result in results] == [True, True, False, False, False, False]
