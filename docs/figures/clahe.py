"""Draw global equalization against CLAHE, and where CLAHE amplifies.

`python docs/figures/clahe.py` writes docs/images/clahe.png.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from skimage import data

from napari_histeq import Clahe, equalize, gain_map

IMAGES = Path(__file__).parents[1] / "images"


def main() -> None:
    """Write the picture."""
    IMAGES.mkdir(exist_ok=True)
    image, method = data.page(), Clahe(kernel_size=64, clip_limit=0.03)
    figure = Figure(figsize=(11.5, 6.2), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    panels = figure.subplots(2, 2).ravel()
    shown = {
        "before": image,
        "Global(): light and dark share one curve": equalize(image),
        "Clahe(kernel_size=64, clip_limit=0.03)": equalize(image, method),
    }
    for axes, (title, picture) in zip(panels, shown.items(), strict=False):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
        axes.set_title(title)
    gain = panels[3].imshow(gain_map(image, method), cmap="magma", vmin=0)
    panels[3].set_title("gain_map(): how many times the contrast was amplified")
    for axes in panels:
        axes.set_axis_off()
    figure.colorbar(gain, ax=panels[3], shrink=0.9)
    canvas.draw()
    picture = Image.fromarray(np.array(canvas.buffer_rgba())[..., :3])
    picture.quantize(128).save(IMAGES / "clahe.png", optimize=True)


if __name__ == "__main__":
    main()
