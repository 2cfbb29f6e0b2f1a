"""Plot, table and words belong to the chosen layer and the chosen settings, or they are empty."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from helpers.true_now import IMAGE, counts_are, has_no_table, has_table, is_empty
from helpers.viewers import add_stack
from napari_histeq import equalize
from napari_histeq.core.color import luminance_of
from napari_histeq.gui.preview import counter


def test_other_settings_take_the_table_along(viewer: Any, panel: Any, run: Any, until: Any) -> None:
    stack = add_stack(viewer)
    run()
    made = viewer.layers["stack equalized"].metadata["napari_histeq"]["measures"]
    until(lambda: panel.plotbox.measures == made)
    for name, other, own in (
        ("method", "clahe", "global"),
        ("axes", (1, 2), None),
        ("axes", (), None),
    ):
        panel[name].value = other
        until(has_no_table, panel)
        panel[name].value = own
        until(lambda: panel.plotbox.measures == made)
    assert counts_are(panel, stack.data, equalize(stack.data))


def test_the_result_of_clahe_stays_until_something_else_is_chosen(
    viewer: Any, panel: Any, run: Any, until: Any, qtbot: Any
) -> None:
    layer = viewer.add_image(IMAGE, name="cells")
    panel["method"].value = "clahe"
    run()
    after = equalize(IMAGE, "clahe")
    until(counts_are, panel, IMAGE, after)
    until(has_table, panel)
    layer.visible = False  # napari refreshes what is shown again, though nothing was changed
    layer.visible = True
    qtbot.wait(300)
    assert counts_are(panel, IMAGE, after)
    panel["clip_limit"].value = 0.5
    until(counts_are, panel, IMAGE)
    until(has_no_table, panel)


def test_pixels_edited_in_place_are_noticed(viewer: Any, panel: Any, run: Any, until: Any) -> None:
    image = IMAGE.copy()
    layer = viewer.add_image(image, name="cells")
    run()
    until(counts_are, panel, image, equalize(image))
    assert "equalized in" in panel["status"].value
    image[:50] = 7
    layer.refresh()
    until(counts_are, panel, image, equalize(image))
    assert panel["status"].value == ""
    panel["method"].value = "clahe"
    until(counts_are, panel, image)
    layer.data = IMAGE
    until(counts_are, panel, IMAGE)


def test_the_mask_is_that_of_now(viewer: Any, panel: Any, until: Any) -> None:
    viewer.add_image(IMAGE, name="cells")
    drawn = np.zeros((2, *IMAGE.shape), int)
    drawn[0, :20] = drawn[1, 50:, :30] = 1
    region = viewer.add_labels(drawn, name="region")
    viewer.dims.set_current_step(0, 0)
    panel["mask"].value = region

    def total() -> int:
        return 0 if panel.plotbox.shown is None else panel.plotbox.shown.before.total

    until(lambda: total() == 20 * 120)
    viewer.dims.set_current_step(0, 1)
    until(lambda: total() == 50 * 30)
    region.translate = (0, 10, 0)
    until(lambda: total() == 40 * 30)
    region.visible = False
    region.scale = (1, 2, 1)
    until(lambda: "covers no pixel" in panel["status"].value)
    assert is_empty(panel)
    region.visible = True
    region.scale, region.translate = (1, 1, 1), (0, 0, 0)
    region.data[1] = 1
    region.refresh()
    until(lambda: total() == IMAGE.size)
    assert panel["status"].value == ""


def test_while_a_layer_is_counted_no_other_is_shown(
    viewer: Any, panel: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer.add_image(IMAGE, name="first")
    until(has_table, panel)
    gate, survey = threading.Event(), counter.survey

    def slow(*given: Any) -> Any:
        gate.wait(20)
        return survey(*given)

    monkeypatch.setattr(counter, "survey", slow)
    viewer.add_image(IMAGE[:50], name="second")
    try:
        until(is_empty, panel)
    finally:
        gate.set()
    until(counts_are, panel, IMAGE[:50], equalize(IMAGE[:50]))


@pytest.mark.parametrize("error", [MemoryError("too much"), RuntimeError("a fault of ours")])
def test_a_count_that_fails_shows_why_and_nothing_else(
    viewer: Any, panel: Any, until: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    viewer.add_image(IMAGE, name="first")
    until(has_table, panel)

    def broken(*_: Any) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(counter, "survey", broken)
        other = viewer.add_image(IMAGE[:50], name="second")
        until(lambda: str(error) in panel["status"].value)
        assert is_empty(panel)
    viewer.layers.remove(other)
    until(counts_are, panel, IMAGE, equalize(IMAGE))
    assert panel["status"].value == ""


def test_an_error_goes_with_its_settings_and_its_layer(
    viewer: Any, panel: Any, run: Any, until: Any
) -> None:
    cells = viewer.add_image(IMAGE, name="cells")
    other = viewer.add_image(IMAGE[:50], name="other")
    hand = viewer.add_shapes(name="hand")
    panel["layer"].value = cells
    panel["mask"].value = hand
    run()
    assert "“cells” could not be equalized" in panel["status"].value
    assert is_empty(panel)
    panel["mask"].value = None
    until(lambda: panel["status"].value == "")
    panel["mask"].value = hand
    run()
    panel["layer"].value = other
    until(lambda: "“hand” covers no pixel of “other”" in panel["status"].value)
    panel["mask"].value = None
    panel["layer"].value = cells
    run()
    assert "“cells” equalized in" in panel["status"].value
    viewer.layers.remove(cells)
    until(lambda: panel["status"].value == "")


def test_a_count_that_takes_its_time_does_not_wipe_what_a_run_said(viewer: Any, panel: Any) -> None:
    """Not even if that is noticed before the panel has reacted to the end of the run."""
    viewer.add_image(IMAGE, name="cells")
    panel._live.say("“cells” could not be equalized", problem=True)
    panel._live._waited()
    assert panel["status"].value == "“cells” could not be equalized"


def test_what_the_run_of_a_removed_layer_said_can_be_read(
    viewer: Any, panel: Any, qtbot: Any
) -> None:
    viewer.add_image(IMAGE, name="cells")
    panel["run"].native.click()
    viewer.layers.clear()
    qtbot.wait(300)
    assert "“cells” was removed" in panel["status"].value


def test_after_a_run_the_panel_has_the_numbers_of_the_run(
    viewer: Any, panel: Any, run: Any, until: Any
) -> None:
    color = np.random.default_rng(5).gamma(3, 20, (60, 50, 3)).clip(0, 255).astype(np.uint8)
    viewer.add_image(color, name="color")
    run()
    brightness = luminance_of(color), luminance_of(equalize(color, channel_axis=-1))
    until(counts_are, panel, *brightness)
    told = viewer.layers["color equalized"].metadata["napari_histeq"]["measures"]
    until(lambda: panel.plotbox.measures == told)
