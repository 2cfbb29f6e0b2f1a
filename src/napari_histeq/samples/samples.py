"""Sample data for File > Open Sample: pictures that need their histogram equalized.

All but the moon are computed, so they hold no patient.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Layers = list[tuple[NDArray[Any], dict[str, Any], str]]

#: Millimeters of the detector that a pixel of the radiograph stands for.
PIXEL = 0.35


@cache
def radiograph(bits: int = 8) -> NDArray[Any]:
    """Read an underexposed chest radiograph: bone bright, air dark.

    Parameters
    ----------
    bits : {8, 12}
        Of the detector: 8 gives uint8 in [0, 255], 12 gives uint16 in [0, 4095].

    Returns
    -------
    (1024, 1024) array of uint8 or uint16
        Read-only, because it is read once. `scripts/make_radiograph.py` computed it.
    """
    from skimage.io import imread

    image: NDArray[Any] = imread(Path(__file__).with_name(f"xray-{bits}.png"))
    image.flags.writeable = False
    return image


@cache
def fading_stack() -> NDArray[np.uint16]:
    """Compute a stack of stained nuclei that fades with depth.

    Returns
    -------
    (32, 256, 256) array of uint16
        Axes z, y, x; 12-bit camera values. Read-only.
    """
    rng = np.random.default_rng(3)
    shape, spacing = (32, 256, 256), (1.0, 0.3, 0.3)
    stain = _nuclei_volume(shape, spacing, rng)
    depth = np.arange(shape[0], dtype=float)[:, None, None] * spacing[0]
    photons = rng.poisson((5 + 90 * stain) * np.exp(-depth / 12))
    image = np.clip(100 + 6 * photons + rng.normal(0, 4, shape), 0, 4095).astype(np.uint16)
    image.flags.writeable = False
    return image


def _nuclei_volume(
    shape: tuple[int, int, int], spacing: tuple[float, float, float], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Stain of some ninety nuclei with chromatin, about 0 to 1."""
    stain = np.zeros(shape, np.float32)
    extent = np.multiply(shape, spacing)
    for _ in range(90):
        center, radii = rng.uniform(0, 1, 3) * extent, rng.uniform((2.5, 3.2, 3.2), (4, 5.5, 5.5))
        _nucleus(stain, center / spacing, radii / spacing, rng.uniform(0.5, 1))
    texture = ndimage.gaussian_filter(rng.normal(size=shape).astype(np.float32), (0.8, 1.6, 1.6))
    stain *= np.clip(1 + 3 * texture, 0.3, 2)
    blurred: NDArray[np.float32] = ndimage.gaussian_filter(stain, (0.8, 0.6, 0.6))
    return blurred


def _nucleus(
    stain: NDArray[np.float32], center: NDArray[Any], radii: NDArray[Any], brightness: float
) -> None:
    first = np.maximum(center - 1.4 * radii, 0).astype(int)
    last = np.minimum(center + 1.4 * radii + 1, stain.shape).astype(int)
    part = stain[tuple(map(slice, first, last))]
    axes = np.ix_(*(np.arange(lo, hi) for lo, hi in zip(first, last, strict=True)))
    distance = sum(((at - c) / r) ** 2 for at, c, r in zip(axes, center, radii, strict=True))
    np.maximum(part, brightness / (1 + np.exp(9 * (distance - 1))), out=part, casting="same_kind")


def xray() -> Layers:
    """Open the radiograph, 8 bit."""
    return [(radiograph(8).copy(), _radiograph_layer("X-ray", 255), "image")]


def xray16() -> Layers:
    """Open the radiograph as a 12-bit detector gives it, in 16-bit integers."""
    return [(radiograph(12).copy(), _radiograph_layer("X-ray 12-bit", 4095), "image")]


def _radiograph_layer(name: str, full: int) -> dict[str, Any]:
    return {
        "name": name,
        "scale": (PIXEL, PIXEL),
        "units": ("mm", "mm"),
        "axis_labels": ("y", "x"),
        # The detector's range, not the data's: as dark as it was taken.
        "contrast_limits": (0, full),
    }


def moon() -> Layers:
    """Open the picture of the moon that scikit-image ships: real and flat."""
    from skimage import data

    image: NDArray[Any] = data.moon()
    layer = {"name": "moon", "contrast_limits": (0, 255)}
    return [(image, layer, "image")]


def nuclei() -> Layers:
    """Open the stack of nuclei, with its spacing in micrometers."""
    layer = {
        "name": "nuclei",
        "scale": (1.0, 0.3, 0.3),
        "units": ("um", "um", "um"),
        "axis_labels": ("z", "y", "x"),
        "contrast_limits": (0, 4095),
    }
    return [(fading_stack().copy(), layer, "image")]
