"""Many files at once: on all cores of this machine, or on a dask cluster."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from napari_histeq.batch.errors import Refused
from napari_histeq.core.extras import brought_by
from napari_histeq.core.threads import in_place, thread_count
from napari_histeq.files import LARGE, is_store

#: What a person can do about the address of a cluster.
CURE = "correct it, or leave --scheduler out"

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from napari_histeq.batch.jobs import FileJob
    from napari_histeq.batch.work import Done

    Report = Callable[[float], None]
    Work = Callable[[FileJob, Report], Done]


class Progress(Protocol):
    """Who is told how far the run is; from any thread."""

    def file(self) -> AbstractContextManager[Report]:
        """One file at work; what is yielded is told the fraction of it that is done."""


@dataclass(frozen=True, slots=True)
class Result:
    """A job, and what came of it, or why nothing did; neither, if the run was stopped before."""

    job: FileJob
    done: Done | None
    error: str = ""


class _Stopped(BaseException):
    """Raised inside the work to end it; no `Exception`, so that no reader takes it for its own."""


def run_all(
    work: Work,
    jobs: Sequence[FileJob],
    progress: Progress,
    *,
    workers: int = 0,
    scheduler: str = "",
    stop: threading.Event | None = None,
) -> list[Result]:
    """Do the work on every job; one that fails does not stop the others.

    What is large, or may be, is done alone: it takes all cores (or the whole cluster) by itself.
    The others share them, a file for each, in threads: reading, counting, mapping and writing all
    let go of the interpreter, and a thread has nothing to import.

    Parameters
    ----------
    work : callable
        ``work(job, report) -> Done``.
    jobs : sequence of FileJob
    progress : Progress
        Is told what is done.
    workers : int
        Files at a time; 0: one for each core.
    scheduler : str
        Address of a dask scheduler.
    stop : threading.Event, optional
        Set it (Ctrl+C does) to end the run soon: what is done stays done.
    """
    ended = threading.Event() if stop is None else stop
    alone = [job for job in jobs if _is_large(job)]
    small = [job for job in jobs if job not in {*alone}]
    run = _Run(work, progress, ended)
    try:
        with run.on_cluster(small, scheduler) if scheduler else nullcontext():
            if not scheduler:
                run.in_threads(small, workers or thread_count())
            for job in alone:
                run.one(job)
    except (KeyboardInterrupt, _Stopped):
        ended.set()
    return [run.found.get(job, Result(job, None)) for job in jobs]


def _is_large(job: FileJob) -> bool:
    path = job.source.path
    return is_store(path) or path.stat().st_size > LARGE


@dataclass(frozen=True, slots=True)
class _Run:
    """A run, and what was found up to now."""

    work: Work
    progress: Progress
    ended: threading.Event
    found: dict[FileJob, Result] = field(default_factory=dict)

    def one(self, job: FileJob) -> None:
        """Do one job, here."""
        with self.progress.file() as report:

            def checked(done: float) -> None:
                if self.ended.is_set():
                    raise _Stopped
                report(done)

            checked(0.0)
            self.found[job] = _tried(self.work, job, checked)

    def in_threads(self, jobs: Sequence[FileJob], workers: int) -> None:
        """Do so many at a time."""
        if len(jobs) <= 1 or workers == 1:
            for job in jobs:
                self.one(job)
            return

        def one(job: FileJob) -> None:
            with in_place():
                self.one(job)

        with ThreadPoolExecutor(workers, thread_name_prefix="files") as pool:
            futures = [pool.submit(one, job) for job in jobs]
            try:
                _until_done(futures)
            except BaseException:
                self.ended.set()
                raise
        for future in futures:
            future.result()

    @contextmanager
    def on_cluster(self, jobs: Sequence[FileJob], address: str) -> Iterator[None]:
        """Have the jobs done by a cluster; what is done within is done by it, too."""
        with brought_by("distributed"):
            from distributed import Client, KilledWorker, as_completed
        from napari_histeq.core.lazy import DIED, client_at

        try:
            client = client_at(Client, address, CURE, timeout="10s")
        except ValueError as error:
            raise Refused(f"--scheduler: {error}") from None
        with client:
            futures = {client.submit(_on_worker, self.work, job, pure=False): job for job in jobs}
            for future in as_completed(futures):  # type: ignore[no-untyped-call]
                job = futures[future]
                with self.progress.file():
                    lost = future.exception()
                    if lost is None:
                        self.found[job] = future.result()
                    else:
                        words = DIED if isinstance(lost, KilledWorker) else in_words(lost)
                        self.found[job] = Result(job, None, words)
            yield


def _tried(work: Work, job: FileJob, report: Report) -> Result:
    try:
        return Result(job, work(job, report))
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


def _until_done(futures: Sequence[Future[None]]) -> None:
    """Wait, a moment at a time: so that Ctrl+C is heard on any system."""
    left = set(futures)
    while left:
        _, left = wait(left, timeout=0.5, return_when=FIRST_COMPLETED)


def _on_worker(work: Work, job: FileJob) -> Any:
    """One file on a worker, whose own threads are busy with other files."""
    import dask

    with dask.config.set(scheduler="synchronous"), in_place():
        return _tried(work, job, lambda _: None)
