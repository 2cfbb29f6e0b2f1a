"""The process that fills Numba's cache (see `worker`), as the one that it helps sees it."""

from __future__ import annotations

import atexit
import json
import subprocess
from typing import TYPE_CHECKING, Self

from napari_histeq.core.processes import start

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What the process runs.
WORKER = f"{__package__}.worker"


class Helper:
    """The process, which may fail at any time: nothing is lost.

    It starts with the first request.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._is_of_use = True

    def __enter__(self) -> Self:
        atexit.register(self.close)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        atexit.unregister(self.close)

    def compile(self, request: Sequence[str]) -> None:
        """Have a loop in the cache; returns when it is, or cannot be."""
        if self._is_of_use:
            try:
                self._is_of_use = self._answer(json.dumps(request)) == "true"
            except (OSError, ValueError):  # it could not be started, or went
                self._is_of_use = False
            if not self._is_of_use:
                self.close()

    def _answer(self, request: str) -> str:
        if self._process is None:
            self._process = _start()
        if self._process is None:
            return ""
        reader, writer = self._process.stdout, self._process.stdin
        assert reader is not None
        assert writer is not None
        writer.write(f"{request}\n")
        writer.flush()
        return reader.readline().strip()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def _start() -> subprocess.Popen[str] | None:
    return start(["-m", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
