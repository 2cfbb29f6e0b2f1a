"""In a notebook: small pictures without a plotting library, figures on demand, tables as rows."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from napari_histeq import (
    TransferFunction,
    compute_histogram,
    equalize,
    measures,
    transfer_function,
)

pytestmark = pytest.mark.whole

IMAGES = {
    "8 bit": np.arange(200, dtype=np.uint8).reshape(10, 20),
    "16 bit": np.arange(200, dtype=np.uint16).reshape(10, 20) * 300,
    "floats": np.linspace(-1, 1, 200).reshape(10, 20),
    "wide": np.array([[-1, 0, 1]]) * 1.7e308,
    "64 bit": np.array([[0, 1, 2**64 - 1]], np.uint64),
    "constant": np.full((4, 4), 7, np.uint8),
    "bool": np.eye(5, dtype=bool),
}


@pytest.mark.parametrize("name", IMAGES)
def test_a_histogram_and_a_curve_are_well_formed_pictures(name):
    image = IMAGES[name]
    histogram = compute_histogram(image)
    shown = [histogram]
    if image.dtype.kind != "b":  # type: ignore[attr-defined]
        shown.append(transfer_function(image))
    for value in shown:
        text = value._repr_html_()
        (picture,) = ET.fromstring(text).findall("svg")
        assert "nan" not in text
        assert "inf" not in text
        for shape in picture:
            for point in shape.get("points", "0,0").split():
                x, y = map(float, point.split(","))
                assert -0.01 <= x <= 360.01
                assert -0.01 <= y <= 120.01


def test_the_picture_is_that_of_the_counts():
    image = np.repeat(np.array([10, 99], np.uint8), [30, 10]).reshape(4, 10)
    text = compute_histogram(image)._repr_html_()
    assert "40 pixels in 256 bins, intensities 10 to 99" in text
    points = ET.fromstring(text)[0][0].get("points").split()
    heights = [120 - float(point.split(",")[1]) for point in points[1:-1]]
    assert heights[:2] == [120, 120]
    assert heights[-2:] == [pytest.approx(40), pytest.approx(40)]
    assert set(heights[2:-2]) == {0}


def test_a_histogram_of_nothing_and_one_of_planes():
    nothing = compute_histogram(np.full((3, 3), np.nan))
    assert "0 pixels" in nothing._repr_html_()
    planes = compute_histogram(np.arange(8, dtype=np.uint8).reshape(2, 4), axes=1)
    assert "8 pixels" in planes._repr_html_()


def test_no_plotting_library_until_it_is_asked_for():
    code = (
        "import sys, numpy as np, napari_histeq as h\n"
        "image = np.arange(64, dtype='u1').reshape(8, 8)\n"
        "before, curve = h.compute_histogram(image), h.transfer_function(image)\n"
        "before._repr_html_(); curve._repr_html_(); h.measures.table(before, curve.push(before))\n"
        "print('matplotlib' in sys.modules)\n"
        "print(type(before.plot()).__name__, type(curve.plot(before)).__name__)\n"
        "print('pandas' in sys.modules, 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "Figure", "Figure", "False", "False"]


def test_a_plot_is_one_of_matplotlibs_and_takes_the_options_of_render():
    image = IMAGES["8 bit"]
    before, after = compute_histogram(image), compute_histogram(equalize(image))
    figure = before.plot(after, curve=transfer_function(image), title="mine", width=600)
    assert figure.get_size_inches()[0] * figure.dpi == pytest.approx(600)
    assert any("mine" in text.get_text() for text in figure.texts)
    curve = TransferFunction.identity(0, 199)
    assert curve.plot(before).axes


def test_rows_of_histograms_and_of_images():
    image = IMAGES["8 bit"]
    out = equalize(image)
    rows = measures.table(image, out)
    by_name = {row["measure"]: (row["before"], row["after"]) for row in rows}
    before, after = compute_histogram(image), compute_histogram(out)
    assert by_name == measures.summary(before, after) | measures.of_images(image, out)
    brief = measures.table(before, after)
    assert [row["measure"] for row in brief] == list(measures.summary(before, after))
    assert brief == rows[: len(brief)]
