"""Draw what the stretches make of one image, and their curves.

`python docs/figures/stretches.py` writes docs/images/stretches.png.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from skimage import color, data

from napari_histeq import Asinh, Gamma, Log, Stretch, equalize, transfer_function

IMAGES = Path(__file__).parents[1] / "images"


def main() -> None:
    """Write the picture."""
    IMAGES.mkdir(exist_ok=True)
    sky = color.rgb2gray(data.hubble_deep_field()[:, :872]).astype(np.float32)
    methods = [Stretch(), Log(), Asinh(), Gamma()]
    figure = Figure(figsize=(12, 6.4), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    panels = figure.subplots(2, 3).ravel()
    shown = {"before": sky} | {repr(m): equalize(sky, m, out_range=(0, 1)) for m in methods}
    for axes, (title, picture) in zip(panels, shown.items(), strict=False):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axes.set_title(title)
        axes.set_axis_off()
    x = np.linspace(float(sky.min()), float(sky.max()), 500)
    for method in methods:
        panels[5].plot(x, transfer_function(sky, method, out_range=(0, 1)).evaluate(x))
    panels[5].legend([type(method).__name__ for method in methods], frameon=False)
    panels[5].set_title("their curves")
    panels[5].set_xlabel("before")
    panels[5].set_ylabel("after")
    canvas.draw()
    picture = Image.fromarray(np.array(canvas.buffer_rgba())[..., :3])
    picture.quantize(128).save(IMAGES / "stretches.png", optimize=True)


if __name__ == "__main__":
    main()
