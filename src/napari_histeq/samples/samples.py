"""Sample data for File > Open Sample: pictures that need their histogram equalized.

All but the moon are computed: they hold no patient, weigh nothing in the wheel,
and come out the same each time.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from napari_histeq.samples.phantom import PIXEL, chest, nuclei_volume

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Layers = list[tuple[NDArray[Any], dict[str, Any], str]]

#: Attenuation (natural logarithm) that the detector's whole range spans: far more
#: than a chest needs, so the exposure uses the dark quarter of it only.
_FULL_SCALE = 14.0


@cache
def radiograph(bits: int = 8) -> NDArray[Any]:
    """Compute an underexposed chest radiograph: bone bright, air dark.

    Parameters
    ----------
    bits : {8, 12}
        Of the detector: 8 makes uint8 in [0, 255], 12 makes uint16 in [0, 4095].

    Returns
    -------
    (1024, 1024) array of uint8 or uint16
        Read-only, because it is computed once.

    Notes
    -----
    Photons follow Beer and Lambert through `napari_histeq.samples.phantom.chest`, under
    a beam that falls off to the edges; a share of them is scattered and veils
    everything. What arrives is counted (Poisson), read out (Gaussian noise) and
    digitized by its logarithm, as digital radiography does.
    """
    rng = np.random.default_rng(20)
    absorbed = chest(rng)
    primary = 9_000 * _beam(absorbed.shape) * np.exp(-absorbed)
    scatter = ndimage.zoom(ndimage.gaussian_filter(primary[::16, ::16], 6), 16, order=1)
    photons = rng.poisson(ndimage.gaussian_filter(primary, 0.7) + 0.25 * scatter + 15)
    signal = photons + rng.normal(0, 4, absorbed.shape)
    exposure = np.log(14_000 / np.maximum(signal, 1)) / _FULL_SCALE
    full = (1 << bits) - 1
    dtype = np.uint8 if bits <= 8 else np.uint16
    image: NDArray[Any] = np.rint(np.clip(exposure, 0, 1) * full).astype(dtype)
    image.flags.writeable = False
    return image


def _beam(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Fall-off to the edges, and the heel effect along the tube's axis."""
    y, x = np.linspace(-1, 1, shape[0])[:, None], np.linspace(-1, 1, shape[1])
    return (1 - 0.12 * (x**2 + y**2)) * (1 - 0.12 * y)


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
    stain = nuclei_volume(shape, spacing, rng)
    depth = np.arange(shape[0], dtype=float)[:, None, None] * spacing[0]
    photons = rng.poisson((5 + 90 * stain) * np.exp(-depth / 12))
    image = np.clip(100 + 6 * photons + rng.normal(0, 4, shape), 0, 4095).astype(np.uint16)
    image.flags.writeable = False
    return image


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

    image: NDArray[Any] = data.moon()  # type: ignore[no-untyped-call]
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
