"""Draw exact equalization beside that by a curve, with their histograms.

`python docs/figures/exact.py` writes docs/images/exact.png.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from skimage import data

from napari_histeq import Exact, Global, equalize

IMAGES = Path(__file__).parents[1] / "images"


def main() -> None:
    """Write the picture."""
    IMAGES.mkdir(exist_ok=True)
    image = data.camera()
    figure = Figure(figsize=(10.5, 5.2), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    panels = figure.subplots(2, 3, height_ratios=[3, 1])
    shown = {
        "before": image,
        "Global()": equalize(image, Global()),
        "Exact()": equalize(image, Exact()),
    }
    for (above, below), (title, picture) in zip(panels.T, shown.items(), strict=True):
        above.imshow(picture, cmap="gray", vmin=0, vmax=255)
        above.set_title(title)
        above.set_axis_off()
        counts = np.bincount(picture.ravel(), minlength=256) / picture.size
        below.bar(np.arange(256), counts, width=1.0)
        below.set_ylim(0, 0.02)
        below.set_yticks([])
    canvas.draw()
    picture = Image.fromarray(np.array(canvas.buffer_rgba())[..., :3])
    picture.quantize(128).save(IMAGES / "exact.png", optimize=True)


if __name__ == "__main__":
    main()
