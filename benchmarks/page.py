"""Measure what `docs/performance.md` says, and write it: ``make performance``, about five minutes.

Every number is a ratio or the least time of several runs, in turns within one process, so that
what else runs on the machine meets all alike. The load, when it was measured, stands in the page.
"""
# ruff: noqa: B023  (each function is called before the next turn of its loop)

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from skimage import data, exposure

from napari_histeq import Clahe, Global, equalize
from napari_histeq.core.arrays import thread_count

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
#: The load for each processor up to which a machine is taken for idle.
IDLE = 0.75

PACKAGES = (
    "napari-histeq",
    "numpy",
    "numba",
    "opencv-python-headless",
    "scikit-image",
    "pyvips",
    "kornia-rs",
)
rng = np.random.default_rng(0)


def best(works: dict[str, Any], rounds: int = 5) -> dict[str, float]:
    """The least seconds of each, in turns; a name that ends with a star runs once only."""
    times = dict.fromkeys(works, np.inf)
    for name, work in works.items():
        if not name.endswith("*"):
            work()  # compiles
    for turn in range(rounds):
        for name, work in works.items():
            if turn == 0 or not name.endswith("*"):
                start = time.perf_counter()
                work()
                times[name] = min(times[name], time.perf_counter() - start)
    return times


@dataclass
class Page:
    """The page, as it grows."""

    lines: list[str] = field(default_factory=list)

    def say(self, *text: str) -> None:
        self.lines += [*text, ""]

    def table(self, head: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
        head = list(head)
        self.lines += [_row(head), _row(["---"] * len(head)), *map(_row, rows), ""]


def _row(cells: Iterable[Any]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.3g} ms"


def natural(dtype: str, size: int) -> Any:
    """A photograph with fine noise: all levels of 16 bit."""
    picture = cv2.resize(data.camera(), (size, size), interpolation=cv2.INTER_CUBIC) / 255.0
    noisy = np.clip(picture + rng.normal(0, 0.02, picture.shape), 0, 1)
    return (noisy * np.iinfo(dtype).max).astype(dtype)


def noise(dtype: str, size: int) -> Any:
    """Every level equally often, in no order: the worst for a cache."""
    return rng.integers(0, np.iinfo(dtype).max + 1, (size, size), dtype)


def peers_of(image: Any) -> dict[str, Any]:
    """Global equalization by others, each in its own best way."""
    found: dict[str, Any] = {}
    if image.dtype == np.uint8:
        found["OpenCV `equalizeHist`"] = lambda: cv2.equalizeHist(image)
    else:
        lut = np.arange(65536, dtype=np.uint16)

        def opencv() -> None:
            cv2.calcHist([image], [0], None, [65536], [0, 65536])
            cv2.LUT(image, lut)

        found["OpenCV `calcHist` + `LUT`"] = opencv
    bins = 256 if image.dtype == np.uint8 else 65536
    found["scikit-image `equalize_hist`*"] = lambda: exposure.equalize_hist(image, nbins=bins)
    if image.dtype == np.uint8 and (kornia := _module("kornia_rs.imgproc")) is not None:
        deep = image[..., None]
        found["kornia-rs `equalize_hist`"] = lambda: kornia.equalize_hist(deep)
    if (vips := _module("pyvips")) is not None:
        found["libvips `hist_equal`"] = lambda: (
            vips.Image.new_from_array(image).hist_equal().numpy()
        )
    return found


def _module(name: str) -> Any:
    """A peer, if it is installed."""
    try:
        return import_module(name)
    except (ImportError, OSError):
        return None


def clahe_peers_of(image: Any) -> dict[str, Any]:
    """CLAHE by others: the same tiles and clip limit."""
    opencv = cv2.createCLAHE(2.56 * 256 ** (image.itemsize - 1), (8, 8))
    found: dict[str, Any] = {
        "OpenCV `createCLAHE`": lambda: opencv.apply(image),
        "scikit-image `equalize_adapthist`*": lambda: exposure.equalize_adapthist(image),
    }
    if image.dtype == np.uint8 and (kornia := _module("kornia_rs.imgproc")) is not None:
        deep = image[..., None]
        found["kornia-rs `clahe`"] = lambda: kornia.clahe(deep, 2.56, (8, 8))
    return found


def against_peers(page: Page, size: int) -> None:
    """How many times as fast as each peer."""
    page.say(
        "## Beside others", f"{size} x {size} pixels; how many times as fast napari-histeq is."
    )
    rows = []
    for dtype in ("uint8", "uint16"):
        for name, make in (("photograph with noise", natural), ("noise, all levels", noise)):
            image = make(dtype, size)
            plain = Global("cdf_min") if dtype == "uint8" else Global()
            for title, method, peers in (
                ("Global", plain, peers_of(image)),
                ("CLAHE, 8 x 8 tiles", Clahe(), clahe_peers_of(image)),
            ):
                times = best({"": lambda: equalize(image, method)} | peers)
                rows += [
                    [
                        title,
                        dtype,
                        name,
                        _ms(times[""]),
                        peer.rstrip("*"),
                        f"{times[peer] / times['']:.2f}",
                    ]
                    for peer in peers
                ]
    volume = rng.integers(0, 65536, (64, 256, 256), np.uint16)
    kernel = (16, 64, 64)
    slow = "scikit-image `equalize_adapthist`*"
    times = best(
        {
            "": lambda: equalize(volume, Clahe(kernel_size=kernel)),
            slow: lambda: exposure.equalize_adapthist(volume, kernel),
        }
    )
    rows.append(
        [
            "CLAHE in 3-D, tiles of 16 x 64 x 64",
            "uint16",
            "noise, 64 x 256 x 256",
            _ms(times[""]),
            slow.rstrip("*"),
            f"{times[slow] / times['']:.1f}",
        ]
    )
    page.table(["method", "dtype", "image", "ours", "beside", "times as fast"], rows)


def planes(page: Page) -> None:
    """Planes each on its own against one pass over all."""
    stacks = {
        "uint8, 64 x 1024 x 1024": rng.integers(0, 256, (64, 1024, 1024), np.uint8),
        "uint16, 4000 x 128 x 128, all levels": rng.integers(0, 65536, (4000, 128, 128), np.uint16),
        "uint16, 4000 x 128 x 128, 12 bit": rng.gamma(2, 500, (4000, 128, 128))
        .clip(0, 4095)
        .astype(np.uint16),
        "uint16, 64 x 512 x 512, all levels": rng.integers(0, 65536, (64, 512, 512), np.uint16),
    }
    rows = []
    for name, stack in stacks.items():
        times = best(
            {"planes": lambda: equalize(stack, axes=(-2, -1)), "whole": lambda: equalize(stack)}
        )
        rows.append(
            [
                name,
                _ms(times["planes"]),
                _ms(times["whole"]),
                f"{times['whole'] / times['planes']:.2f}",
            ]
        )
    page.say(
        "## Many planes, each on its own",
        "`axes=(-2, -1)` beside one curve for all. Planes of 8 and 16 bit (`Global`, by `cdf` or `cdf_min`) are counted, given "
        "their curves and mapped about a million pixels at a time in one compiled call. Where planes have fewer pixels than 16 bit has "
        "levels, half of the time goes to levels: counts of 65,536 levels are added up for each plane.",
    )
    page.table(["stack", "planes", "whole", "speed of planes, of one whole pass"], rows)


def growth(page: Page, size: int) -> None:
    """Nanoseconds a pixel by size, bits, tiles and masks."""
    rows = []
    for dtype in ("uint8", "uint16"):
        for side in (256, 512, 1024, 2048, 4096, 8192):
            if side > 2 * size:
                continue
            image = noise(dtype, side)
            times = best(
                {"global": lambda: equalize(image), "clahe": lambda: equalize(image, Clahe())},
                5 if side < 8192 else 3,
            )
            rows.append(
                [
                    dtype,
                    f"{side} x {side}",
                    *(f"{1e9 * t / image.size:.2f}" for t in times.values()),
                ]
            )
    floats = rng.lognormal(size=(2048, 2048)).astype(np.float32)
    times = best({"global": lambda: equalize(floats), "clahe": lambda: equalize(floats, Clahe())})
    rows.append(
        ["float32", "2048 x 2048", *(f"{1e9 * t / floats.size:.2f}" for t in times.values())]
    )
    page.say("## As images grow", "Nanoseconds a pixel, of noise that has all levels.")
    page.table(["dtype", "pixels", "Global", "CLAHE"], rows)
    page.say(
        "Up to 2,097,152 pixels one thread works: they are one block. What Python does around a call takes 40 (8 bit) to 60 "
        "(16 bit) microseconds, measured with 64 x 64 pixels at a load of 2. CLAHE's tiles are an eighth of an axis, so that small images have small ones, which cost more a pixel:"
    )
    rows = []
    for dtype in ("uint8", "uint16"):
        image = noise(dtype, size)
        works = {
            str(k): (lambda k=k: equalize(image, Clahe(kernel_size=k)))
            for k in (16, 32, 64, 128, 256, 1024)
        }
        times = best(works, 3)
        rows.append([dtype, *(f"{1e9 * t / image.size:.2f}" for t in times.values())])
    page.table([f"ns a pixel, {size} x {size}, tiles of", 16, 32, 64, 128, 256, 1024], rows)
    page.say(
        "A tile has 256 knots, whatever its size: with 16 x 16 pixels there is a curve to make, and a table to pack, for each 256 pixels."
    )
    rows = []
    mask = rng.random((size, size)) < 0.5
    for dtype in ("uint8", "uint16"):
        image = noise(dtype, size)
        times = best({"": lambda: equalize(image), "mask": lambda: equalize(image, mask=mask)})
        rows.append([dtype, _ms(times[""]), _ms(times["mask"]), f"{times[''] / times['mask']:.2f}"])
    page.say(f"With a mask (half of the pixels, at random; {size} x {size}):")
    page.table(["dtype", "without", "with", "speed with, of that without"], rows)


THREADS = """
import os, sys, time
os.environ["NAPARI_HISTEQ_THREADS"] = sys.argv[1]
import numpy as np
from napari_histeq import Clahe, equalize
rng = np.random.default_rng(0)
image = rng.integers(0, 65536, (4096, 4096), np.uint16)
stack = image.reshape(1024, 128, 128)
def least(work):
    work()
    found = []
    for _ in range(5):
        start = time.perf_counter(); work(); found.append(time.perf_counter() - start)
    return min(found)
print(least(lambda: equalize(image)), least(lambda: equalize(image, Clahe())), least(lambda: equalize(stack, axes=(-2, -1))))
"""


def threads(page: Page) -> None:
    """What more threads bring, and the share that is serial."""
    counts = [n for n in (1, 2, 4, 8) if n <= (os.cpu_count() or 1)]
    found = {n: _with_threads(n) for n in counts}
    names = ("Global, uint16", "CLAHE, uint16", "1,024 planes, uint16")
    most = counts[-1]
    rows = []
    for place, name in enumerate(names):
        speedup = found[1][place] / found[most][place]
        serial = max((most / speedup - 1) / (most - 1), 0.0) if most > 1 else 1.0
        model = [f"{1 / (serial + (1 - serial) / n):.1f}" for n in (4, 16)]
        rows.append(
            [name, *(_ms(found[n][place]) for n in counts), f"{100 * serial:.0f} %", *model]
        )
    page.say(
        "## Threads",
        "`NAPARI_HISTEQ_THREADS`, or one for each core that the process may run on. All threads come from one pool; work that runs in a thread "
        "of dask stays in it, so that dask alone says how many there are. 4096 x 4096 pixels; the share that is serial (starting blocks, curves "
        "in Python, memory that is touched first) follows from the two ends by Amdahl's law, and so does what 4 and 16 threads would bring if memory keeps up.",
    )
    page.table(
        [
            "work",
            *(f"{n} threads" for n in counts),
            "serial",
            "4 threads: times",
            "16 threads: times",
        ],
        rows,
    )


def _with_threads(number: int) -> list[float]:
    command = [sys.executable, "-c", THREADS, str(number)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(word) for word in run.stdout.split()]


def _versions() -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            if package in ("pyvips", "kornia-rs"):
                found.append(f"{package}: not installed, so not beside us here")
    return ", ".join(found) + f", OpenCV {cv2.__version__}"


def main() -> None:
    """Measure, and write the page."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 4096
    cv2.setNumThreads(thread_count())
    page, start, load = Page(), time.perf_counter(), os.getloadavg()[0]
    page.say("# Performance")
    page.say(
        "Made by `make performance` from `benchmarks/page.py`: the least of several runs, in turns within one process."
    )
    if load > IDLE * (os.cpu_count() or 1):
        page.say(
            f"**A first look only**: the machine was loaded ({load:.1f} for {os.cpu_count()} processors), so that times are several times what "
            "they are at rest, and ratios rough; those to what uses other threads than ours most of all. How much threads bring is left out."
        )
    against_peers(page, size)
    planes(page)
    growth(page, size)
    if load <= IDLE * (os.cpu_count() or 1):
        threads(page)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    page.say(
        "## Where this was measured",
        f"{platform.machine()}, {os.cpu_count()} processors, {thread_count()} threads for us and for OpenCV; Python {platform.python_version()}; {_versions()}. "
        f"Load of the machine at the start {load:.1f}, at the end {os.getloadavg()[0]:.1f} (at rest it ends near {thread_count()}); "
        f"{time.perf_counter() - start:.0f} s, at most {memory:,.0f} MB. Ratios on a loaded machine, or another one, differ.",
    )
    PAGE.write_text("\n".join(page.lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
