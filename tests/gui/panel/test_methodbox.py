"""The list of methods: grouped under headings, each with its line."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_histeq.core import METHODS
from napari_histeq.core.methods import GROUPS


def entries(panel: Any) -> list[tuple[str, bool, str]]:
    """Text, whether it can be chosen, tooltip."""
    box = panel["method"].native
    items = [box.model().item(row) for row in range(box.count())]
    return [(item.text(), bool(item.flags() & Qt.ItemIsEnabled), item.toolTip()) for item in items]


def test_methods_stand_under_their_headings(panel: Any) -> None:
    heading, found = "", {}
    for text, can_be_chosen, line in entries(panel):
        if not can_be_chosen:
            heading = text
            assert not line
        else:
            name = next(name for name, kind in METHODS.items() if kind.title == text)
            found[name] = heading
            assert " ".join(line.split()) == METHODS[name].summary
    assert found == {name: GROUPS[kind.group] for name, kind in METHODS.items()}
    used = [text for text, can_be_chosen, _ in entries(panel) if not can_be_chosen]
    assert used == [title for group, title in GROUPS.items() if title in found.values()]
    assert not set(used) & {kind.title for kind in METHODS.values()}


def test_a_heading_is_no_choice(panel: Any, qtbot: Any) -> None:
    box = panel["method"]
    assert sorted(box.choices) == sorted(METHODS)
    assert len(box) == len(METHODS)
    assert box.value == "global"
    heard: list[Any] = []
    box.changed.connect(heard.append)
    before = entries(panel)
    box.value = "weighted"
    box.reset_choices()
    assert (box.value, heard, entries(panel)) == ("weighted", ["weighted"], before)
    qtbot.wait(50)  # for Qt to delete the rows that went


def test_the_arrow_keys_pass_over_headings(panel: Any, qtbot: Any) -> None:
    box = panel["method"]
    passed = [box.value]
    for _ in METHODS:
        QTest.keyClick(box.native, Qt.Key.Key_Down)
        passed.append(box.value)
    assert passed[:-1] == list(box.choices)
    qtbot.wait(50)
