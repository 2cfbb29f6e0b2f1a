"""The panel in a real viewer: opened from the menu, its controls set, its button pressed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from napari.utils.theme import get_theme
from skimage import data

from helpers.naive import procedure
from helpers.strategies import BARE
from helpers.viewers import add_stack, names
from napari_histeq import Weighted, equalize
from napari_histeq.gui.runs import work
from napari_histeq.records.record import KEY, Record

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    Press = Callable[..., None]


def test_the_main_job(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    moon = data.moon()
    before = moon.copy()
    viewer.add_image(moon, name="moon")
    dark = viewer.screenshot(flash=False)
    run()
    assert names(viewer) == ["moon", "moon equalized", "moon histogram"]
    made = viewer.layers["moon equalized"]
    np.testing.assert_array_equal(made.data, procedure(before))
    np.testing.assert_array_equal(moon, before)
    assert viewer.layers["moon"].data is moon
    assert tuple(made.contrast_limits) == (0, 255)
    assert viewer.layers.selection.active is viewer.layers["moon"]
    viewer.layers["moon histogram"].visible = False
    light = viewer.screenshot(flash=False)
    assert light[..., :3].std() > 1.5 * dark[..., :3].std()


def test_a_second_run_adds(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(data.moon(), name="moon")
    run()
    first = viewer.layers["moon equalized"].data.copy()
    panel["strength"].value = 0.5
    run()
    assert names(viewer) == [
        "moon",
        "moon equalized",
        "moon histogram",
        "moon equalized [1]",
        "moon histogram [1]",
    ]
    np.testing.assert_array_equal(viewer.layers["moon equalized"].data, first)
    np.testing.assert_array_equal(
        viewer.layers["moon equalized [1]"].data, equalize(data.moon(), strength=0.5)
    )


STATE = {
    "scale": (3.0, 0.5, 0.25),
    "translate": (10.0, -5.0, 7.0),
    "rotate": [[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]],
    "shear": [0.1, 0.0, 0.2],
    "affine": np.diag([1.0, 2.0, 2.0, 1.0]),
    "units": ("um", "um", "um"),
    "axis_labels": ("z", "y", "x"),
    "colormap": "magma",
    "gamma": 0.7,
    "blending": "additive",
    "opacity": 0.6,
    "visible": True,
    "interpolation2d": "linear",
    "interpolation3d": "nearest",
    "rendering": "attenuated_mip",
    "attenuation": 0.1,
    "iso_threshold": 20.0,
    "depiction": "volume",
    "projection_mode": "max",
}


def test_the_state_of_the_source_is_kept(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    source = add_stack(viewer, **STATE)
    kept = source.as_layer_data_tuple()[1]
    run()
    made = viewer.layers["stack equalized"].as_layer_data_tuple()[1]
    for name in kept:
        if name not in ("name", "metadata", "contrast_limits"):
            np.testing.assert_equal(made[name], kept[name], err_msg=name)
    assert not source.visible  # the two would add up
    np.testing.assert_equal(source.as_layer_data_tuple()[1], kept | {"visible": False})
    assert made["contrast_limits"] == [0, 65535]


def test_units_stay_on_for_all_layers(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    add_stack(viewer, scale=(2, 1, 1), units=("um",) * 3, axis_labels=("z", "y", "x"))
    units = viewer.layers.extent.units
    assert units is not None
    run()
    assert viewer.layers.extent.units == units


def test_the_result_can_be_made_again(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    source = add_stack(viewer)
    panel["method"].value = "weighted"
    panel["power"].value = 0.8
    panel["axes"].value = (1, 2)
    panel["strength"].value = 0.75
    run()
    made = viewer.layers["stack equalized"]
    expected = equalize(source.data, Weighted(power=0.8), axes=(1, 2), strength=0.75)
    np.testing.assert_array_equal(made.data, expected)
    record = Record.from_dict({k: v for k, v in made.metadata[KEY].items() if k != "kind"})
    np.testing.assert_array_equal(record.reproduce(source.data), expected)
    assert record.recipe.axes == (1, 2)


def test_a_warning_reaches_the_person(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    nothing = np.full((9, 9), np.nan, np.float32)
    viewer.add_image(nothing, name="void", contrast_limits=(0, 1))
    run()
    np.testing.assert_array_equal(viewer.layers["void equalized"].data, nothing)
    assert "no pixel was counted" in notification_manager.records[-1].message


def test_a_lazy_layer_stays_lazy(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    moon = da.from_array(data.moon(), chunks=100)
    viewer.add_image(moon, name="moon", contrast_limits=(0, 255))
    run()
    made = viewer.layers["moon equalized"].data
    assert isinstance(made, da.Array)
    np.testing.assert_array_equal(made, equalize(data.moon()))


def test_each_method_keeps_its_values(viewer: napari.Viewer, panel: Any, qtbot: Any) -> None:
    panel["power"].value = 0.5
    panel["method"].value = "weighted"
    assert panel["power"].value == Weighted().power
    panel["upper"].value = 0.9
    panel["method"].value = "global"
    assert panel["power"].value == 0.5
    panel["method"].value = "weighted"
    assert panel["upper"].value == 0.9
    assert panel["summary"].value == Weighted.summary
    assert not hasattr(panel, "plateau")
    qtbot.wait(50)  # for Qt to delete the rows that went


def test_every_method_runs(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(data.moon()[::2, ::2].copy(), name="moon")
    panel["replace"].value = True
    for kind in BARE:
        panel["method"].value = kind.name
        run()
        wanted = equalize(data.moon()[::2, ::2], kind.name)
        np.testing.assert_array_equal(viewer.layers["moon equalized"].data, wanted, kind.name)


def test_measures_of_the_chosen_layer_are_shown(
    viewer: napari.Viewer, panel: Any, run: Press, qtbot: Any
) -> None:
    def shows(before: Any, after: Any) -> bool:
        levels = [str(np.unique(image).size) for image in (before, after)]
        return panel["evidence"].visible and all(n in panel["evidence"].value for n in levels)

    assert not panel["evidence"].visible
    for image in (data.moon(), data.coins()):
        viewer.add_image(image)
        qtbot.waitUntil(lambda image=image: shows(image, equalize(image)))
        run()
        assert shows(image, equalize(image))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_theme_is_followed(viewer: napari.Viewer, panel: Any, theme: str) -> None:
    viewer.theme = theme
    accent = get_theme(theme).current.as_hex()
    assert accent in panel.native.styleSheet()


def test_work_is_off_the_gui_thread(
    viewer: napari.Viewer, panel: Any, run: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    perform = work.perform

    def watched(*args: Any, **how: Any) -> Any:
        seen.append(threading.current_thread() is threading.main_thread())
        return perform(*args, **how)

    monkeypatch.setattr(work, "perform", watched)
    viewer.add_image(data.moon(), name="moon")
    run()
    assert seen == [False]


def test_out_range(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["out_range"].value = "custom"
    panel["low"].value, panel["high"].value = 20, 200
    run()
    made = viewer.layers["moon equalized"]
    np.testing.assert_array_equal(made.data, equalize(data.moon(), out_range=(20, 200)))
    assert tuple(made.contrast_limits) == (20, 200)


def test_an_error_leaves_no_layer(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["out_range"].value = "custom"
    panel["low"].value, panel["high"].value = 200, 20
    run()
    assert names(viewer) == ["moon"]
    assert "less than" in panel["status"].value
    assert panel["run"].enabled


@pytest.mark.parametrize("plot", [True, False])
def test_the_plot_is_a_choice(viewer: napari.Viewer, panel: Any, run: Press, plot: bool) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["plot"].value = plot
    run()
    assert ("moon histogram" in viewer.layers) is plot


def test_side_by_side(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    moon = data.moon()
    viewer.add_image(moon, name="moon")
    panel["compare"].value = True
    run()
    run()
    copies = [layer for layer in viewer.layers if layer.name.startswith("moon original")]
    assert len(copies) == 1
    assert copies[0].data is moon
    assert copies[0].extent.world[1, 1] < viewer.layers["moon equalized"].extent.world[0, 1]
    assert copies[0] not in panel["layer"].choices


def test_measures_of_the_images_are_shown_after_a_run(
    viewer: napari.Viewer, panel: Any, run: Press, qtbot: Any
) -> None:
    """The table keeps what the run measured of the pixels, until other settings are chosen."""
    viewer.add_image(data.moon())
    run()
    table = panel["evidence"]
    qtbot.waitUntil(lambda: "contrast per pixel" in table.value)  # the table takes its time
    for caption in ("enhancement [dB]", "PSNR to source", "SSIM to source"):
        assert caption in table.value
    panel["strength"].value = 0.5
    qtbot.waitUntil(lambda: "SSIM" not in table.value)
