"""Measure what `docs/performance.md` says, and write it: ``make performance``, about five minutes.

``python benchmarks/page.py [SIZE [FILE]]``: SIZE is the side of most images, 4096; FILE is what to
write instead of the page, as `docs/performance-16.md` on a machine of 16 processors. It needs numpy, Numba, OpenCV and scikit-image; of what else is not
installed (pyvips, kornia-rs, dask, zarr) the page says so.

Every number is a ratio or the least time of several runs, in turns within one process, so that
what else runs on the machine meets all alike. The load, when it was measured, stands in the page.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import cv2
from measured.chunks import chunks
from measured.growth import growth, planes
from measured.paper import Page, is_idle
from measured.peers import against_opencv, against_peers
from measured.threads import import_time, threads
from measured.tried import tried

from napari_histeq.core.threads import thread_count

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"

PACKAGES = (
    "napari-histeq",
    "numpy",
    "numba",
    "opencv-python-headless",
    "scikit-image",
    "pyvips",
    "kornia-rs",
    "dask",
    "zarr",
)


def _versions() -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            if package in ("pyvips", "kornia-rs", "dask", "zarr"):
                found.append(f"{package}: not installed, so not beside us here")
    return ", ".join(found) + f", OpenCV {cv2.__version__}"


def main() -> None:
    """Measure, and write the page."""
    page = Page(int(sys.argv[1]) if len(sys.argv) > 1 else 4096)
    path = Path(sys.argv[2]) if len(sys.argv) > 2 else PAGE
    cv2.setNumThreads(thread_count())
    start, load, idle = time.perf_counter(), os.getloadavg()[0], is_idle()
    page.say(f"# Performance with {thread_count()} threads")
    page.say(
        "Made by `make performance` from `benchmarks/page.py`: the least of several runs, in turns within one process."
    )
    if not idle:
        page.say(
            f"**A first look only**: the machine was loaded ({load:.1f} for {os.cpu_count()} processors), so that times are several times what "
            "they are at rest, and ratios rough; those to what uses other threads than ours most of all."
        )
    for part in (against_peers, against_opencv, planes, growth, threads, chunks):
        began = time.perf_counter()
        part(page)
        print(f"{part.__name__}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    import_time(page)
    tried(page)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    page.say(
        "## Where this was measured",
        f"{platform.machine()}, {_processor()}, {os.cpu_count()} processors, {thread_count()} threads for us and for OpenCV; "
        f"Python {platform.python_version()}; {_versions()}. "
        f"Load of the machine at the start {load:.1f}, at the end {os.getloadavg()[0]:.1f} (at rest it ends near {thread_count()}); "
        f"{time.perf_counter() - start:.0f} s, at most {memory:,.0f} MB. Ratios on a loaded machine, or another one, differ.",
    )
    path.write_text("\n".join(page.lines).rstrip() + "\n", encoding="utf-8")


def _processor() -> str:
    """What it calls itself, where that is told."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"


if __name__ == "__main__":
    main()
