"""Movies in the panel: smoothing, and frames as the reference of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from helpers.clahe_previews import is_in_place, look_at
from napari_histeq import Match, equalize

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    Press = Callable[..., None]

MOVIE = np.stack(
    [np.random.default_rng(t).gamma(3, 10 + 3 * (t % 3), (60, 80)) for t in range(8)]
).astype(np.uint8)


def shown(panel: Any, name: str) -> bool:
    return bool(panel[name].native.isVisibleTo(panel["mask"].native.parentWidget()))


def test_smooth_is_there_where_planes_are_equalized_on_their_own(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    viewer.add_image(MOVIE, name="movie")
    assert not shown(panel, "smooth")
    panel["smooth"].value = 5
    assert panel.choice().recipe.smooth is None
    panel["axes"].value = panel["axes"].names[1:]
    assert shown(panel, "smooth")
    assert panel.choice().recipe.smooth == 5
    panel["method"].value = "clahe"
    assert not shown(panel, "smooth")
    panel["method"].value = "match"
    panel["reference"].value = "neighbors"
    assert not shown(panel, "smooth")
    panel["method"].value = "global"
    assert shown(panel, "smooth")
    qtbot.wait(50)  # until the rows of the other methods are gone


def test_smoothed_by_the_panel(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(MOVIE, name="movie")
    panel["axes"].value = panel["axes"].names[1:]
    panel["smooth"].value = 5
    run()
    wanted = equalize(MOVIE, axes=(1, 2), smooth=5)
    np.testing.assert_array_equal(viewer.layers["movie equalized"].data, wanted)


def test_matched_to_other_frames(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(MOVIE[0], name="picture")
    panel["method"].value = "match"
    assert "neighbors" not in panel["reference"].choices
    viewer.add_image(MOVIE, name="movie")
    panel["layer"].value = viewer.layers["movie"]
    assert set(panel["reference"].choices) >= {"neighbors", "first", "previous", "median"}
    panel["reference"].value = "median"
    run()
    assert "untick the axis of the frames" in panel["status"].value
    panel["axes"].value = panel["axes"].names[1:]
    run()
    wanted = equalize(MOVIE, Match("median"), axes=(1, 2))
    np.testing.assert_array_equal(viewer.layers["movie equalized"].data, wanted)


@pytest.mark.parametrize("reference", ["", "neighbors", "median"])
def test_the_preview_is_the_result(
    viewer: napari.Viewer, panel: Any, qtbot: Any, reference: str
) -> None:
    source = viewer.add_image(MOVIE, name="movie")
    viewer.dims.set_current_step(0, 3)
    panel["axes"].value = panel["axes"].names[1:]
    how: dict[str, Any] = {"smooth": 5}
    if reference:
        panel["method"].value, panel["reference"].value = "match", reference
        how = {"method": Match(reference)}
    else:
        panel["smooth"].value = 5
    look_at(viewer, qtbot, (30, 40), 5)
    panel["preview"].value = True
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=20_000)
    full = equalize(MOVIE, axes=(1, 2), **how)[3]
    patch = viewer.layers["movie preview"]
    qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full), timeout=10_000)


@pytest.mark.parametrize("reference", ["neighbors", "first"])
def test_a_dark_movie_is_seen_after_its_frames_are_matched(
    viewer: napari.Viewer, panel: Any, qtbot: Any, run: Press, reference: str
) -> None:
    """It keeps its own intensities: over all that 16 bit can hold it would be black."""
    source = viewer.add_image(MOVIE.astype(np.uint16), name="movie")
    panel["axes"].value = panel["axes"].names[1:]
    panel["method"].value, panel["reference"].value = "match", reference
    look_at(viewer, qtbot, (30, 40), 5)
    panel["preview"].value = True
    qtbot.waitUntil(lambda: "movie preview" in viewer.layers, timeout=20_000)
    ends = [source.data.min(), source.data.max()]
    assert list(viewer.layers["movie preview"].contrast_limits) == ends
    run()
    assert list(viewer.layers["movie equalized"].contrast_limits) == ends
