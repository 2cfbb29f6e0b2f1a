"""The panel in a real viewer: opened from the menu, its controls set, its button pressed."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest
from napari._qt.widgets.qt_progress_bar import QtLabeledProgressBar
from napari.utils.notifications import notification_manager
from napari.utils.theme import get_theme
from skimage import data

from helpers.naive import procedure
from helpers.viewers import add_stack, menu_action, open_panel
from napari_histeq import Weighted, equalize
from napari_histeq.core import METHODS
from napari_histeq.gui import commands, work
from napari_histeq.gui.job import _running
from napari_histeq.records.record import KEY, Record

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    Press = Callable[..., None]


def names(viewer: napari.Viewer) -> list[str]:
    return [layer.name for layer in viewer.layers]


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


def test_axes_go_by_the_names_of_the_layer(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    source = add_stack(viewer, axis_labels=("z", "y", "x"))
    assert panel["axes"].names == ("z", "y", "x")
    panel["axes"].value = ("y", "x")
    run()
    expected = equalize(source.data, axes=(1, 2))
    np.testing.assert_array_equal(viewer.layers["stack equalized"].data, expected)
    source.axis_labels = ("t", "y", "x")
    assert panel["axes"].names == ("t", "y", "x")


def test_no_axis_is_an_error_in_plain_words(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    add_stack(viewer)
    panel["axes"].value = ()
    run()
    assert names(viewer) == ["stack"]
    assert "tick at least one" in panel["status"].value


def test_color_by_luminance(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    cat = data.chelsea() // 3
    viewer.add_image(cat, name="cat")
    run()
    made = viewer.layers["cat equalized"]
    assert made.rgb
    np.testing.assert_array_equal(made.data, equalize(cat, channel_axis=-1))


def test_ignore_a_value(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    image = np.zeros((60, 60), np.uint8)
    image[20:40, 20:40] = np.arange(400).reshape(20, 20) // 8 + 50
    viewer.add_image(image, name="cell")
    panel["ignore"].value = True
    run()
    np.testing.assert_array_equal(
        viewer.layers["cell equalized"].data, equalize(image, mask=image != 0)
    )


def test_a_mask_layer(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    moon = viewer.add_image(data.moon(), name="moon", scale=(0.5, 0.5), units=("um", "um"))
    drawn = np.zeros((256, 256), int)
    drawn[20:100, 30:120] = 4
    region = viewer.add_labels(drawn, name="crater", units=("um", "um"))
    assert panel["layer"].value is moon  # drawing a mask does not change what is equalized
    panel["mask"].value = region
    run()
    assert panel["layer"].value is moon
    assert viewer.layers.selection.active is region
    made = viewer.layers["moon equalized"]
    mask = np.kron(drawn > 0, np.ones((2, 2), bool))
    found = Record.from_dict({k: v for k, v in made.metadata[KEY].items() if k != "kind"})
    assert np.mean(found.mask.array() != mask) < 0.01  # its edges lie between pixels
    np.testing.assert_array_equal(made.data, equalize(moon.data, mask=found.mask.array()))
    np.testing.assert_array_equal(found.reproduce(moon.data), made.data)


def test_an_empty_mask_is_an_error_in_plain_words(
    viewer: napari.Viewer, panel: Any, run: Press
) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["mask"].value = viewer.add_shapes(name="hand")
    run()
    assert names(viewer) == ["moon", "hand"]
    assert "'hand' covers no pixel" in panel["status"].value
    assert "'hand' covers no pixel" in notification_manager.records[-1].message


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
    assert panel.get_widget("plateau") is None
    qtbot.wait(50)  # for Qt to delete the rows that went


@pytest.mark.parametrize("method", METHODS)
def test_every_method_runs(viewer: napari.Viewer, panel: Any, run: Press, method: str) -> None:
    viewer.add_image(data.moon()[::2, ::2].copy(), name="moon")
    panel["method"].value = method
    run()
    np.testing.assert_array_equal(
        viewer.layers["moon equalized"].data, equalize(data.moon()[::2, ::2], method)
    )


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

    def watched(*args: Any) -> Any:
        seen.append(threading.current_thread() is threading.main_thread())
        return perform(*args)

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


# ---- layers come and go ----


def test_without_a_layer(panel: Any) -> None:
    assert panel["layer"].value is None
    assert not panel["run"].enabled
    assert "Open an image" in panel["message"].value


def test_a_layer_that_is_no_image(viewer: napari.Viewer, panel: Any) -> None:
    viewer.add_labels(np.ones((5, 5), int), name="cells")
    assert not panel["run"].enabled
    assert "“cells” is a Labels layer, not an image" in panel["message"].value
    assert panel["message"].visible
    viewer.add_image(data.moon(), name="moon")
    assert panel["run"].enabled
    assert not panel["message"].visible


def test_it_follows_the_selection(viewer: napari.Viewer, panel: Any) -> None:
    moon = viewer.add_image(data.moon(), name="moon")
    coins = viewer.add_image(data.coins(), name="coins")
    assert panel["layer"].value is coins
    viewer.layers.selection.active = moon
    assert panel["layer"].value is moon
    shapes = viewer.add_shapes()
    assert panel["layer"].value is moon
    assert panel["mask"].choices == (None, shapes)


def test_it_knows_renamed_and_removed_layers(viewer: napari.Viewer, panel: Any) -> None:
    moon = viewer.add_image(data.moon(), name="moon")
    coins = viewer.add_image(data.coins(), name="coins")
    coins.name = "money"
    box = panel["layer"].native
    assert [box.itemText(i) for i in range(box.count())] == ["moon", "money"]
    assert panel["layer"].value is coins
    viewer.layers.remove(coins)
    assert panel["layer"].value is moon
    viewer.layers.remove(moon)
    assert panel["layer"].value is None


def test_plots_are_not_offered(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(data.moon(), name="moon")
    run()
    plot = viewer.layers["moon histogram"]
    assert plot not in panel["layer"].choices
    viewer.layers.selection.active = plot
    assert "histogram plot" in panel["message"].value


# ---- runs that end early ----


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs that wait until they are released, and go on reporting meanwhile."""
    gate = threading.Event()
    perform = work.perform

    def waiting(task: Any, report: Any) -> Any:
        while not gate.wait(0.01):
            report(0.5, "waiting")
        return perform(task, report)

    monkeypatch.setattr(work, "perform", waiting)
    yield gate
    gate.set()


def idle() -> bool:
    return not _running


def test_an_error_in_sight_of_the_activity_dock(
    viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any
) -> None:
    """Its bar handles events within its update: a run may not end in there."""
    viewer.add_image(data.moon(), name="moon")
    panel["mask"].value = viewer.add_shapes(name="hand")
    viewer.window._status_bar._toggle_activity_dock(True)
    panel["run"].native.click()
    qtbot.waitUntil(lambda: panel["progress"].value == 50)
    slow.set()
    qtbot.waitUntil(lambda: panel["run"].enabled)
    qtbot.waitUntil(idle)
    assert names(viewer) == ["moon", "hand"]


def test_a_fault_of_ours_ends_the_run(
    viewer: napari.Viewer, panel: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(work, "perform", broken)
    monkeypatch.setattr(notification_manager, "catch_error", True)  # as napari's window does
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    qtbot.waitUntil(lambda: panel["run"].enabled)
    assert names(viewer) == ["moon"]
    assert "out of order" in panel["status"].value
    qtbot.waitUntil(idle)
    assert "out of order" in notification_manager.records[-1].message


def test_cancel_in_the_activity_dock(
    viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    (bar,) = viewer.window._qt_window._activity_dialog.findChildren(QtLabeledProgressBar)
    bar.cancel_button.click()
    qtbot.waitUntil(lambda: panel["run"].enabled)
    qtbot.waitUntil(idle)
    assert names(viewer) == ["moon"]


def test_cancel(viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    qtbot.waitUntil(lambda: panel["progress"].value == 50)
    assert panel["progress"].visible
    assert not panel["run"].enabled
    panel["cancel"].native.click()
    assert panel["run"].enabled
    qtbot.waitUntil(idle)
    assert names(viewer) == ["moon"]
    assert "Canceled" in panel["status"].value


def test_a_late_answer_is_dropped(viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    panel["cancel"].native.click()
    panel["strength"].value = 0.5
    panel["run"].native.click()
    slow.set()
    qtbot.waitUntil(lambda: "moon histogram" in viewer.layers, timeout=20_000)
    qtbot.waitUntil(idle)
    assert names(viewer) == ["moon", "moon equalized", "moon histogram"]
    np.testing.assert_array_equal(
        viewer.layers["moon equalized"].data, equalize(data.moon(), strength=0.5)
    )


def test_the_source_is_removed_during_a_run(
    viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    viewer.layers.remove("moon")
    assert "removed" in panel["status"].value
    slow.set()
    qtbot.waitUntil(idle)
    assert not viewer.layers


def test_layers_change_during_a_run(
    viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    coins = viewer.add_image(data.coins(), name="coins")
    viewer.layers["moon"].name = "luna"
    viewer.layers.move(0, 2)
    slow.set()
    qtbot.waitUntil(idle, timeout=20_000)
    assert names(viewer) == ["coins", "luna", "luna equalized", "luna histogram"]
    assert panel["layer"].value is coins


def test_the_panel_is_closed_during_a_run(
    viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    viewer.window.remove_dock_widget(panel.native)
    qtbot.waitUntil(idle)
    viewer.add_image(data.coins(), name="coins")
    assert names(viewer) == ["moon", "coins"]
    assert panel["layer"].value is viewer.layers["moon"]  # it hears of nothing more
    again = open_panel(viewer)
    assert again is not panel
    assert again["layer"].value is viewer.layers["coins"]
    panel.native.deleteLater()
    qtbot.wait(50)


def test_a_closed_panel_is_forgotten(viewer: napari.Viewer, qtbot: Any) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel = open_panel(viewer)
    panel["run"].native.click()
    qtbot.waitUntil(idle, timeout=20_000)
    gone = weakref.ref(panel)
    viewer.window.remove_dock_widget(panel.native)
    del panel
    qtbot.wait(50)
    gc.collect()
    assert gone() is None


def test_the_viewer_is_closed_during_a_run(
    viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    viewer.layers.clear()
    qtbot.waitUntil(idle)


# ---- the one-click commands ----


def test_equalize_command(viewer: napari.Viewer, qtbot: Any) -> None:
    viewer.add_image(data.moon(), name="moon")
    menu_action(viewer.window.layers_menu, "Equalize histogram (napari-histeq)").trigger()
    qtbot.waitUntil(lambda: "moon histogram" in viewer.layers, timeout=20_000)
    np.testing.assert_array_equal(viewer.layers["moon equalized"].data, procedure(data.moon()))
    qtbot.waitUntil(idle)


def test_histogram_command(viewer: napari.Viewer, qtbot: Any) -> None:
    moon = data.moon()
    viewer.add_image(moon, name="moon")
    menu_action(viewer.window.layers_menu, "Plot histogram (napari-histeq)").trigger()
    qtbot.waitUntil(lambda: "moon histogram" in viewer.layers, timeout=20_000)
    assert names(viewer) == ["moon", "moon histogram"]
    before = viewer.layers["moon histogram"].metadata[KEY]["before"]
    np.testing.assert_array_equal(before["counts"], np.bincount(moon.ravel(), minlength=256))
    np.testing.assert_array_equal(before["bin_edges"], np.arange(257))
    qtbot.waitUntil(idle)


def test_commands_need_an_image(viewer: napari.Viewer) -> None:
    viewer.add_points(name="dots")
    commands.equalize(viewer)
    assert "“dots” is a Points layer" in notification_manager.records[-1].message


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
