"""Draw what methods of one curve make of one image, and their curves.

`python docs/figures/curves.py` writes docs/images/stretches.png and docs/images/curves.png.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from skimage import color, data

from napari_histeq import (
    Asinh,
    BiHistogram,
    Gamma,
    Global,
    Log,
    Stretch,
    Weighted,
    equalize,
    transfer_function,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

IMAGES = Path(__file__).parents[1] / "images"


def main() -> None:
    """Write the pictures."""
    IMAGES.mkdir(exist_ok=True)
    sky = color.rgb2gray(data.hubble_deep_field()[:, :872]).astype(np.float32)
    draw("stretches.png", sky, [Stretch(), Log(), Asinh(), Gamma()], high=1)
    equalizers = [Global(), Weighted(), BiHistogram(), BiHistogram("min_error")]
    draw("curves.png", data.moon(), equalizers, high=255)


def draw(name: str, image: Any, methods: Sequence[Any], high: int) -> None:
    """An image, what four methods make of it from 0 to `high`, and their curves."""
    figure = Figure(figsize=(12, 6.4), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    panels = figure.subplots(2, 3).ravel()
    titles = [_called(method) for method in methods]
    made = [equalize(image, method, out_range=(0, high)) for method in methods]
    for axes, title, picture in zip(panels, ["before", *titles], [image, *made], strict=False):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=high)
        axes.set_title(title, fontsize="medium")
        axes.set_axis_off()
    x = np.linspace(float(image.min()), float(image.max()), 500)
    for method in methods:
        panels[5].plot(x, transfer_function(image, method, out_range=(0, high)).evaluate(x))
    panels[5].legend(titles, frameon=False, fontsize="small", loc="lower right")
    panels[5].set_title("their curves")
    panels[5].set_xlabel("before")
    panels[5].set_ylabel("after")
    canvas.draw()
    picture = Image.fromarray(np.array(canvas.buffer_rgba())[..., :3])
    picture.quantize(256, Image.Quantize.FASTOCTREE).save(IMAGES / name, optimize=True)


def _called(method: Any) -> str:
    """As it is written where only what is no default is given; of a stretch its default, too."""
    if not isinstance(method, BiHistogram | Global | Weighted):
        return repr(method)
    split = getattr(method, "split", "mean")
    return f"{type(method).__name__}({split if split != 'mean' else ''})"


if __name__ == "__main__":
    main()
