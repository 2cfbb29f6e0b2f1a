"""The button Suggest: it sets two rows of CLAHE and says why, off the GUI thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from skimage import data

from napari_histeq import suggest_clahe

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari


@pytest.fixture
def clahe(viewer: napari.Viewer, panel: Any, qtbot: Any) -> Iterator[Any]:
    """The panel with an image and CLAHE chosen."""
    viewer.add_image(data.moon(), name="moon")
    panel["method"].value = "clahe"
    yield panel
    panel.suggest.forget()
    qtbot.wait(1)


def ask(panel: Any, qtbot: Any, words: str = "Detail") -> None:
    panel.suggest.button.click()
    qtbot.waitUntil(lambda: words in panel.suggest.note.text(), timeout=20_000)


def test_only_clahe_has_it(clahe: Any) -> None:
    assert not clahe.suggest.isHidden()
    clahe["method"].value = "global"
    assert clahe.suggest.isHidden()


def test_it_sets_the_rows_and_says_why_and_nothing_else(
    viewer: napari.Viewer, clahe: Any, qtbot: Any
) -> None:
    before = [layer.name for layer in viewer.layers]
    assert clahe["kernel_size"].value is None  # never by itself
    ask(clahe, qtbot)
    method, reason = suggest_clahe(viewer.layers["moon"].data)
    assert clahe.suggest.note.text() == reason
    assert clahe.choice().recipe.method == method
    assert [layer.name for layer in viewer.layers] == before


def test_it_looks_off_the_gui_thread(
    clahe: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = []

    def slow(*given: Any, **options: Any) -> Any:
        where.append(threading.current_thread())
        return suggest_clahe(*given, **options)

    monkeypatch.setattr("napari_histeq.records.task.suggest_clahe", slow)
    ask(clahe, qtbot)
    assert where
    assert where[0] is not threading.main_thread()


def test_the_sentence_goes_when_it_is_no_longer_true(
    viewer: napari.Viewer, clahe: Any, qtbot: Any
) -> None:
    ask(clahe, qtbot)
    clahe["strength"].value = 0.5
    assert clahe.suggest.note.text()  # it does not speak of that
    clahe["clip_limit"].value = 0.5
    assert not clahe.suggest.note.text()
    ask(clahe, qtbot)
    viewer.add_image(data.camera(), name="camera")
    clahe["layer"].value = viewer.layers["camera"]
    assert not clahe.suggest.note.text()


def test_what_goes_wrong_is_said(viewer: napari.Viewer, clahe: Any, qtbot: Any) -> None:
    viewer.add_image(np.full((40, 40), np.nan), name="nothing")
    clahe["layer"].value = viewer.layers["nothing"]
    ask(clahe, qtbot, "no pixel that was looked at counts")
    assert clahe["kernel_size"].value is None
