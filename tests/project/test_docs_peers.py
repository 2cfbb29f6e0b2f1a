"""What docs/clahe.md and docs/methods.md say of other programs is what these do."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data, exposure
from skimage.exposure import _adapthist

from napari_histeq import Clahe, Global, equalize

pytestmark = pytest.mark.whole

DOCS = Path(__file__).parents[2] / "docs"


def table(page, marker):
    """The rows of the table after a marker: cells as texts, the head first."""
    text = (DOCS / page).read_text(encoding="utf-8").split(f"<!-- peers: {marker} -->\n\n")[1]
    lines = text.split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]


def told(cell):
    mean, greatest = cell.split("/")
    return float(mean), float(greatest)


def apart(one, other):
    differences = np.abs(one.astype(float) - other)
    return differences.mean(), differences.max()


def scikit_image(image, limit, kernel_size):
    return exposure.equalize_adapthist(image, kernel_size=kernel_size, clip_limit=limit) * 255


CLAHE_HEAD, *CLAHE_ROWS = table("clahe.md", "scikit-image")
COLOR_HEAD, *COLOR_ROWS = table("methods.md", "color")


@pytest.mark.parametrize("row", CLAHE_ROWS, ids=lambda row: row[0])
@pytest.mark.parametrize("column", range(2, len(CLAHE_HEAD)))
def test_distances_of_clahe(row, column):
    image = getattr(data, CLAHE_HEAD[column].strip("`"))()
    limit = float(row[0].split()[0])
    assert limit * 256 == pytest.approx(float(row[1]), abs=0.06 if limit < 0.05 else 0.5)
    size = tuple(n // 8 for n in image.shape)
    ours = equalize(
        image.astype(float), "clahe", kernel_size=size, clip_limit=limit, out_range=(0, 255)
    )
    mean, greatest = told(row[column])
    found = apart(scikit_image(image, limit, size), ours)
    assert found == (pytest.approx(mean, abs=0.1), pytest.approx(greatest, abs=1))


def test_a_limit_of_0_clips_nothing_there_and_everything_here():
    image = data.camera()
    unclipped = scikit_image(image, 1.0, 64)
    np.testing.assert_array_equal(scikit_image(image, 0, 64), unclipped)
    kept = equalize(image, "clahe", kernel_size=64, clip_limit=0, out_range="image")
    np.testing.assert_array_equal(kept, image)


@pytest.mark.parametrize(("multiple", "sum_"), [(1.25, 1.25), (1.5, 1.5), (1.75, 1.75), (4, 1.03)])
def test_its_counts_sum_to_more_than_the_pixels(multiple, sum_):
    tile = data.camera()[:64, :64]
    counts = np.bincount(np.rint(tile / 255 * 16383).astype(int).ravel() // 65, minlength=256)
    clipped = _adapthist.clip_histogram(counts, int(multiple / 256 * tile.size))
    assert clipped.sum() / tile.size == pytest.approx(sum_, abs=0.005)


def test_it_overfills_to_white():
    image = data.camera()
    theirs = scikit_image(image, 0.006, 64)
    assert np.mean(theirs > 254.5) == pytest.approx(0.15, abs=0.01)
    ours = equalize(image, Clahe(64, clip_limit=0.006))
    assert np.mean(ours == 255) < 0.01


def test_its_limit_is_whole_pixels():
    image = data.camera()[:64, :64]
    one = scikit_image(image, 1 / 64, 8)
    np.testing.assert_array_equal(scikit_image(image, 0.01, 8), one)


def test_where_tiles_start():
    """Which columns count for the pixel in the corner, of 100 columns in tiles of 64."""
    image = np.random.default_rng(1).integers(1, 255, (64, 100)).astype(float)
    image[5, 99], image[6, 99] = 0, 255

    def counted(corner):
        def changed(column):
            other = image.copy()
            other[20:40, column] = 128
            return corner(other) != corner(image)

        return [column for column in range(99) if changed(column)]

    def theirs(image):
        return scikit_image(image / 255, 1.0, 64)[0, 0]

    def ours(image):
        return equalize(image, Clahe(64, clip_limit=1))[0, 0]

    assert counted(theirs) == list(range(64))
    assert counted(ours) == list(range(50))


def test_where_black_goes():
    image = np.zeros((64, 128), np.uint8)
    image[32:, :64] = 200
    image[:, 64:] = np.arange(63, -1, -1) * 4
    assert scikit_image(image, 1.0, 64)[0, 0] == pytest.approx(127, abs=3)
    assert equalize(image, Clahe(64, clip_limit=1))[0, 0] == 0


@pytest.mark.parametrize("seed", range(5))
def test_ties_of_the_textbook(seed):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (20, 17 + seed)).astype(np.uint8)
    pdf = np.bincount(image.ravel(), minlength=256) / image.size
    np.testing.assert_array_equal(equalize(image), np.rint(pdf.cumsum() * 255)[image])
    assert apart(np.rint(exposure.equalize_hist(image) * 255), equalize(image))[1] <= 1


def test_pictures_have_no_ties():
    image = data.moon()
    theirs = np.rint(exposure.equalize_hist(image) * 255)
    np.testing.assert_array_equal(equalize(image), theirs)


def through_opencv(space, channel):
    def color(rgb):
        there, back = (getattr(cv2, f"COLOR_{name}") for name in (f"RGB2{space}", f"{space}2RGB"))
        other = cv2.cvtColor(rgb, there)
        other[..., channel] = cv2.equalizeHist(np.ascontiguousarray(other[..., channel]))
        return cv2.cvtColor(other, back)

    return color


def pillow(rgb):
    return np.asarray(ImageOps.equalize(Image.fromarray(rgb)))


def pooled(rgb):
    gray = rgb.reshape(
        rgb.shape[0], -1
    )  # the same pixels, without a warning that it looks like colors
    return np.rint(exposure.equalize_hist(gray) * 255).reshape(rgb.shape)


PROGRAMS = {
    "OpenCV, Y of YCrCb": through_opencv("YCrCb", 0),
    "OpenCV, L of Lab": through_opencv("LAB", 0),
    "OpenCV, V of HSV": through_opencv("HSV", 2),
    "Pillow `ImageOps.equalize`": pillow,
    "scikit-image `equalize_hist`": pooled,
}


@pytest.mark.parametrize("row", COLOR_ROWS, ids=lambda row: row[0])
@pytest.mark.parametrize("column", range(2, len(COLOR_HEAD)))
def test_distances_of_colors(row, column):
    rgb = getattr(data, COLOR_HEAD[column].strip("`"))()
    ours = equalize(rgb, Global("cdf_min"), channel_axis=-1)
    mean, greatest = told(row[column])
    found = apart(PROGRAMS[row[0]](rgb), ours)
    assert found == (pytest.approx(mean, abs=0.2), pytest.approx(greatest, abs=2))


@pytest.mark.parametrize("name", ["astronaut", "coffee"])
def test_colors_that_are_the_same(name):
    rgb = getattr(data, name)()
    np.testing.assert_array_equal(equalize(rgb, Global("pillow"), axes=(0, 1)), pillow(rgb))
    np.testing.assert_array_equal(equalize(rgb), pooled(rgb))


def test_opencv_clahe_of_colors():
    said = (DOCS / "methods.md").read_text(encoding="utf-8")
    numbers = re.search(r"by (\S+) \(`astronaut`\) and (\S+) \(`coffee`\)", said)
    assert numbers
    for name, mean in zip(("astronaut", "coffee"), numbers.groups(), strict=True):
        rgb = getattr(data, name)()
        other = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb)
        other[..., 0] = cv2.createCLAHE(2.0, (8, 8)).apply(np.ascontiguousarray(other[..., 0]))
        ours = equalize(rgb, Clahe.opencv(2.0), channel_axis=-1)
        theirs = cv2.cvtColor(other, cv2.COLOR_YCrCb2RGB)
        assert apart(theirs, ours)[0] == pytest.approx(float(mean), abs=0.2)


@pytest.mark.parametrize("out_range", [(0, 255), "image"])
@pytest.mark.parametrize(
    ("dtype", "level", "off"),
    [
        ("f2", 1, 0.5),
        ("f4", 1, 0.51),
        ("f8", 1, 0.51),
        ("f2", 1 / 255, 1.2),
        ("i4", 1, 1),
        ("u2", 1, 1),
    ],
)
def test_containers(dtype, level, off, out_range):
    picture = data.camera() // 3 + np.uint8(60)
    image = (picture if level == 1 else picture / 255).astype(dtype)
    scaled = out_range if out_range == "image" else (0, 255 * level)
    found = equalize(image, "clahe", out_range=scaled).astype(float) / level
    expected = equalize(picture, "clahe", out_range=out_range)
    assert apart(found, expected)[1] <= off
    assert dtype[0] == "f" or np.count_nonzero(found != expected) < picture.size / 1000
