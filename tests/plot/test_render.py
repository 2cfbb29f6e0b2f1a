"""The plot as pixels, and in files."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.figure import Figure
from skimage import data

from helpers.effort import examples
from helpers.figures import IMAGES, both, drawn
from napari_histeq import compute_histogram, plot


@pytest.mark.parametrize("name", IMAGES)
def test_every_image_renders(name):
    before, after, curve = both(IMAGES[name])
    picture = plot.render(before, after, curve=curve, width=900)
    assert picture.dtype == np.uint8
    assert picture.shape[1:] == (900, 4)
    assert (picture[..., 3] == 255).all()
    assert np.ptp(picture[..., :3]) > 100


def test_transparent():
    before, after, curve = both(data.moon())
    picture = plot.render(before, after, curve=curve, width=900, transparent=True)
    assert (picture[0, :, 3] == 0).all()
    assert picture[..., 3].max() == 255


def test_a_stack_is_added_up():
    stack = data.camera()[:64, :64].reshape(4, 16, 64)
    per_plane = compute_histogram(stack, axes=(1, 2))
    whole = compute_histogram(stack)
    assert np.array_equal(plot.render(per_plane, width=600), plot.render(whole, width=600))


def test_too_narrow_is_refused():
    with pytest.raises(ValueError, match="width is 100"):
        plot.render(compute_histogram(data.moon()), width=100)


@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64]),
        hnp.array_shapes(max_dims=2, max_side=8),
    ),
    st.sampled_from([None, 1, 20, 300]),
    st.booleans(),
)
@examples(25)
def test_whatever_is_counted_can_be_drawn(image, nbins, log):
    if image.dtype.kind == "f":
        image = image.clip(-1e38, 1e38)
    shown = drawn(image, size=(3, 2.6), compact=True, nbins=nbins, log=log)
    shown.mark(0.0)
    for content in shown.shown.contents:
        assert np.isfinite(content.bars).all()
        assert np.isfinite(content.kde).all()


def test_threads_render_the_same():
    before, after, curve = both(data.moon())
    alone = plot.render(before, after, curve=curve, width=600)
    with ThreadPoolExecutor(4) as pool:
        pictures = list(
            pool.map(lambda _: plot.render(before, after, curve=curve, width=600), range(8))
        )
    assert all(np.array_equal(picture, alone) for picture in pictures)


def test_rc_params_neither_matter_nor_change():
    before, after, curve = both(data.moon())
    plain = plot.render(before, after, curve=curve, width=600)
    loud = {
        "axes.grid": True, "axes.facecolor": "red", "font.size": 30, "font.family": "serif",
        "xtick.direction": "in", "lines.linewidth": 9, "lines.marker": "o", "text.color": "red",
        "figure.facecolor": "red", "axes.prop_cycle": mpl.cycler(color=["red"]),  # type: ignore[attr-defined]
        "figure.autolayout": True, "lines.linestyle": ":", "figure.dpi": 30,
    }  # fmt: skip
    with mpl.rc_context(loud):
        kept = dict(mpl.rcParams)
        assert np.array_equal(plot.render(before, after, curve=curve, width=600), plain)
        assert dict(mpl.rcParams) == kept


def test_neither_pyplot_nor_qt_is_imported():
    code = (
        "import sys, numpy as np; from napari_histeq import compute_histogram, plot;"
        "plot.render(compute_histogram(np.arange(9)), width=300);"
        "bad = {'matplotlib.pyplot', 'napari', 'qtpy', 'magicgui'} & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("ending", ["svg", "pdf", "png"])
def test_export(tmp_path, ending):
    before, after, curve = both(data.moon())
    path = tmp_path / f"plot.{ending}"
    plot.save(path, before, after, curve=curve, title="moon", width=600)
    start = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}[ending]
    assert path.read_bytes().startswith(start)


def test_the_lines_of_several_images_add_up_to_the_bars() -> None:
    """In their own colors; and they go with the next data."""
    rng = np.random.default_rng(3)
    images = [rng.gamma(k, 900, (80, 90)).astype(np.uint16) for k in (1, 3, 5)]
    colors = ("#ff0000", "#00ff00", "#0000ff")
    parts = list(zip(colors, map(compute_histogram, images), strict=True))
    joint = compute_histogram(np.stack(images))
    drawn = plot.HistogramFigure(Figure(figsize=(4, 3)), joint, parts=parts)
    lines = drawn.before.thin
    assert [line.get_color() for line in lines] == list(colors)
    whole = drawn.shown.before
    np.testing.assert_allclose(sum(line.get_ydata() for line in lines), whole.bars, atol=1e-12)
    drawn.choose(nbins=20, log=False, kde=True)
    np.testing.assert_allclose(
        sum(line.get_ydata() for line in drawn.before.thin), drawn.shown.before.bars, atol=1e-3
    )
    drawn.update(compute_histogram(images[0]))
    assert not drawn.before.thin
