"""The plot over planes in the panel: the numbers of the core, the frame marked, never stale."""

import dask.array as da
import numpy as np
import pytest

from napari_histeq import Match, equalize, plane_percentiles
from napari_histeq.gui.preview import over_planes

pytestmark = pytest.mark.whole


def movie(shape=(8, 20, 24)):
    rng = np.random.default_rng(0)
    light = rng.uniform(0.5, 1, shape[:1] + (1,) * (len(shape) - 1))
    return (rng.gamma(2, 300, shape) * light).astype(np.uint16)


@pytest.fixture
def opened(viewer, panel, qtbot):
    """Open the fold; what waits until a course of `count` planes is shown."""

    def wait(count):
        qtbot.waitUntil(
            lambda: panel.over.course is not None and len(panel.over.course.places) == count,
            timeout=30_000,
        )
        return panel.over.course

    panel.over.fold.open(True)
    return wait


def shown(widget):
    return not widget.isHidden()


def test_only_of_what_has_planes(viewer, panel):
    viewer.add_image(movie()[0], name="flat")
    assert not shown(panel.over)
    viewer.add_image(movie()[:1], name="one plane")
    assert not shown(panel.over)
    viewer.add_image(movie(), name="movie")
    assert shown(panel.over)
    assert not panel.over.fold.isExpanded()
    viewer.layers.selection = set(viewer.layers)  # several
    assert not shown(panel.over)


def test_it_shows_the_percentiles_before_and_after(viewer, panel, opened):
    image = movie()
    viewer.add_image(
        image, name="movie", scale=(0.5, 1, 1), translate=(3, 0, 0), units=("s", "um", "um"),
        axis_labels=("t", "y", "x"),
    )  # fmt: skip
    panel["method"].value = "match"
    panel["reference"].value = "neighbors"
    panel["axes"].value = ("y", "x")
    course = opened(8)
    result = equalize(image, Match("neighbors"), axes=(1, 2))
    np.testing.assert_array_equal(course.before, plane_percentiles(image))
    np.testing.assert_array_equal(course.after, plane_percentiles(result))
    np.testing.assert_array_equal(course.places, 3 + 0.5 * np.arange(8))
    assert course.axis == "t (s)"
    viewer.dims.set_current_step(0, 5)
    assert panel.over._plot.marked == 5


def test_other_settings_are_counted_anew(viewer, panel, opened, qtbot):
    image = movie()
    viewer.add_image(image, name="movie")
    first = opened(8)
    panel["strength"].value = 0.5
    qtbot.waitUntil(lambda: panel.over.course not in (None, first), timeout=30_000)
    wanted = plane_percentiles(equalize(image, strength=0.5))
    np.testing.assert_array_equal(panel.over.course.after, wanted)
    viewer.layers["movie"].data = image[:5]
    np.testing.assert_array_equal(opened(5).before, plane_percentiles(image[:5]))


def test_any_axis_in_front(viewer, panel, opened, qtbot):
    image = movie((3, 4, 20, 24))
    viewer.add_image(image, name="stack", axis_labels=("t", "z", "y", "x"))
    opened(3)
    assert shown(panel.over.axes)
    panel.over.axes.setCurrentIndex(1)
    panel.over.axes.activated.emit(1)
    course = opened(4)
    assert course.axis == "z"
    np.testing.assert_array_equal(course.before, plane_percentiles(image, axes=(0, 2, 3)))


def test_of_lazy_ones_only_when_asked_and_it_can_be_canceled(viewer, panel, opened, qtbot):
    read, image = [], movie()

    def block(pixels):
        read.append(pixels.shape)
        return pixels

    lazy = da.from_array(image, chunks=(1, 20, 24)).map_blocks(block, dtype=image.dtype)
    viewer.add_image(lazy, name="lazy", contrast_limits=(0, 2000))
    over = panel.over
    qtbot.waitUntil(lambda: shown(over.button), timeout=30_000)
    assert over.button.text() == "Count 8 planes"
    assert "All pixels are read" in over.words.text()
    before = len(read)
    qtbot.wait(2 * over_planes.PAUSE)
    assert len(read) - before < 8
    over.button.click()
    assert over.button.text() == "Cancel"
    over.button.click()
    assert over.words.text() == "Canceled."
    assert over.course is None
    over.button.click()
    np.testing.assert_array_equal(opened(8).before, plane_percentiles(image))
    assert not shown(over.button)


def test_what_cannot_be_equalized_is_said_in_words(viewer, panel, qtbot, opened):
    viewer.add_image(movie(), name="movie")
    panel["method"].value = "match"  # there is no reference
    qtbot.waitUntil(lambda: shown(panel.over.words) and not panel.over._runner.busy, timeout=30_000)
    assert "under Reference" in panel.over.words.text()
    assert panel.over.course is None


def test_as_a_layer(viewer, panel, opened, qtbot):
    viewer.add_image(movie(), name="movie", axis_labels=("t", "y", "x"))
    opened(8)
    panel.over.add.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=30_000)
    made = viewer.layers[1]
    assert made.name == "movie over t"
    assert made.rgb
    assert made.metadata["napari_histeq"]["kind"] == "plot"
    assert panel.source is viewer.layers["movie"]
    assert panel.over.add.isEnabled()


def test_another_theme(viewer, panel, opened):
    viewer.add_image(movie(), name="movie")
    opened(8)
    viewer.theme = "light"
    assert panel.over._plot.theme.background != "#262930"


def test_a_window_that_is_closed_meanwhile(viewer, panel, qtbot):
    """Qt deletes what is in it; what is under way is dropped, and nobody is told."""
    sip = pytest.importorskip("PyQt6.sip")
    viewer.add_image(movie((40, 200, 200)), name="movie")
    over = panel.over
    over.fold.open(True)
    qtbot.waitUntil(lambda: over._runner.busy, timeout=30_000)
    sip.delete(over)
    assert not over._runner.busy
    over.touch()
    over.follow()
    over.renew("light")
    over.close_down()
