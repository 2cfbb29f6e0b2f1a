"""CLAHE against OpenCV and scikit-image, two threads each; its growth; its memory."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from skimage import data, exposure

from conftest import copy_of
from napari_histeq import Clahe, equalize

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

rng = np.random.default_rng(0)


def picture(dtype: str, size: int) -> NDArray[Any]:
    """A natural image with fine noise, so that 16 bit and floats have all their levels."""
    tile = cv2.resize(data.camera(), (size, size), interpolation=cv2.INTER_CUBIC) / 255.0
    noisy = np.clip(tile + rng.normal(0, 0.02, tile.shape), 0, 1)
    pixels = noisy * (1 if dtype == "f4" else np.iinfo(dtype).max)
    return np.asarray(pixels, dtype=np.dtype(dtype))


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_plane(race: Callable[..., object], dtype: str) -> None:
    image = picture(dtype, 8192)
    opencv = cv2.createCLAHE(2.56 * 256 ** (image.itemsize - 1), (8, 8))
    peers = {
        "OpenCV CLAHE": (lambda: opencv.apply(image), 1.3),
        "scikit-image*": (lambda: exposure.equalize_adapthist(image), 40),
        "copy": (copy_of(image), None),
    }
    name = f"CLAHE uint{8 * image.itemsize} 8192 x 8192, default"
    race(name, lambda: equalize(image, "clahe"), peers, 7)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_preset(race: Callable[..., object], dtype: str) -> None:
    image = picture(dtype, 8192)
    preset, opencv = Clahe.opencv(), cv2.createCLAHE()
    peers = {
        "OpenCV CLAHE": (lambda: opencv.apply(image), 1.3),
        "scikit-image*": (lambda: exposure.equalize_adapthist(image), 40),
    }
    name = f"CLAHE uint{8 * image.itemsize} 8192 x 8192, OpenCV preset"
    race(name, lambda: equalize(image, preset), peers, 7)


def test_float32(race: Callable[..., object]) -> None:
    image = picture("f4", 4096)
    peers = {
        "scikit-image*": (lambda: exposure.equalize_adapthist(image), 20),
        "copy": (copy_of(image), None),
    }
    race("CLAHE float32 4096 x 4096", lambda: equalize(image, "clahe"), peers)


def test_volume(race: Callable[..., object]) -> None:
    planes = [np.roll(picture("u2", 1024), 8 * z, axis=0) for z in range(8)]
    volume = np.tile(np.array(planes), (16, 1, 1))
    peers = {
        "scikit-image*": (
            lambda: exposure.equalize_adapthist(volume, kernel_size=(16, 128, 128)),
            40,
        ),
        "copy": (copy_of(volume), None),
    }
    race("CLAHE uint16 128 x 1024 x 1024, 3-D", lambda: equalize(volume, "clahe"), peers, 3)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_growth(note: Callable[[str], None], dtype: str) -> None:
    """Nanoseconds per pixel: the same for any number of pixels, and for small tiles."""
    whole = picture(dtype, 8192)
    cost = {n: _nanoseconds(whole[:n, :n].copy(), n // 8) for n in (1024, 2048, 4096, 8192)}
    note(f"CLAHE {dtype}, ns per pixel by image size   " + _listed(cost))
    part = whole[:4096, :4096].copy()
    cost = {k: _nanoseconds(part, k) for k in (16, 32, 64, 128, 256, 512, 1024)}
    note(f"CLAHE {dtype}, ns per pixel by tile size    " + _listed(cost))
    cost = {k: _opencv_nanoseconds(part, k) for k in (16, 32, 64, 128, 256, 512, 1024)}
    if dtype == "u1":  # for 16 bit OpenCV keeps 65536 entries per tile: minutes
        note(f"OpenCV {dtype}, ns per pixel by tile size   " + _listed(cost))


def _nanoseconds(image: NDArray[Any], kernel: int) -> float:
    method = Clahe(kernel_size=kernel)
    return _best(lambda: equalize(image, method)) / image.size * 1e9


def _opencv_nanoseconds(image: NDArray[Any], kernel: int) -> float:
    if image.dtype != np.uint8:
        return np.nan
    clahe = cv2.createCLAHE(2.56, (image.shape[1] // kernel, image.shape[0] // kernel))
    return _best(lambda: clahe.apply(image)) / image.size * 1e9


def _best(function: Callable[[], object]) -> float:
    function()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def _listed(cost: dict[int, float]) -> str:
    return ", ".join(f"{n}: {ns:.1f}" for n, ns in cost.items())


MEMORY = """
import numpy as np, napari_histeq as nh
rng = np.random.default_rng(0)
image = {image}
equal = lambda a: nh.equalize(a, {method})
equal(image[{part}].copy())  # compiles, and starts the threads
def read(name):
    with open("/proc/self/status") as status:
        return next(int(l.split()[1]) / 1024 for l in status if l.startswith(name))
with open("/proc/self/clear_refs", "w") as refs:
    refs.write("5")  # resets the peak
start = read("VmRSS")
out = equal(image)
print(read("VmHWM") - start - out.nbytes / 2**20)
"""
VOLUME = "rng.integers(0, 65536, (128, 1024, 1024), np.uint16)"


@pytest.mark.parametrize(
    ("name", "image", "method", "bar"),
    [
        ("uint8", "rng.integers(0, 256, (8192, 8192), np.uint8)", "nh.Clahe()", 128),
        ("uint8 preset", "rng.integers(0, 256, (8192, 8192), np.uint8)", "nh.Clahe.opencv()", 128),
        ("uint16", "rng.integers(0, 65536, (8192, 8192), np.uint16)", "nh.Clahe()", 128),
        (
            "uint16 preset",
            "rng.integers(0, 65536, (8192, 8192), np.uint16)",
            "nh.Clahe.opencv()",
            128,
        ),
        ("float32", "rng.lognormal(size=(4096, 4096)).astype('f4')", "nh.Clahe()", 128),
        ("uint16 volume", VOLUME, "nh.Clahe()", 25.6),
    ],
)
def test_memory(
    note: Callable[[str], None], name: str, image: str, method: str, bar: float
) -> None:
    """Peak memory beyond input and output, read from the kernel's own record."""
    part = ":16, :128, :128" if "volume" in name else ":512, :512"
    script = MEMORY.format(image=image, method=method, part=part)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    beyond = float(run.stdout)
    verdict = "reached" if beyond <= bar else "MISSED"
    title = f"CLAHE {name}, peak memory beyond input and output"
    note(f"{title:<52} {beyond:9.1f} MB  bar {bar:g} {verdict}")
