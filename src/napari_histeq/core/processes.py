"""Other Pythons, that do what would hold up this one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What a Python is called: another program would not know what to do with our arguments.
PYTHON = re.compile(r"(python|pypy)[\d.]*w?(\.exe)?", re.IGNORECASE)


def python() -> str | None:
    """The Python to run; None in a bundled application, which is no Python."""
    name = Path(sys.executable or "").name
    return sys.executable if PYTHON.fullmatch(name) and not hasattr(sys, "frozen") else None


def start(arguments: Sequence[str], **how: Any) -> subprocess.Popen[str] | None:
    """Start a Python that can import what this one can, and says nothing; None if there is none.

    Parameters
    ----------
    arguments : sequence of str
        What it gets: ``["-m", "json.tool"]``.
    **how
        Of `subprocess.Popen`.
    """
    executable = python()
    if executable is None:
        return None
    # What this process can import, in the same order; -P: and nothing from where it happens to be.
    path = os.pathsep.join(entry for entry in sys.path if entry)
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW
    silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    return subprocess.Popen(
        [executable, "-P", *arguments], stderr=subprocess.DEVNULL, creationflags=flags,
        text=True, encoding="utf-8", env=os.environ | {"PYTHONPATH": path}, **(silent | how),
    )  # fmt: skip
