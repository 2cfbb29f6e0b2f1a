"""A bar with the time that is left, where a person looks at a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console


class Bar:
    """How far the run is: of all files, a fraction of each that is at work."""

    def __init__(self, what: str, files: int, console: Console, *, shown: bool) -> None:
        self._files = files
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[files]}"),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]left"),
            TimeRemainingColumn(),
            console=console,
            disable=not shown or not console.is_terminal,
            expand=True,
            transient=True,
            refresh_per_second=5,
        )
        self._task = self._progress.add_task(what, total=files, files=self._count(0))
        self._finished = 0

    def __enter__(self) -> Self:
        if not self._progress.disable:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if not self._progress.disable:  # else older versions of rich end it by a line
            self._progress.stop()

    def _count(self, done: int) -> str:
        return f"{done} of {self._files} file{'s' * (self._files != 1)}"

    @contextmanager
    def file(self) -> Iterator[Callable[[float], None]]:
        """One file at work; what is yielded is told the fraction of it that is done."""
        seen = 0.0

        def report(done: float) -> None:
            nonlocal seen
            ahead = min(done, 1.0) - seen
            if ahead > 0:
                seen += ahead
                self._progress.update(self._task, advance=ahead)

        try:
            yield report
        finally:
            report(1.0)
            self._finished += 1
            self._progress.update(self._task, files=self._count(self._finished))
