"""Draw an image matched to another one, and to two targets, with their histograms.

`python docs/figures/match.py` writes docs/images/match.png.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from skimage import data

from napari_histeq import Match, Specify, equalize
from napari_histeq.core.methods.matching.target import target_of

IMAGES = Path(__file__).parents[1] / "images"


def main() -> None:
    """Write the picture."""
    IMAGES.mkdir(exist_ok=True)
    image, reference = data.moon(), data.camera()
    gaussian, counts = Specify("gaussian"), Specify((2, 1, 0, 1, 2))
    shown = {
        "before": (image, None),
        "the reference": (reference, None),
        "Match(reference)": (equalize(image, Match(reference)), _share(reference)),
        'Specify("gaussian")': (equalize(image, gaussian), _wanted(gaussian)),
        "Specify((2, 1, 0, 1, 2))": (equalize(image, counts), _wanted(counts)),
    }
    figure = Figure(figsize=(14, 4.2), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    panels = figure.subplots(2, len(shown), height_ratios=[3, 1.3])
    for (above, below), (title, (picture, wanted)) in zip(panels.T, shown.items(), strict=True):
        above.imshow(picture, cmap="gray", vmin=0, vmax=255)
        above.set_title(title)
        above.set_axis_off()
        below.bar(np.arange(4, 256, 8), _share(picture), width=8)
        if wanted is not None:
            below.stairs(wanted, np.arange(0, 257, 8), color="tab:orange", lw=1.5, label="target")
            below.legend(frameon=False, fontsize=8)
        below.set_yticks([])
    canvas.draw()
    picture = Image.fromarray(np.array(canvas.buffer_rgba())[..., :3])
    picture.quantize(128).save(IMAGES / "match.png", optimize=True)


def _share(picture: np.ndarray) -> np.ndarray:
    """The share of the pixels in each of 32 bars."""
    return np.bincount(picture.ravel() // 8, minlength=32) / picture.size


def _wanted(method: Specify) -> np.ndarray:
    """The share of the target in each bar."""
    return np.diff(target_of(method).cdf(np.linspace(0, 1, 33)))


if __name__ == "__main__":
    main()
