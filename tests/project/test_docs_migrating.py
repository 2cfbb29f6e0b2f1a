"""What docs/migrating.md says of other programs: both sides of each row are run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from astropy import visualization
from PIL import Image, ImageOps
from skimage import data, exposure

import napari_histeq

PAGE = (Path(__file__).parents[2] / "docs" / "migrating.md").read_text(encoding="utf-8")


def rows() -> list[tuple[str, str, float]]:
    """Each row of the marked tables: their code, ours, and how far apart."""
    found = []
    for block in re.findall(r"<!-- migrating: \S+ -->\n\n((?:\|.*\n)+)", PAGE):
        for line in block.splitlines()[2:]:
            theirs, ours, apart = (cell.strip() for cell in line.strip("|").split("|"))
            found.append((theirs.strip("`"), ours.strip("`"), float(apart)))
    return found


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    image = data.moon()
    floats = np.random.default_rng(0).gamma(2, 1, (200, 200))
    curve = napari_histeq.transfer_function(image)
    ours = {name: getattr(napari_histeq, name) for name in napari_histeq.__all__}
    stretches = {name: getattr(visualization, name) for name in dir(visualization)}
    return {
        **stretches, **ours,
        "cv2": cv2, "exposure": exposure, "ImageOps": ImageOps, "Image": Image,
        "image": image, "reference": data.camera(), "mask": image > 90,
        "floats": floats, "scaled": (floats - floats.min()) / np.ptp(floats),
        "curve": curve, "table": curve.as_lut(image.dtype),
    }  # fmt: skip


def test_there_are_rows() -> None:
    assert len(rows()) == 20


@pytest.mark.parametrize(("theirs", "ours", "apart"), rows())
def test_a_row(names: dict[str, Any], theirs: str, ours: str, apart: float) -> None:
    one, other = (np.asarray(eval(code, dict(names)), np.float64) for code in (theirs, ours))
    assert one.shape == other.shape
    assert np.abs(one - other).max() <= apart + 1e-9
