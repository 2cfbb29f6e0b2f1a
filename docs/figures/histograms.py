"""Draw the documentation's histograms, from pictures that scikit-image ships.

`python docs/figures/histograms.py` writes them to docs/images.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from skimage import data

from napari_histeq import Global, compute_histogram, plot, transfer_function

IMAGES = Path(__file__).parents[1] / "images"
WIDTH = 1350


def three(image: np.ndarray) -> dict[str, Any]:
    """What a plot needs: before, after, and the curve between."""
    before = compute_histogram(image)
    curve = transfer_function(before, Global())
    return {"before": before, "after": curve.push(before), "curve": curve}


def hot_pixel() -> np.ndarray:
    """A heavy-tailed picture of floats with one pixel of 1e30."""
    image = np.random.default_rng(0).lognormal(0, 1, (512, 512)).astype(np.float32)
    image[100, 100] = 1e30
    return image


def write(name: str, picture: np.ndarray) -> None:
    """A small PNG: a plot has few colors."""
    IMAGES.mkdir(exist_ok=True)
    flat = Image.fromarray(picture[..., :3]).quantize(64, dither=Image.Dither.NONE)
    flat.save(IMAGES / f"{name}.png", optimize=True)


def main() -> None:
    """Write all of them."""
    moon, camera = three(data.moon()), three(data.camera())
    write("moon", plot.render(**moon, title="moon", width=WIDTH))
    write("camera-20-bars", plot.render(**camera, title="camera, 20 bars", nbins=20, width=WIDTH))
    write("hot-pixel", plot.render(**three(hot_pixel()), title="one hot pixel", width=WIDTH))


if __name__ == "__main__":
    main()
