"""What a person types into the panel: taken exactly, or refused in words and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest

from napari_histeq import equalize
from napari_histeq.records import KEY, counting

if TYPE_CHECKING:
    import napari

IMAGE = np.random.default_rng(0).integers(0, 200, (32, 40), dtype=np.uint8)
BIG = np.array([[2**53, 2**53 + 1], [2**64 - 1, 2**64 - 2]], np.uint64)


def test_junk_does_not_keep_another_method_away(
    viewer: napari.Viewer, panel: Any, qtbot: Any, subtests: pytest.Subtests
) -> None:
    viewer.add_image(IMAGE)
    for text in ("abc", "[", "1..2 um", "9" * 5000, "(" * 300, "20 parsec"):
        with subtests.test(text):
            panel["method"].value = "clahe"
            panel["kernel_size"].native.setText(text)
            kept = panel["kernel_size"].native.text()
            panel["clip_limit"].native.setText("1e")
            panel["method"].value = "global"
            assert "power" in [row.name for row in panel]
            assert "kernel_size" not in [row.name for row in panel]
            panel["power"].native_box.setText("much")
            panel["method"].value = "clahe"
            assert panel["kernel_size"].native.text() == kept
            assert panel["clip_limit"].native.text() == "1e"
            panel["method"].value = "global"
            assert panel["power"].native_box.text() == "much"
            qtbot.wait(1)  # Qt deletes the rows that are gone


def test_what_cannot_be_read_is_told_and_not_run(viewer: napari.Viewer, panel: Any) -> None:
    viewer.add_image(IMAGE)
    panel["power"].native_box.setText("much")
    panel["run"].native.click()
    assert "Power: “much” is not a number" in panel["status"].value
    assert not panel._runs


@pytest.mark.parametrize("wanted", [2**53 + 1, 2**64 - 1, 2**64 - 2])
def test_a_large_whole_number_is_ignored_exactly(
    viewer: napari.Viewer, panel: Any, run: Any, wanted: int
) -> None:
    source = viewer.add_image(BIG)
    panel["ignore"].value = True
    panel["ignored_value"].native.setText(str(wanted))
    run()
    made = viewer.layers[f"{source.name} equalized"]
    assert made.metadata[KEY]["ignored"] == wanted
    np.testing.assert_array_equal(made.data, equalize(BIG, mask=wanted != BIG))


@pytest.mark.parametrize("ignored", [2**53 + 1, float(2**53), 2**64 - 1, -1, 0.5, 1e300, 2**63])
@pytest.mark.parametrize(
    "dtype", [np.uint8, np.int64, np.uint64, np.float16, np.float32, np.float64]
)
def test_pixels_are_compared_exactly(ignored: float, dtype: Any) -> None:
    values = [0, 1, 2**53, 2**53 + 1, 2**63 - 1]
    if np.dtype(dtype).kind == "f":
        with np.errstate(over="ignore"):
            pixels = np.array([0, 0.5, *values], dtype)
            wanted = [dtype(ignored) != p or np.isinf(p) for p in pixels]
    else:
        most = int(np.iinfo(dtype).max)
        pixels = np.array([v for v in [*values, 2**64 - 1, 2**64 - 2] if v <= most], dtype)
        wanted = [int(p) != ignored for p in pixels]
    for image in (pixels, da.from_array(pixels, chunks=2)):
        found = counting(image, None, ignored, None)
        found = np.full(pixels.shape, True) if found is None else np.asarray(found)
        np.testing.assert_array_equal(found, wanted)


def test_the_range_reaches_the_core_as_typed(viewer: napari.Viewer, panel: Any) -> None:
    viewer.add_image(IMAGE)
    panel["out_range"].value = "custom"
    panel["low"].native.setText("0.125")
    panel["high"].native.setText("18446744073709551615")
    assert panel.choice().recipe.out_range == (0.125, 2**64 - 1)
    assert isinstance(panel.choice().recipe.out_range[1], int)


def test_errors_are_in_the_words_of_the_panel(
    viewer: napari.Viewer, panel: Any, run: Any, qtbot: Any
) -> None:
    viewer.add_image(IMAGE, name="moon")
    panel["out_range"].value = "custom"
    panel["low"].value, panel["high"].value = 300, 10
    run()
    assert panel["status"].value.endswith("Range: From (300) must be less than To (10)")
    panel["out_range"].value = "auto"
    panel["method"].value = "clahe"
    panel["kernel_size"].value = 300
    run()
    assert "“moon” could not be equalized: Tile size 300 is larger" in panel["status"].value


def test_a_closing_window_names_the_run(viewer: napari.Viewer, panel: Any, run: Any) -> None:
    viewer.add_image(IMAGE, name="moon")
    told = []
    register = viewer.window._register_task_status
    viewer.window._register_task_status = lambda *a, **k: (told.append(a[2]), register(*a, **k))[1]
    run()
    assert told == ["Equalizing “moon”"]
