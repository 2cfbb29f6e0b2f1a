"""Only inside, in the panel: its rows come with a region, and what it makes and previews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from skimage import data

from helpers.clahe_previews import is_in_place, look_at
from napari_histeq import equalize
from napari_histeq.core.recipe import Recipe
from napari_histeq.gui.runs.work import task_of
from napari_histeq.layers import note_of
from napari_histeq.records import perform
from napari_histeq.records.record import KEY, Record

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    Press = Callable[..., None]

MOON = data.moon()
ROUND = np.hypot(*np.mgrid[-256:256, -256:256]) < 150


def test_its_rows_come_with_a_region(viewer: napari.Viewer, panel: Any) -> None:
    viewer.add_image(MOON, name="moon")
    region = viewer.add_labels(ROUND.astype(np.uint8), name="round")

    def rows() -> list[str]:
        form = panel["mask"].native.parentWidget()
        return [n for n in ("inside", "feather") if panel[n].native.isVisibleTo(form)]

    assert rows() == []
    panel["inside"].value = True
    assert panel.choice().recipe == Recipe(panel.choice().recipe.method)  # there is no outside
    panel["mask"].value = region
    assert rows() == ["inside", "feather"]
    assert panel.choice().recipe.inside
    panel["feather"].value = 3
    assert panel.choice().recipe.feather == 3
    panel["inside"].value = False
    assert rows() == ["inside"]
    assert panel.choice().recipe.feather == 0
    panel["mask"].value = None
    assert rows() == []
    panel["ignore"].value = True
    assert rows() == ["inside"]


@pytest.mark.parametrize("method", ["global", "clahe"])
def test_what_it_makes_is_recorded_and_made_again(
    viewer: napari.Viewer, panel: Any, run: Press, method: str
) -> None:
    viewer.add_image(MOON, name="moon")
    panel["mask"].value = viewer.add_labels(ROUND.astype(np.uint8), name="round")
    panel["method"].value, panel["inside"].value, panel["feather"].value = method, True, 5
    run()
    made = viewer.layers["moon equalized"]
    expected = equalize(MOON, method, mask=ROUND, inside=True, feather=5)
    np.testing.assert_array_equal(made.data, expected)
    np.testing.assert_array_equal(made.data[~ROUND], MOON[~ROUND])
    found = Record.from_dict({k: v for k, v in made.metadata[KEY].items() if k != "kind"})
    np.testing.assert_array_equal(found.reproduce(MOON), expected)


def test_the_plot_says_what_is_changed(viewer: napari.Viewer, panel: Any) -> None:
    source = viewer.add_image(MOON, name="moon")
    panel["mask"].value = viewer.add_labels(ROUND.astype(np.uint8), name="round")
    panel["inside"].value, panel["feather"].value = True, 5
    task = task_of(viewer, source, panel.choice())
    done = perform(task, lambda *_: None)
    assert "only those inside are changed, and those at the soft edge only partly" in note_of(
        task, done.before, done.after
    )


def test_display_only_is_refused_in_words(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(MOON, name="moon")
    panel["mask"].value = viewer.add_labels(ROUND.astype(np.uint8), name="round")
    panel["inside"].value, panel["output"].value = True, "display only"
    run()
    assert len(viewer.layers) == 2
    assert "only the pixels inside the mask are changed" in panel["status"].value
    assert "choose the output “New layer”" in panel["status"].value


@pytest.mark.parametrize("method", ["global", "clahe"])
def test_the_preview_is_the_result(
    viewer: napari.Viewer, panel: Any, qtbot: Any, method: str
) -> None:
    source = viewer.add_image(MOON, name="moon")
    region = viewer.add_labels(ROUND.astype(np.uint8), name="round", visible=False)
    panel["layer"].value, panel["mask"].value = source, region
    panel["method"].value, panel["inside"].value, panel["feather"].value = method, True, 20
    look_at(viewer, qtbot, (150, 200), 5)
    panel["preview"].value = True
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=20_000)
    full = equalize(MOON, method, mask=ROUND, inside=True, feather=20)
    patch = viewer.layers["moon preview"]
    qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full), timeout=10_000)
