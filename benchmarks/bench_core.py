"""The core against OpenCV, scikit-image and Pillow, two threads each."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import color, data, exposure

from conftest import copy_of
from napari_histeq import Global, equalize

if TYPE_CHECKING:
    from collections.abc import Callable

rng = np.random.default_rng(0)


def test_uint8(race: Callable[..., object]) -> None:
    image = np.tile(data.moon(), (16, 16))
    pillow = Image.fromarray(image)
    peers = {
        "OpenCV equalizeHist": (lambda: cv2.equalizeHist(image), 1.2),
        "scikit-image equalize_hist*": (lambda: exposure.equalize_hist(image), 100),
        "Pillow ImageOps.equalize": (lambda: ImageOps.equalize(pillow), 3),
        "copy": (copy_of(image), None),
    }
    race("uint8 8192 x 8192, moon", lambda: equalize(image, Global("cdf_min")), peers, rounds=9)


def test_uint8_noise(race: Callable[..., object]) -> None:
    image = rng.integers(0, 256, (8192, 8192), dtype=np.uint8)
    peers = {
        "OpenCV equalizeHist": (lambda: cv2.equalizeHist(image), 1.2),
        "copy": (copy_of(image), None),
    }
    race("uint8 8192 x 8192, noise", lambda: equalize(image, Global("cdf_min")), peers, rounds=9)


def test_uint16(race: Callable[..., object]) -> None:
    image = np.tile((rng.random((1024, 1024)) ** 2 * 65535).astype(np.uint16), (8, 8))
    image.reshape(-1)[:65536] = np.arange(65536)
    lut = np.arange(65536, dtype=np.uint16)

    def opencv() -> None:
        cv2.calcHist([image], [0], None, [65536], [0, 65536])
        cv2.LUT(image, lut)

    peers = {
        "OpenCV calcHist + LUT": (opencv, 1.0),
        "scikit-image, 65536 bins*": (lambda: exposure.equalize_hist(image, nbins=65536), 100),
        "copy": (copy_of(image), None),
    }
    race("uint16 8192 x 8192, all 65536 levels", lambda: equalize(image), peers, rounds=9)


def test_float32(race: Callable[..., object]) -> None:
    image = rng.lognormal(size=(4096, 4096)).astype(np.float32)
    peers = {
        "scikit-image, 2048 bins*": (lambda: exposure.equalize_hist(image, nbins=2048), 15),
        "scikit-image, 256 bins*": (lambda: exposure.equalize_hist(image), 15),
        "copy": (copy_of(image), None),
    }
    race("float32 4096 x 4096, log-normal", lambda: equalize(image), peers)


def test_planes(race: Callable[..., object]) -> None:
    stack = np.tile(data.moon(), (16, 16)).reshape(64, 1024, 1024)
    peers = {
        "one pass over the whole array": (lambda: equalize(stack), 0.9),
        "copy": (copy_of(stack), None),
    }
    race("uint8 64 x 1024 x 1024, each plane", lambda: equalize(stack, axes=(-2, -1)), peers, 9)


def test_rgb(race: Callable[..., object]) -> None:
    image = np.tile(data.astronaut(), (8, 8, 1))

    def scikit_image() -> object:
        hsv = color.rgb2hsv(image)
        hsv[..., 2] = exposure.equalize_hist(hsv[..., 2])
        return color.hsv2rgb(hsv)

    peers = {"scikit-image by HSV*": (scikit_image, 10), "copy": (copy_of(image), None)}
    race("RGB uint8 4096 x 4096", lambda: equalize(image, channel_axis=-1), peers, 3)


MEMORY = """
import resource, numpy as np, napari_histeq as nh
rng = np.random.default_rng(0)
image = {image}
equal = lambda a: nh.equalize(a, {options})
equal(image[:64].copy())  # compiles, and starts the threads
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def now():
    with open("/proc/self/status") as status:
        return next(int(l.split()[1]) / 1024 for l in status if l.startswith("VmRSS"))
with open("/proc/self/clear_refs", "w") as refs:
    refs.write("5")  # resets the peak
start = now()
out = equal(image)
with open("/proc/self/status") as status:
    high = next(int(l.split()[1]) / 1024 for l in status if l.startswith("VmHWM"))
print(high - start - out.nbytes / 2**20)
"""


@pytest.mark.parametrize(
    ("name", "image", "options"),
    [
        ("uint8", "rng.integers(0, 256, (8192, 8192), np.uint8)", "nh.Global('cdf_min')"),
        ("uint16", "rng.integers(0, 65536, (8192, 8192), np.uint16)", ""),
        ("float32", "rng.lognormal(size=(4096, 4096)).astype('f4')", ""),
        ("planes", "rng.integers(0, 256, (64, 1024, 1024), np.uint8)", "axes=(-2, -1)"),
        ("RGB", "rng.integers(0, 256, (4096, 4096, 3), np.uint8)", "channel_axis=-1"),
    ],
)
def test_memory(note: Callable[[str], None], name: str, image: str, options: str) -> None:
    """Peak memory beyond input and output, read from the kernel's own record."""
    script = MEMORY.format(image=image, options=options)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    beyond = float(run.stdout)
    verdict = "reached" if beyond <= 64 else "MISSED"
    note(f"{name + ', peak memory beyond input and output':<44} {beyond:9.1f} MB  bar 64 {verdict}")


def test_import(note: Callable[[str], None]) -> None:
    script = (
        "import time, numpy; t = time.perf_counter(); import napari_histeq; "
        "print(time.perf_counter() - t)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        for _ in range(5)
    ]
    took = 1e3 * min(float(run.stdout) for run in runs)
    verdict = "reached" if took <= 60 else "MISSED"
    note(f"{'import, beyond numpy':<44} {took:9.1f} ms  bar 60 {verdict}")
