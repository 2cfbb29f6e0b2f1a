"""The controls: what is set is what is got, and what is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication

from helpers.strategies import BARE
from napari_histeq.core.methods import Method, Option, options_of
from napari_histeq.gui.widgets.controls import control_for, kept
from napari_histeq.gui.widgets.numbers import Number, Typed, number, written

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@dataclass(frozen=True, slots=True)
class Sampler(Method):  # without a name, so that nobody else gets to know it
    """One option of every kind."""

    kind: Annotated[Literal["soft", "hard"], Option("A choice")] = "soft"
    twice: Annotated[bool, Option("A tick")] = False
    levels: Annotated[int, Option("A few", ge=1, le=8)] = 2
    bins: Annotated[int, Option("Many", ge=2, le=65536)] = 256
    share: Annotated[float, Option("A part", gt=0, le=1)] = 0.0256
    limit: Annotated[float, Option("From zero on", ge=0)] = 0.01
    plateau: Annotated[float, Option("May be infinite", gt=0)] = math.inf
    size: Annotated[int | tuple[int, ...] | None, Option("One or many", ge=1, unit="px")] = None


def row(name: str, qtbot: QtBot, value: Any = None) -> Any:
    (field,) = (f for f in options_of(Sampler) if f.name == name)
    made = control_for(field, field.default if value is None else value)
    qtbot.addWidget(made.native)
    return made


SET = [
    ("kind", "hard"),
    ("twice", True),
    ("levels", 8),
    ("bins", 65536),
    ("share", 0.57),
    ("share", 0.123456),
    ("share", 1.0),
    ("limit", 0.005),
    ("limit", 40.0),
    ("plateau", 3.5),
    ("plateau", math.inf),
    ("size", 64),
    ("size", (8, 64, 64)),
    ("size", None),
]


@pytest.mark.parametrize(("name", "value"), SET)
def test_what_is_set_is_what_is_got(name: str, value: Any, qtbot: QtBot) -> None:
    made = row(name, qtbot)
    made.value = value
    assert made.value == value
    assert type(made.value) is type(value)


@pytest.mark.parametrize(("name", "value"), SET)
def test_a_kept_value_comes_back(name: str, value: Any, qtbot: QtBot) -> None:
    assert row(name, qtbot, value).value == (value if value is not None else None)


@pytest.mark.parametrize("method", BARE, ids=lambda method: method.name)
def test_the_defaults_make_the_default_method(method: Any, qtbot: QtBot) -> None:
    made = {f.name: control_for(f, f.default) for f in options_of(method)}
    for control in made.values():
        qtbot.addWidget(control.native)
        assert control.tooltip
    assert method(**{name: control.value for name, control in made.items()}) == method()


def test_limits_are_those_of_the_option(qtbot: QtBot) -> None:
    with pytest.raises(ValueError, match="9 is out of range: it must be >= 1 and <= 8"):
        row("levels", qtbot).value = 9
    for text in ("0", "1.5", "-0.1"):
        made = row("share", qtbot)
        made.native_box.setText(text)
        with pytest.raises(ValueError, match=f"Share: {text} is out of range: .*> 0 and <= 1"):
            _ = made.value


def test_a_slider_and_its_box_agree(qtbot: QtBot) -> None:
    made = row("share", qtbot)
    made.value = 0.1234
    assert made.native_box.text() == "0.1234"
    slider = made[0]
    slider.value = 0.7
    assert made.value == 0.7
    assert made.native_box.text() == "0.7"
    made.native_box.setText("0.123456789")
    assert made.value == 0.123456789
    assert slider.value == pytest.approx(0.123456789, abs=1e-5)
    made.native_box.setText("1e-300")  # beyond the slider's end, which is one step from 0
    assert made.value == 1e-300


def test_infinity_is_shown_as_off(qtbot: QtBot) -> None:
    made = row("plateau", qtbot)
    assert made.native.text() == "off"
    for text in ("", "off", "inf", "∞"):
        made.native.setText(text)
        assert made.value == math.inf


JUNK = ["sixty, four", "abc", "[", "1..2 um", "((((", "9" * 5000, "1e3", "20 um, 3", "8,,8", "__"]


@pytest.mark.parametrize("text", JUNK)
def test_words_that_are_no_number(text: str, qtbot: QtBot) -> None:
    made = row("size", qtbot)
    made.native.setText(text)
    with pytest.raises(ValueError, match=r"Size \[px\]: “.* is not a number: give a ") as caught:
        _ = made.value
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("text", ["3.7", "8, 2.5"])
def test_numbers_that_are_not_whole(text: str, qtbot: QtBot) -> None:
    made = row("size", qtbot)
    made.native.setText(text)
    with pytest.raises(ValueError, match=f"“{text}” cannot be used: give a whole number"):
        _ = made.value


def test_numbers_that_no_tile_has(qtbot: QtBot) -> None:
    made = row("size", qtbot)
    made.native.setText("8, 0")
    with pytest.raises(ValueError, match="8, 0 is out of range: each number must be >= 1"):
        _ = made.value


@pytest.mark.parametrize("name", ["share", "limit", "plateau", "size", "levels", "bins"])
@pytest.mark.parametrize("text", ["abc", "1..2 um", "9" * 5000, ""])
def test_junk_is_kept_too(name: str, text: str, qtbot: QtBot) -> None:
    made = row(name, qtbot)
    box = made.native_box if hasattr(made, "native_box") else made.native
    box.setText(text)
    again = row(name, qtbot, kept(made))
    assert kept(again) == kept(made) == Typed(box.text())


# ---- boxes for numbers ----


@pytest.fixture
def box(qtbot: QtBot) -> Any:
    made = Number(0, name="low", label="From")
    qtbot.addWidget(made.native)
    return made


FINITE = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.integers(-(2**63), 2**64 - 1)


@given(FINITE | WHOLE)
def test_any_number_is_written_and_read_exactly(value: float) -> None:
    again = number(written(value))
    assert again == value
    assert type(again) is type(value)
    assert math.copysign(1, again) == math.copysign(1, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.005", 0.005),
        ("0.125", 0.125),
        ("0.0125", 0.0125),
        ("1e-3", 1e-3),
        ("1e20", 1e20),
        ("4294967295", 4294967295),
        ("18446744073709551615", 2**64 - 1),
        ("9007199254740993", 2**53 + 1),
        ("-9223372036854775808", -(2**63)),
        ("-3.4028234663852886e+38", -3.4028234663852886e38),
        ("5e-324", 5e-324),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("−3.5", -3.5),
        (" 7 ", 7),
        (".5", 0.5),
        ("100000000000000000000", 1e20),
        ("-0.0", -0.0),
    ],
)
def test_what_is_typed_is_what_is_got(box: Any, qtbot: QtBot, text: str, value: float) -> None:
    """Typed key by key, and pasted."""
    box.native.clear()
    if text.isascii():  # QTest knows no other keys
        qtbot.keyClicks(box.native, text)
    else:
        box.native.insert(text)
    assert box.value == value
    assert type(box.value) is type(value)
    assert box.native.text() == text
    box.native.clear()
    QApplication.clipboard().setText(text)
    box.native.paste()
    assert box.value == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the box is empty"),
        ("1,5", "without commas"),
        ("1,000", "without commas"),
        ("1_000", "write it as in"),
        ("abc", "“abc” is not a number"),
        ("0x10", "not a number"),
        ("1e", "not a number"),
        ("nan", "not a number"),
        ("inf", "not a number"),
        ("1 2", "not a number"),
        ("1e400", "beyond"),
        ("-" + "9" * 400, "beyond"),
        ("1e-400", "below 5e-324"),
        ("18446744073709551617", "more digits than a 64-bit number holds"),
        ("9" * 5000, "not a number"),
    ],
)
def test_what_no_number_is_is_refused_in_words(box: Any, text: str, why: str) -> None:
    box.native.setText(text)
    with pytest.raises(ValueError, match=f"From: .*{why}") as caught:
        _ = box.value
    assert box.native.text() == text
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "up", "down"),
    [
        ("0", "1", "-1"),
        ("4095", "4096", "4094"),
        ("18446744073709551614", "18446744073709551615", "18446744073709551613"),
        ("0.0125", "0.0135", "0.0115"),
        ("0.3", "0.31", "0.29"),
        ("1e-300", "1.1e-300", "9e-301"),
        ("junk", "junk", "junk"),
    ],
)
def test_keys_and_wheel_step_it(box: Any, qtbot: QtBot, text: str, up: str, down: str) -> None:
    for key, wanted in ((Qt.Key.Key_Up, up), (Qt.Key.Key_Down, down)):
        box.native.setText(text)
        qtbot.keyClick(box.native, key)
        assert box.native.text() == wanted


def test_no_step_leads_out_of_the_limits(qtbot: QtBot) -> None:
    made = row("limit", qtbot)
    made.value = 0.0
    qtbot.keyClick(made.native, Qt.Key.Key_Down)
    assert made.value == 0
    off = row("plateau", qtbot)
    qtbot.keyClick(off.native, Qt.Key.Key_Down)
    assert off.value == math.inf
    qtbot.keyClick(off.native, Qt.Key.Key_Up)
    assert off.value == 1


def test_the_wheel_steps_only_what_has_the_focus(box: Any, qtbot: QtBot) -> None:
    """Else a panel that is scrolled would change the numbers on the way."""
    box.native.show()

    def turn() -> None:
        middle = QPointF(box.native.rect().center())
        event = QWheelEvent(
            middle, middle, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(box.native, event)

    turn()
    assert box.value == 0
    qtbot.waitExposed(box.native)
    box.native.activateWindow()
    box.native.setFocus()
    qtbot.waitUntil(box.native.hasFocus)
    turn()
    assert box.value == 1


def test_captions(qtbot: QtBot) -> None:
    assert row("size", qtbot).label == "Size [px]"
    assert row("share", qtbot).tooltip == "A part (> 0 and <= 1)"
