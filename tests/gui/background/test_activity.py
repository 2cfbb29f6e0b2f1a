"""What napari shows of work that goes on."""

from __future__ import annotations

from typing import Any

from napari.utils import progress
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_histeq.gui.background import activity
from napari_histeq.gui.background.activity import Activity


class Work:
    def cancel(self) -> None:
        raise AssertionError("nobody cancels it")


def test_work_that_ends_while_its_bar_is_made_leaves_none(
    viewer: Any, qtbot: Any, monkeypatch: Any
) -> None:
    """napari lets Qt handle all events while it makes one."""
    monkeypatch.setattr(activity, "SOON", 0)
    work, bars = Work(), []
    shown = Activity(viewer, "Saving cells", work.cancel)
    make = shown._make

    def made() -> Any:
        QTimer.singleShot(0, shown.close)
        bar = make()
        QApplication.processEvents()
        bars.append(bar)
        return bar

    shown._make = made
    shown.show(0.5)
    qtbot.waitUntil(lambda: bool(bars))
    qtbot.waitUntil(lambda: bars[0] not in progress._all_instances)
    assert bars[0].n == 50


def test_short_work_has_no_bar(viewer: Any, qtbot: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(activity, "SOON", 50)
    work, before = Work(), set(progress._all_instances)
    Activity(viewer, "Saving cells", work.cancel).close()
    qtbot.wait(100)
    assert set(progress._all_instances) == before
