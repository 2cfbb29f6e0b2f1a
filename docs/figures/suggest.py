"""Judge `suggest_clahe` on six images: a table for docs/clahe.md, and a picture.

`python docs/figures/suggest.py` prints the table and writes docs/images/suggest.png.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from skimage import color, data

from napari_histeq import Clahe, equalize, suggest_clahe

IMAGES = Path(__file__).parents[1] / "images"

#: The quarter of the cells that vary least is flat.
CELL = 16


def images() -> dict[str, np.ndarray]:
    """Six real images."""
    return {
        "camera": data.camera(),
        "moon": data.moon(),
        "page": data.page(),
        "retina": (color.rgb2gray(data.retina()) * 255).round().astype(np.uint8),
        "cell": data.cell(),
        "microaneurysms": data.microaneurysms(),
    }


def noise(image: np.ndarray, flat: np.ndarray) -> float:
    """How far neighbors differ at random in flat cells, as a part of the image's range."""
    second = np.diff(np.diff(image.astype(float), 2, axis=0), 2, axis=1)
    return float(np.abs(cells(second)[flat]).mean() / np.ptp(image.astype(float)))


def cells(image: np.ndarray) -> np.ndarray:
    """The pixels of each cell."""
    rows, columns = (n // CELL for n in image.shape)
    cut = image[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL)
    return cut.swapaxes(1, 2).reshape(rows * columns, -1)


def flat_cells(image: np.ndarray) -> np.ndarray:
    """Which cells vary least, but do."""
    spread = cells(image[1:-1, 1:-1].astype(float)).std(axis=1)
    return np.flatnonzero((spread > 0) & (spread <= np.quantile(spread[spread > 0], 0.25)))


def main() -> None:
    """Print the table, and write the picture."""
    figure = Figure(figsize=(9, 17), dpi=80, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    panels = figure.subplots(6, 3)
    print("| image | tile | clip limit | noise gain, default | noise gain, suggested |")
    print("|---|---|---|---|---|")
    for row, (name, image) in zip(panels, images().items(), strict=True):
        method, reason = suggest_clahe(image)
        flat, results = flat_cells(image), {"default": Clahe(), "suggested": method}
        made = {what: equalize(image, each) for what, each in results.items()}
        before = noise(image, flat)
        gains = [noise(result, flat) / before for result in made.values()]
        told: Any = method.kernel_size
        tile = " x ".join(map(str, told))
        print(f"| `{name}` | {tile} | {method.clip_limit:g} | {gains[0]:.2f} | {gains[1]:.2f} |")
        print(f"<!-- {reason} -->")
        for axes, (what, shown) in zip(row, {name: image, **made}.items(), strict=True):
            axes.imshow(shown, cmap="gray")
            axes.set_title(what)
            axes.set_axis_off()
    canvas.draw()
    picture = Image.fromarray(np.array(canvas.buffer_rgba())[..., :3])
    picture.quantize(128).save(IMAGES / "suggest.png", optimize=True)


if __name__ == "__main__":
    main()
