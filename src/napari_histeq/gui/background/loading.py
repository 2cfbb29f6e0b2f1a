"""Large libraries, loaded on another thread, in steps between which others get their turn."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from napari_histeq.core.collector import no_collection
from napari_histeq.core.processes import start

if TYPE_CHECKING:
    from collections.abc import Callable

#: matplotlib and what it is to draw with, each after those that it imports: so every step is short.
PLOTTING = (
    "pyparsing",
    "matplotlib",
    "matplotlib.font_manager",
    "matplotlib.text",
    "matplotlib.image",
    "matplotlib.axes",
    "matplotlib.projections",
    "matplotlib.figure",
    "matplotlib.backends.backend_qtagg",
    "scipy.fft",
)

#: Seconds that the list of fonts may take: there are disks on a network.
PATIENCE = 60.0


def load_plotting(pause: Callable[[], object]) -> None:
    """Have loaded what plots are drawn with; `pause` is called before each step, and may raise."""
    for name in PLOTTING:
        if name in sys.modules:
            continue
        pause()
        if name == "matplotlib.font_manager":
            _list_fonts()
        with suppress(ImportError), no_collection():  # if not, whoever draws will say so
            import_module(name)


def _list_fonts() -> None:
    """Have matplotlib's list of fonts made, the first time ever, where it holds up nobody."""
    import matplotlib as mpl

    with suppress(OSError, subprocess.TimeoutExpired):
        if any(Path(mpl.get_cachedir()).glob("fontlist-*.json")):
            return
        process = start(["-c", "import matplotlib.font_manager"])
        if process is not None:
            try:
                process.wait(PATIENCE)
            finally:
                process.kill()
                process.wait()
