"""Rows that have no say are not there: options beside other choices, and what is clipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_histeq import Gamma, Global, Specify, Stretch, equalize, transfer_function
from napari_histeq.core import METHODS
from napari_histeq.core.methods import options_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    Press = Callable[..., None]

IMAGE = np.random.default_rng(0).gamma(2, 20, (60, 80)).clip(0, 255).astype(np.uint8)


def shown(panel: Any, name: str) -> bool:
    """Whether a row is not hidden, and its caption neither (a fold may be closed)."""
    parts = panel._parts
    form = parts.advanced if parts.advanced.has(panel[name]) else parts.options
    caption = form._captions.get(name)
    hidden = panel[name].native.isHidden()
    assert caption is None or caption.isHidden() == hidden
    return not hidden


def test_the_targets_of_specify(viewer: napari.Viewer, panel: Any, qtbot: Any) -> None:
    viewer.add_image(IMAGE)
    panel["method"].value = "specify"
    parameters = {
        "uniform": set(),
        "gaussian": {"mean", "sigma"},
        "rayleigh": {"alpha"},
        "exponential": {"alpha"},
        "counts": {"counts"},
    }
    for target, wanted in parameters.items():
        panel["target"].value = target
        found = {n for n in ("mean", "sigma", "alpha", "counts") if shown(panel, n)}
        assert found == wanted
        assert shown(panel, "target")
    qtbot.wait(50)


@pytest.mark.parametrize(
    "name", [n for n, k in METHODS.items() if any(f.option.used_if for f in options_of(k))]
)
def test_all_methods_whose_options_depend_on_others(
    viewer: napari.Viewer, panel: Any, name: str, qtbot: Any
) -> None:
    viewer.add_image(np.stack([IMAGE, IMAGE]))
    panel["method"].value = name
    kind: Any = METHODS[name]
    for field in options_of(kind):
        if field.option.used_if is None:
            assert shown(panel, field.name)
            continue
        other, choices = field.option.used_if
        for choice in panel[other].choices:
            panel[other].value = choice
            assert shown(panel, field.name) == (choice in choices)
    qtbot.wait(50)


def test_what_is_hidden_has_no_say_and_is_kept(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    """Not even if it is unreadable."""
    viewer.add_image(IMAGE)
    panel["method"].value = "specify"
    panel["target"].value = "counts"
    panel["counts"].native.setText("1, 2, none")
    with pytest.raises(ValueError, match="not a number"):
        panel.choice()
    panel["target"].value = "gaussian"
    panel["mean"].value = 0.25
    assert panel.choice().recipe.method == Specify("gaussian", mean=0.25)
    panel["target"].value = "uniform"
    assert panel.choice().recipe.method == Specify()
    panel["target"].value = "gaussian"
    assert panel["mean"].value == 0.25
    assert panel["counts"].native.text() == "1, 2, none"
    qtbot.wait(50)


def test_more_options_is_not_offered_if_none_of_them_has_a_say(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    viewer.add_image(IMAGE, name="a")
    viewer.add_image(np.stack([IMAGE, IMAGE]), name="b")
    panel["method"].value = "match"
    assert panel._parts.advanced_fold.isHidden()
    panel["layer"].value = viewer.layers["b"]
    panel["reference"].value = "neighbors"
    assert not panel._parts.advanced_fold.isHidden()
    panel["reference"].value = "first"
    assert panel._parts.advanced_fold.isHidden()
    qtbot.wait(50)


def test_clipped_by_the_panel(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(IMAGE, name="x")
    panel["clip"].value = 4
    run()
    wanted = equalize(IMAGE, saturated=4)
    made = viewer.layers["x equalized"]
    np.testing.assert_array_equal(made.data, wanted)
    assert made.metadata["napari_histeq"]["saturated"] == 4
    panel["output"].value = "display only"
    run()
    curve = transfer_function(IMAGE, saturated=4)
    records = [layer.metadata.get("napari_histeq", {}) for layer in viewer.layers]
    (worn,) = [record for record in records if record.get("kind") == "display"]
    np.testing.assert_array_equal(worn["curve"]["y"], curve.y)


def test_clip_is_there_for_one_curve_and_stretch_has_its_own(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    viewer.add_image(IMAGE, name="x")
    panel["clip"].value = 2.5
    assert panel.choice().recipe.saturated == 2.5
    panel["method"].value = "stretch"
    assert panel["clip"].native.isHidden()
    assert shown(panel, "saturated")
    assert panel.choice().recipe.saturated is None
    assert panel.choice().recipe.method == Stretch()
    panel["method"].value = "clahe"
    assert panel["clip"].native.isHidden()
    assert panel.choice().recipe.saturated is None
    panel["method"].value = "gamma"
    assert not panel["clip"].native.isHidden()
    assert panel.choice().recipe.saturated == 2.5
    panel["clip"].value = 0
    assert panel.choice().recipe.saturated is None
    qtbot.wait(50)


def test_clip_in_a_preset(viewer: napari.Viewer, panel: Any, qtbot: Any) -> None:
    from napari_histeq.core.recipe import Recipe

    viewer.add_image(IMAGE, name="x")
    panel._put(Recipe(Gamma(), saturated=3.0))
    assert panel["clip"].value == 3
    assert panel.choice().recipe == Recipe(Gamma(), saturated=3.0)
    panel._put(Recipe(Stretch(7.0)))
    assert panel["saturated"].value == 7
    panel._put(Recipe(Global()))
    assert panel["clip"].value == 0
    qtbot.wait(50)
