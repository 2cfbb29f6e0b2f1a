"""Draw the pictures of the tutorials.

`python docs/figures/tutorials.py` writes docs/images/tutorial-*.png.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from pydicom.data import get_testdata_file
from skimage import color, data

from napari_histeq import Clahe, Match, equalize
from napari_histeq.samples import radiograph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Shown = tuple[str, NDArray[Any], tuple[float, float]]

IMAGES = Path(__file__).parents[1] / "images"
BYTE, WORD, UNIT = (0.0, 255.0), (0.0, 65535.0), (0.0, 1.0)


def main() -> None:
    """Write the pictures."""
    for name, rows in (
        ("micrograph", micrograph()),
        ("ct", x_ray_and_ct()),
        ("time-lapse", time_lapse()),
        ("channels", channels()),
    ):
        draw(rows, IMAGES / f"tutorial-{name}.png")


def micrograph() -> list[list[Shown]]:
    """A cell: before, globally, locally."""
    cell = data.cell()
    local = equalize(cell, Clahe(kernel_size=64, clip_limit=0.02))
    gentle = equalize(cell, strength=0.3)
    pictures = {"before": cell, "Global": equalize(cell), "strength 0.3": gentle, "CLAHE": local}
    return [[(title, picture, BYTE) for title, picture in pictures.items()]]


def x_ray_and_ct() -> list[list[Shown]]:
    """The sample, and a slice of a CT in Hounsfield units."""
    xray = radiograph()
    file = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    ct = file.pixel_array * np.float32(file.RescaleSlope) + np.float32(file.RescaleIntercept)
    limits = (float(ct.min()), float(ct.max()))
    body = np.zeros(xray.shape, bool)
    body[100:, 150:870] = True
    return [
        [
            ("X-ray", xray, BYTE),
            ("Global", equalize(xray), BYTE),
            ("Global, body counted", equalize(xray, mask=body), BYTE),
        ],
        [
            ("CT", ct, limits),
            ("Global, above -300 counted", equalize(ct, mask=ct > -300), (-300.0, limits[1])),
            ("CLAHE", equalize(ct, "clahe", kernel_size=32, clip_limit=0.02), limits),
        ],
    ]


def time_lapse() -> list[list[Shown]]:
    """Three frames of a movie that bleaches."""
    light = np.exp(-np.arange(20) / 12)
    movie = np.random.default_rng(0).poisson(data.cell() * light[:, None, None]).astype(np.uint16)
    ways = {
        "before": (movie, BYTE),
        "one curve": (equalize(movie), WORD),
        "a curve for each": (equalize(movie, axes=(1, 2)), WORD),
        "matched to frame 0": (equalize(movie, Match(movie[0]), axes=(1, 2)), BYTE),
    }
    return [
        [(f"frame {t}, {way}", frames[t], limits) for way, (frames, limits) in ways.items()]
        for t in (0, 10, 19)
    ]


def channels() -> list[list[Shown]]:
    """The stains of a section, told apart."""
    stains = np.moveaxis(color.rgb2hed(data.immunohistochemistry()), -1, 0).astype(np.float32)
    top = float(stains.max())
    ways = {
        "before": (stains, (0.0, top)),
        "one curve: wrong": (equalize(stains, out_range=UNIT), UNIT),
        "a curve for each": (equalize(stains, axes=(1, 2), out_range=UNIT), UNIT),
        "zeros not counted": (
            equalize(stains, axes=(1, 2), out_range=UNIT, mask=stains > 0),
            UNIT,
        ),
    }
    return [
        [(f"channel {c}, {way}", pictures[c], limits) for way, (pictures, limits) in ways.items()]
        for c in range(3)
    ]


def draw(rows: list[list[Shown]], path: Path) -> None:
    """Write pictures in rows, each with its title."""
    high, wide = len(rows), len(rows[0])
    first = rows[0][0][1]
    size = 11.0 / wide
    figure = Figure(
        figsize=(11, high * (size * first.shape[0] / first.shape[1] + 0.3)),
        dpi=80,
        layout="constrained",
    )
    canvas = FigureCanvasAgg(figure)
    for axes, (title, picture, (low, top)) in zip(
        figure.subplots(high, wide, squeeze=False).ravel(), chain(*rows), strict=True
    ):
        axes.imshow(picture, cmap="gray", vmin=low, vmax=top)
        axes.set_title(title, fontsize=10)
        axes.set_axis_off()
    canvas.draw()
    drawn = Image.fromarray(np.array(canvas.buffer_rgba())[..., :3])
    drawn.quantize(64).save(path, optimize=True)


if __name__ == "__main__":
    main()
