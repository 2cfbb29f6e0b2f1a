"""A screen for each process of the tests, so that viewers do not take the focus from each other."""

from __future__ import annotations

import os
import shutil
import subprocess

SIZE = "1600x1000x24"


class Screen:
    """An X server without a monitor; it lives until it is closed, or until this process ends.

    Attributes
    ----------
    name : str
        For ``DISPLAY``.
    """

    def __init__(self) -> None:
        ends, starts = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(starts), "-screen", "0", SIZE, "-nolisten", "tcp", "-ac"],
            pass_fds=[starts],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(starts)
        with os.fdopen(ends) as told:
            number = told.readline().strip()  # the server writes it when it is ready
        if not number:
            raise RuntimeError(f"Xvfb did not start: it ended with {self._server.wait()}")
        self.name = f":{number}"

    def close(self) -> None:
        """End the server, which takes its windows along."""
        self._server.terminate()
        self._server.wait()


def own_screen(is_worker: bool) -> Screen | None:
    """Make one where it is needed, and have Qt use it: one of several workers, or no screen at all."""
    has_screen = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if (has_screen and not is_worker) or shutil.which("Xvfb") is None:
        return None
    screen = Screen()
    os.environ["DISPLAY"] = screen.name
    os.environ.pop("WAYLAND_DISPLAY", None)
    return screen
