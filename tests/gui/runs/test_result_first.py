"""The result is seen at once, and its plot when it is drawn; what may happen in between."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from skimage import data

from helpers.left_behind import idle
from helpers.viewers import camera_of, menu_action, names, visible
from napari_histeq import equalize, layers
from napari_histeq.gui.background import runner
from napari_histeq.gui.background.runner import Runner, Stopped, tell_fault
from napari_histeq.gui.runs import work
from napari_histeq.gui.runs.run import _running
from napari_histeq.records import KEY, Task, perform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_histeq.gui.background.runner import BackgroundJob

MOON = data.moon()[::4, ::4]
STAYS = "“moon equalized” stays, without a plot."


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Plots that are not drawn until they are released."""
    gate, draw = threading.Event(), layers.of_all

    def waiting(*given: Any) -> Any:
        assert gate.wait(60)
        return draw(*given)

    monkeypatch.setattr(layers, "of_all", waiting)
    yield gate
    gate.set()


@pytest.fixture
def moon(viewer: Any, panel: Any) -> Any:
    return viewer.add_image(MOON, name="moon")


@pytest.fixture
def between(viewer: Any, panel: Any, moon: Any, drawing: Any, qtbot: Any) -> Callable[[], None]:
    """Run until the result is there, and its plot is being drawn."""

    def begin() -> None:
        panel["run"].native.click()
        qtbot.waitUntil(lambda: panel["status"].value == "drawing the plot", timeout=15_000)

    return begin


@pytest.fixture
def finish(panel: Any, drawing: threading.Event, qtbot: Any) -> Callable[[], None]:
    def let_go() -> None:
        drawing.set()
        qtbot.waitUntil(lambda: idle() and not panel["cancel"].enabled, timeout=20_000)

    return let_go


def test_the_result_does_not_wait_for_its_plot(
    viewer: Any, panel: Any, moon: Any, between: Any, finish: Any
) -> None:
    between()
    assert names(viewer) == ["moon", "moon equalized"]
    np.testing.assert_array_equal(viewer.layers[1].data, equalize(MOON))
    assert viewer.layers.selection == {moon}
    assert panel["cancel"].enabled
    finish()
    assert names(viewer) == ["moon", "moon equalized", "moon histogram"]
    assert viewer.layers.selection == {moon}
    assert panel["status"].value.startswith("“moon” equalized in")


def test_a_run_ends_once(viewer: Any, drawing: threading.Event, qtbot: Any) -> None:
    viewer.add_image(MOON, name="moon")
    menu_action(viewer.window.layers_menu, "Equalize histogram (napari-histeq)").trigger()
    (run,) = _running
    heard: list[str] = []
    run.found.connect(lambda: heard.append("found"))
    run.ended.connect(lambda how, _: heard.append(how))
    qtbot.waitUntil(lambda: bool(heard), timeout=15_000)
    assert heard == ["found"]
    drawing.set()
    qtbot.waitUntil(idle, timeout=15_000)
    assert heard == ["found", "done"]
    assert names(viewer) == ["moon", "moon equalized", "moon histogram"]


def test_canceled_the_result_stays(
    viewer: Any, panel: Any, moon: Any, between: Any, finish: Any
) -> None:
    between()
    panel["cancel"].native.click()
    assert panel["status"].value == f"Canceled. {STAYS}"
    finish()
    assert names(viewer) == ["moon", "moon equalized"]
    assert panel["status"].value == f"Canceled. {STAYS}"


def test_the_source_is_removed(viewer: Any, panel: Any, between: Any, finish: Any) -> None:
    between()
    viewer.layers.remove("moon")
    assert panel["status"].value == f"“moon” was removed. {STAYS}"
    finish()
    assert names(viewer) == ["moon equalized"]


def test_the_result_is_removed(
    viewer: Any, panel: Any, moon: Any, between: Any, finish: Any
) -> None:
    between()
    viewer.layers.remove("moon equalized")
    assert panel["status"].value == "“moon equalized” was removed. No plot was added."
    finish()
    assert names(viewer) == ["moon"]


def test_the_source_has_other_data_by_now(
    viewer: Any, panel: Any, moon: Any, between: Any, finish: Any
) -> None:
    """The plot is of what was equalized, and lies beside it."""
    between()
    notification_manager.records.clear()
    moon.data = np.zeros((10, 10), np.uint8)
    finish()
    assert names(viewer) == ["moon", "moon equalized", "moon histogram"]
    (_, left), (_, right) = layers.spanned([viewer.layers[2]])
    assert right - left == pytest.approx(MOON.shape[1])
    assert not notification_manager.records


@pytest.mark.parametrize("error", [MemoryError("1 TB"), RuntimeError("out of order")], ids=repr)
def test_a_plot_that_fails_costs_no_result(
    viewer: Any, panel: Any, moon: Any, run: Any, qtbot: Any, monkeypatch: Any, error: Exception
) -> None:
    def broken(*_: Any) -> None:
        raise error

    monkeypatch.setattr(layers, "of_all", broken)
    monkeypatch.setattr(notification_manager, "catch_error", True)  # as napari's window does
    run()
    qtbot.waitUntil(idle)
    assert names(viewer) == ["moon", "moon equalized"]
    assert panel["status"].value.startswith(STAYS)
    assert panel["status"].problem
    assert str(error) in panel["status"].value
    assert str(error) in notification_manager.records[-1].message


def test_a_plot_by_itself_that_fails(viewer: Any, qtbot: Any, monkeypatch: Any) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("no ink")

    monkeypatch.setattr(layers, "of_all", broken)
    monkeypatch.setattr(notification_manager, "catch_error", True)
    viewer.add_image(MOON, name="moon")
    menu_action(viewer.window.layers_menu, "Plot histogram (napari-histeq)").trigger()
    qtbot.waitUntil(idle, timeout=15_000)
    assert names(viewer) == ["moon"]
    words = "the histogram of “moon” could not be drawn: no ink"
    assert notification_manager.records[-1].message == words


def test_the_older_plot_is_shown_until_the_new_one_is_there(
    viewer: Any, panel: Any, moon: Any, run: Any, drawing: Any, between: Any, finish: Any
) -> None:
    drawing.set()
    run()
    drawing.clear()
    panel["strength"].value = 0.5
    between()
    assert visible(viewer) == ["moon", "moon equalized", "moon histogram", "moon equalized [1]"]
    finish()
    assert names(viewer)[1:] == [
        "moon equalized", "moon histogram", "moon equalized [1]", "moon histogram [1]",
    ]  # fmt: skip
    assert "moon histogram" not in visible(viewer)


def test_the_plot_lies_above_the_result_and_what_covers_it(
    viewer: Any, panel: Any, moon: Any, between: Any, finish: Any
) -> None:
    rows, columns = MOON.shape
    viewer.add_image(MOON, name="cover")
    viewer.add_image(np.zeros((rows, columns), np.uint8), name="below", translate=(rows, 0))
    viewer.layers.selection = {moon}
    between()
    assert names(viewer) == ["moon", "cover", "moon equalized", "below"]
    finish()
    assert names(viewer) == ["moon", "cover", "moon equalized", "below", "moon histogram"]
    words = panel["status"].value
    assert "The result lies above “cover”, which would cover it." in words
    assert "The plot lies above “below”, which would cover it." in words


def test_who_looks_at_a_detail_meanwhile_goes_on(
    viewer: Any, panel: Any, moon: Any, between: Any, finish: Any
) -> None:
    between()
    camera_of(viewer).zoom *= 8
    viewer.screenshot(flash=False)
    zoom = camera_of(viewer).zoom
    viewer.layers.selection = {viewer.layers["moon equalized"]}
    finish()
    assert camera_of(viewer).zoom == zoom
    assert [layer.name for layer in viewer.layers.selection] == ["moon equalized"]


def test_what_is_delivered_is_heard_before_the_next_is(qapp: Any, qtbot: Any) -> None:
    heard: list[str] = []
    done: list[list[list[str]]] = []

    def work(job: BackgroundJob) -> list[list[str]]:
        job.deliver("a part")
        job.deliver("another")
        before = [*heard]
        job.wait_until_heard()
        return [before[:1], [*heard]]

    Runner().submit("delivering", work, sent=heard.append, done=done.append, failed=tell_fault)
    qtbot.waitUntil(lambda: bool(done))
    assert done == [[["a part"], ["a part", "another"]]]


def test_who_waits_to_be_heard_stops_when_canceled(
    qapp: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    stopped = threading.Event()
    monkeypatch.setattr(runner.QTimer, "singleShot", lambda *_: None)  # Qt never comes to it

    def work(job: BackgroundJob) -> None:
        try:
            job.deliver("a part")
            job.wait_until_heard()
        except Stopped:
            stopped.set()
            raise

    job = Runner().submit("delivering", work, sent=heard.append, done=print, failed=tell_fault)
    qtbot.waitUntil(lambda: bool(heard))
    assert not stopped.wait(3 * runner.PAUSE)
    job.cancel()
    assert stopped.wait(30)


@pytest.mark.parametrize("step", ["identified", "measured", "with_pixels_measured"])
def test_no_result_waits_for_the_rest_of_its_record(
    viewer: Any, panel: Any, moon: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """As that takes as long as the result, or longer; the record has it all the same."""
    gate, find = threading.Event(), getattr(work, step)

    def waiting(*given: Any) -> Any:
        assert gate.wait(60)
        return find(*given)

    monkeypatch.setattr(work, step, waiting)
    panel["run"].native.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=15_000)
    told = viewer.layers[1].metadata[KEY]
    if step != "identified":
        qtbot.waitUntil(lambda: bool(told["digest"]))
    if step == "with_pixels_measured":
        qtbot.waitUntil(lambda: "entropy" in told["measures"]["after"])
    assert told["measures"]["after"].keys() & {"entropy", "ssim"} <= {"entropy"}
    gate.set()
    qtbot.waitUntil(idle, timeout=20_000)
    whole = perform(Task(MOON, "moon"), lambda *_: None).record.as_dict()
    assert "ssim" in whole["measures"]["after"]
    for layer in viewer.layers[1:]:
        assert layer.metadata[KEY]["measures"] == whole["measures"]
    assert told.keys() == whole.keys() | {"kind"}
    assert told["digest"] == whole["digest"]


def test_pixels_that_cannot_be_measured_cost_no_result(
    viewer: Any, panel: Any, moon: Any, run: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise MemoryError("1 TB")

    monkeypatch.setattr(work, "with_pixels_measured", broken)
    monkeypatch.setattr(notification_manager, "catch_error", True)
    run()
    qtbot.waitUntil(idle)
    assert names(viewer) == ["moon", "moon equalized", "moon histogram"]
    assert "“moon” could not be measured: 1 TB" in notification_manager.records[-1].message
