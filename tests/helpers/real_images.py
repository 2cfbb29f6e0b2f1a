"""Real images that other packages bundle; none needs a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pydicom
import skimage.data
from pydicom.data import get_testdata_file

Array = np.ndarray[Any, Any]


def dicom(name: str) -> Array:
    """The pixels of one of pydicom's test files."""
    path = get_testdata_file(name, download=False)
    assert path, f"pydicom no longer bundles {name}"
    return pydicom.dcmread(path).pixel_array


def windowed(image: Array) -> Array:
    """An image in 8 bit, as a viewer's window would show it."""
    low, high = float(image.min()), float(image.max())
    return ((image - low) / (high - low) * 255).astype(np.uint8)


def gray8() -> dict[str, Array]:
    """Name -> uint8 image."""
    found = {n: getattr(skimage.data, n)() for n in ("moon", "camera", "page", "microaneurysms")}
    for name in ("retina", "astronaut"):
        image = getattr(skimage.data, name)()
        found |= {f"{name} {c}": image[..., i] for i, c in enumerate(("red", "green", "blue"))}
    found["CT, windowed"] = windowed(dicom("CT_small.dcm"))
    found["MR, windowed"] = windowed(dicom("MR_small.dcm"))
    found["image_dfl"] = dicom("image_dfl.dcm")
    return found


def gray16() -> dict[str, Array]:
    """Name -> uint16 image, none of whose values is negative."""
    return {
        "CT": dicom("CT_small.dcm").astype(np.uint16),
        "MR": dicom("MR_small.dcm").astype(np.uint16),
        "RGB, red": dicom("SC_rgb_rle_16bit.dcm")[..., 0],
        "moon x 257": skimage.data.moon().astype(np.uint16) * 257,
        "brick, averaged": np.rint(smooth(skimage.data.brick()) * 200).astype(np.uint16),
    }


def smooth(image: Array) -> Array:
    """Means of 3 x 3 pixels: many levels from few."""
    wide = np.pad(image.astype(float), 1, mode="edge")
    rows, columns = image.shape
    total: Array = sum(wide[i : i + rows, j : j + columns] for i in range(3) for j in range(3))  # type: ignore[assignment]
    return total / 9


GRAY8 = gray8()
GRAY16 = gray16()
