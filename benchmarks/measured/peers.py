"""Beside others: OpenCV, scikit-image, libvips and kornia-rs, each in its own best way."""

from __future__ import annotations

from functools import partial
from typing import Any

import cv2
import numpy as np
from skimage import exposure

from measured.paper import (
    Page,
    best,
    cells,
    faint,
    module,
    moon,
    ms,
    natural,
    noise,
    one_thread,
    rng,
)
from napari_histeq import Clahe, Global, equalize

IMAGES = (
    ("photograph with noise", natural),
    ("moon", moon),
    ("gamma-distributed", faint),
    ("cells on a background of 0", cells),
    ("noise, all levels", noise),
)


def against_peers(page: Page) -> None:
    """How many times as fast as each peer."""
    page.say(
        "## Beside others",
        f"{page.size} x {page.size} pixels; how many times as fast napari-histeq is, with as many threads. "
        "OpenCV has no equalization of 16 bit: `calcHist` and `LUT`, its two passes over the pixels, stand for it.",
    )
    rows = []
    for dtype in ("uint8", "uint16"):
        for name, make in (IMAGES[0], IMAGES[-1]):
            image = make(dtype, page.size)
            rows += _rows("Global", name, image, _ours(image), peers_of(image))
            rows += _rows(
                "CLAHE, 8 x 8 tiles",
                name,
                image,
                lambda i=image: equalize(i, Clahe()),
                clahe_peers_of(image),
            )
    rows += _floats(page.size)
    rows += _volumes()
    page.table(["method", "dtype", "image", "ours", "beside", "times as fast"], rows)


def against_opencv(page: Page) -> None:
    """Large images against OpenCV and a plain copy, image by image, all threads and one."""
    side = 2 * page.size
    page.say(
        f"{side} x {side} pixels, against OpenCV alone, with all threads and with one, and against `numpy.copyto` of as many bytes into "
        "memory that is there already (one thread). Global reads the image to count it, reads it again to map it, and writes "
        "the result into memory that the system has to clear first: four to five times what a copy reads.",
    )
    rows = []
    for dtype in ("uint8", "uint16"):
        for name, make in IMAGES:
            image = make(dtype, side)
            rows.append(["Global", dtype, name, *_beside_opencv(image, _ours(image), peers_of)])
            if make in (natural, noise):
                clahe = partial(equalize, image, Clahe())
                cells = _beside_opencv(image, clahe, clahe_peers_of)
                rows.append(["CLAHE, 8 x 8 tiles", dtype, name, *cells])
    page.table(
        [
            "method",
            "dtype",
            "image",
            "ours",
            "copies",
            "times as fast as OpenCV",
            "with one thread each",
        ],
        rows,
    )


def _beside_opencv(image: Any, ours: Any, peers: Any) -> list[str]:
    copied = np.empty_like(image)
    peer = next(iter(peers(image).values()))
    works = {"": ours, "OpenCV": peer, "copy": lambda: np.copyto(copied, image)}
    times = best(works, 5)
    with one_thread():
        alone = best(works, 3)
    ratios = (t["OpenCV"] / t[""] for t in (times, alone))
    return [ms(times[""]), f"{times[''] / times['copy']:.1f}", *(f"{r:.2f}" for r in ratios)]


def _ours(image: Any) -> Any:
    method = Global("cdf_min") if image.dtype == np.uint8 else Global()
    return lambda: equalize(image, method)


def _rows(title: str, name: str, image: Any, ours: Any, peers: dict[str, Any]) -> list[list[str]]:
    times = best({"": ours} | peers)
    return [
        [
            title,
            str(image.dtype),
            name,
            ms(times[""]),
            peer.rstrip("*"),
            f"{times[peer] / times['']:.2f}",
        ]
        for peer in peers
    ]


def _floats(size: int) -> list[list[str]]:
    """What is counted without bins, against bins."""
    image = rng.lognormal(size=(size, size)).astype(np.float32)
    peers = {
        f"scikit-image `equalize_hist`, {bins:,} bins*": (
            lambda bins=bins: exposure.equalize_hist(image, nbins=bins)
        )
        for bins in (256, 2048)
    }
    return _rows("Global, no bins", "log-normal", image, lambda: equalize(image), peers)


def _volumes() -> list[list[str]]:
    """CLAHE in three dimensions."""
    found = []
    for shape, kernel in (((64, 256, 256), (16, 64, 64)), ((32, 512, 512), None)):
        volume = rng.integers(0, 65536, shape, np.uint16)
        slow = "scikit-image `equalize_adapthist`*"
        title = "CLAHE in 3-D, tiles of " + ("an eighth" if kernel is None else "16 x 64 x 64")
        found += _rows(
            title,
            f"noise, {' x '.join(map(str, shape))}",
            volume,
            lambda v=volume, k=kernel: equalize(v, Clahe(kernel_size=k)),
            {slow: lambda v=volume, k=kernel: exposure.equalize_adapthist(v, k)},
        )
    return found


def peers_of(image: Any) -> dict[str, Any]:
    """Global equalization by others, each in its own best way; OpenCV first."""
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
    if image.dtype == np.uint8 and (kornia := module("kornia_rs.imgproc")) is not None:
        deep = image[..., None]
        found["kornia-rs `equalize_hist`"] = lambda: kornia.equalize_hist(deep)
    if (vips := module("pyvips")) is not None:
        found["libvips `hist_equal`"] = lambda: (
            vips.Image.new_from_array(image).hist_equal().numpy()
        )
    return found


def clahe_peers_of(image: Any) -> dict[str, Any]:
    """CLAHE by others: the same tiles and clip limit."""
    opencv = cv2.createCLAHE(2.56 * 256 ** (image.itemsize - 1), (8, 8))
    found: dict[str, Any] = {
        "OpenCV `createCLAHE`": lambda: opencv.apply(image),
        "scikit-image `equalize_adapthist`*": lambda: exposure.equalize_adapthist(image),
    }
    if image.dtype == np.uint8 and (kornia := module("kornia_rs.imgproc")) is not None:
        deep = image[..., None]
        found["kornia-rs `clahe`"] = lambda: kornia.clahe(deep, 2.56, (8, 8))
    return found
