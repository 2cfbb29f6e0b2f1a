"""The controls: what is set is what is got, and what is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import pytest
from qtpy.QtWidgets import QDoubleSpinBox

from napari_histeq._panel import fields
from napari_histeq.core import METHODS
from napari_histeq.core._options import Method, Option, options_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@dataclass(frozen=True, slots=True)
class Sampler(Method):
    """One option of every kind."""

    name: ClassVar[str] = "sampler"
    summary: ClassVar[str] = "Has one of each."

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
    made = fields.control(field, field.default if value is None else value)
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


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_defaults_make_the_default_method(method: Any, qtbot: QtBot) -> None:
    made = {f.name: fields.control(f, f.default) for f in options_of(method)}
    for control in made.values():
        qtbot.addWidget(control.native)
        assert control.tooltip
    assert method(**{name: control.value for name, control in made.items()}) == method()


def test_limits_are_those_of_the_option(qtbot: QtBot) -> None:
    with pytest.raises(ValueError, match="outside of the allowed range"):
        row("levels", qtbot).value = 9
    share = row("share", qtbot)
    assert share.min > 0
    assert share.max == 1


def test_a_slider_shows_all_its_digits(qtbot: QtBot) -> None:
    made = row("share", qtbot)
    made.value = 0.1234
    assert made.native.findChild(QDoubleSpinBox).text() == "0.1234"


def test_infinity_is_shown_as_off(qtbot: QtBot) -> None:
    assert row("plateau", qtbot).native.text() == "off"


def test_words_that_are_no_number(qtbot: QtBot) -> None:
    made = row("size", qtbot)
    made.native.setText("sixty, four")
    with pytest.raises(ValueError, match="'sixty, four': give a number"):
        _ = made.value


def test_captions(qtbot: QtBot) -> None:
    assert row("size", qtbot).label == "Size [px]"
    assert row("share", qtbot).tooltip == "A part (> 0 and <= 1)"
