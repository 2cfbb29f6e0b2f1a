"""Many files at once: on all cores of this machine, or on a dask cluster."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_histeq.cli.errors import Refused
from napari_histeq.core.arrays import in_place, thread_count
from napari_histeq.core.extras import brought_by
from napari_histeq.files import LARGE, is_store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_histeq.cli.jobs import Job
    from napari_histeq.cli.progress import Bar
    from napari_histeq.cli.work import Done

    Work = Callable[[Job, Callable[[float], None]], Done]


@dataclass(frozen=True, slots=True)
class Result:
    """A job, and what came of it, or why nothing did."""

    job: Job
    done: Done | None
    error: str = ""


class _Stopped(Exception):  # noqa: N818  (no error)
    """Raised inside the work to end it."""


def run_all(
    work: Work, jobs: Sequence[Job], bar: Bar, *, workers: int = 0, scheduler: str = ""
) -> list[Result]:
    """Do the work on every job; one that fails does not stop the others.

    What is large, or may be, is done alone: it takes all cores (or the whole cluster) by itself.
    The others share them, a file for each, in threads: reading, counting, mapping and writing all
    let go of the interpreter, and a thread has nothing to import.

    Parameters
    ----------
    work : callable
        ``work(job, report) -> Done``.
    jobs : sequence of Job
    bar : Bar
        Is told what is done.
    workers : int
        Files at a time; 0: one for each core.
    scheduler : str
        Address of a dask scheduler.
    """
    alone = [job for job in jobs if _is_large(job)]
    small = [job for job in jobs if job not in alone]
    if scheduler:
        found = _on_cluster(work, small, alone, bar, scheduler)
    else:
        found = _in_threads(work, small, bar, workers or thread_count())
        found += [_alone(work, job, bar) for job in alone]
    by_job = {result.job: result for result in found}
    return [by_job[job] for job in jobs]


def _is_large(job: Job) -> bool:
    path = job.source.path
    return is_store(path) or path.stat().st_size > LARGE


def _alone(work: Work, job: Job, bar: Bar) -> Result:
    with bar.file() as report:
        return _tried(work, job, report)


def _tried(work: Work, job: Job, report: Callable[[float], None]) -> Result:
    try:
        return Result(job, work(job, report))
    except _Stopped:
        raise
    except Exception as error:  # noqa: BLE001  (whatever a reader raises: the others go on)
        return Result(job, None, in_words(error))


def in_words(error: BaseException) -> str:
    """An error as a person reads it; the kind is told only of those that were not foreseen."""
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return "there is not enough memory for it"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    known = isinstance(error, ValueError | TypeError | OSError | ImportError | RuntimeError)
    return text if known and text else f"{type(error).__name__}: {text}".rstrip(": ")


def _in_threads(work: Work, jobs: Sequence[Job], bar: Bar, workers: int) -> list[Result]:
    if len(jobs) <= 1 or workers == 1:
        return [_alone(work, job, bar) for job in jobs]
    stopped = threading.Event()

    def one(job: Job) -> Result:
        with bar.file() as report, in_place():

            def checked(done: float) -> None:
                if stopped.is_set():
                    raise _Stopped
                report(done)

            return _tried(work, job, checked)

    with ThreadPoolExecutor(workers, thread_name_prefix="files") as pool:
        futures = [pool.submit(one, job) for job in jobs]
        try:
            _until_done(futures)
        except BaseException:
            stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _until_done(futures: Sequence[Future[Result]]) -> None:
    """Wait, a moment at a time: so that Ctrl+C is heard on any system."""
    left = set(futures)
    while left:
        _, left = wait(left, timeout=0.5, return_when=FIRST_COMPLETED)


def _on_cluster(
    work: Work, jobs: Sequence[Job], alone: Sequence[Job], bar: Bar, address: str
) -> list[Result]:
    with brought_by("distributed"):
        from distributed import Client, as_completed
    try:
        client: Any = Client(address, timeout="10s")  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise Refused(f"--scheduler {address}: no scheduler answers there ({error})") from None
    with client:
        futures = {client.submit(_on_worker, work, job, pure=False): job for job in jobs}
        found = []
        for future in as_completed(futures):  # type: ignore[no-untyped-call]
            job = futures[future]
            with bar.file():
                lost = future.exception()  # the worker died, say
                found.append(future.result() if lost is None else Result(job, None, in_words(lost)))
        return found + [_alone(work, job, bar) for job in alone]


def _on_worker(work: Work, job: Job) -> Any:
    """One file on a worker, whose own threads are busy with other files."""
    import dask

    with dask.config.set(scheduler="synchronous"), in_place():
        return _tried(work, job, lambda _: None)
