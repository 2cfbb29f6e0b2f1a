"""What is told on the terminal: the bar, what failed, and how it ended. Results go to stdout."""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape

from napari_histeq.batch import Refused, run_all
from napari_histeq.cli.progress import Bar
from napari_histeq.cli.wording import plain
from napari_histeq.core.kernels import wait_for_compiler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_histeq.batch import FileJob, Result

#: Exit codes: some file failed; the run did not start; it was stopped by Ctrl+C.
SOME_FAILED = 1
NOT_STARTED = 2
STOPPED = 130

#: From so many files on compiled loops win back the time in which Numba is imported.
_MANY = 50

#: Files of which it is told why they failed; of the rest only the names.
_NAMED = 20


def refused_in_words(command: Callable[..., None]) -> Callable[..., None]:
    """A command that ends with its exit code where it refuses, and with words."""

    @wraps(command)
    def run(**given: Any) -> None:
        try:
            command(**given)
        except (Refused, ImportError) as error:
            Console(stderr=True).print(f"[bold red]napari-histeq:[/] {escape(plain(error))}")
            raise typer.Exit(NOT_STARTED) from None

    return run


class Run:
    """One run over all files, and what it says."""

    def __init__(
        self, what: str, workers: int, scheduler: str, *, quiet: bool, dry_run: bool = False
    ) -> None:
        self._what, self._workers, self._scheduler = what, workers, scheduler
        self._quiet, self._dry_run = quiet, dry_run
        self._console = Console(stderr=True)
        self._failed: list[Result] = []
        self._files = self._stopped = 0
        self._started = time.monotonic()

    @property
    def failed(self) -> bool:
        """Whether some file is not done, up to now."""
        return bool(self._failed or self._stopped)

    def all(self, work: Any, jobs: Sequence[FileJob]) -> list[dict[str, Any]]:
        """Do the work on every job; the entries of those that came to an end."""
        if self._dry_run:
            for job in jobs:
                typer.echo(f"{job.called} -> {job.target}{' (goes on)' if job.resume else ''}")
            typer.echo(f"{len(jobs)} file{'s' * (len(jobs) != 1)}; nothing was done (--dry-run)")
            return []
        if len(jobs) >= _MANY:
            wait_for_compiler()
        with Bar(self._what, len(jobs), self._console, shown=not self._quiet) as bar:
            results = run_all(work, jobs, bar, workers=self._workers, scheduler=self._scheduler)
        self._files = len(jobs)
        self._failed = [result for result in results if result.error]
        self._stopped = sum(result.done is None for result in results) - len(self._failed)
        self._tell_notes(results)
        return [result.done.entry for result in results if result.done is not None]

    def tell_left_out(self, names: Sequence[str]) -> None:
        """Say what of the folders that were named is no image."""
        if names and not self._quiet:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            self._console.print(
                f"[yellow]left out, as no images:[/] {escape(', '.join(names[:5]))}{more}",
                highlight=False,
            )

    def _tell_notes(self, results: Sequence[Result]) -> None:
        if self._quiet:
            return
        told: dict[str, list[str]] = {}
        for result in results:
            for note in result.done.notes if result.done else ():
                told.setdefault(note, []).append(result.job.called)
        for note, names in told.items():
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            self._console.print(
                f"[yellow]{escape(names[0])}{more}:[/] {escape(note)}", highlight=False
            )

    def end(self) -> None:
        """Say how it ended, name what failed, and leave with the exit code."""
        if self._dry_run:
            return
        done = self._files - len(self._failed) - self._stopped
        for result in self._failed[:_NAMED]:
            self._console.print(
                f"[red]{escape(result.job.called)}: {escape(plain(result.error))}", highlight=False
            )
        if len(self._failed) > _NAMED:
            names = ", ".join(result.job.called for result in self._failed[_NAMED:])
            more = f"and {len(self._failed) - _NAMED} more: {names}"
            self._console.print(f"[red]{escape(more)}", highlight=False)
        if not self._quiet or self.failed:
            took = time.monotonic() - self._started
            failed = f", [red]{len(self._failed)} failed[/]" if self._failed else ""
            failed += ", [red]stopped[/]" if self._stopped else ""
            self._console.print(
                f"{done} of {self._files} file{'s' * (self._files != 1)} done{failed} "
                f"({took:.1f} s)", highlight=False,
            )  # fmt: skip
        if self.failed:
            raise typer.Exit(STOPPED if self._stopped else SOME_FAILED)
