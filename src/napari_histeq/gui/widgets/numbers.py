"""Boxes for numbers: what is typed is what is got, to the bit, or it is refused in words."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from magicgui.widgets import Container, FloatSlider, LineEdit, Slider
from qtpy.QtCore import QEvent, QObject, Qt

from napari_histeq.core.methods import Option

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QLineEdit

Real = int | float

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?\d+")

#: Whole numbers that an image may hold.
_LEAST, _MOST = -(2**63), 2**64 - 1

#: No number needs more characters than the smallest float64, written out in full.
_LONGEST = 1100

#: No limits but that it is a number.
ANY = Option("")

#: Pixels across the box beside a slider.
BOX = 64

#: What a spin box of Qt's shows for its least value, and we for no limit at all.
OFF = "off"


class Typed(str):
    """The text of a box, readable or not: so it can be put back as it was."""

    __slots__ = ()


def number(text: str) -> Real:
    """The number that a text says: an int if it is written as one, and exactly that.

    Raises
    ------
    ValueError
        If it is no finite number, or one that neither float64 nor an integer image holds.
    """
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    if not _NUMBER.fullmatch(plain) or len(plain) > _LONGEST:
        raise ValueError(f"“{shortened(text)}” is not a number: {_cure(plain)}")
    if _WHOLE.fullmatch(plain) and _LEAST <= (whole := int(plain)) <= _MOST:
        return whole
    real = float(plain)
    if not math.isfinite(real):
        raise ValueError(f"{shortened(text)} is beyond ±1.8e308, the largest number there is")
    if real == 0 and Decimal(plain):
        raise ValueError(f"{shortened(text)} is below 5e-324, the smallest number there is")
    if _WHOLE.fullmatch(plain) and Decimal(plain) != Decimal(real):
        raise ValueError(
            f"{shortened(text)} has more digits than a 64-bit number holds: the nearest is {real!r}"
        )
    return real


def _cure(plain: str) -> str:
    if not plain:
        return "the box is empty"
    if "," in plain:
        return "write it without commas, as in 0.5, 1000 or 1e3"
    return "write it as in 0.5, 255 or 1e-3"


def shortened(text: str, most: int = 40) -> str:
    """A text that fits into a message."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def written(value: Real) -> str:
    """A number as it is shown: the shortest text that is exactly it."""
    return str(value) if isinstance(value, int) else repr(float(value))


class Number(LineEdit):
    """A box for one number; the up and down keys and the wheel step it.

    Parameters
    ----------
    value : number
    option : Option
        Its limits; by default none but that the number is finite.
    kind : {int, float}, optional
        What the value always is; by default what the text says.
    off : bool
        Whether infinity may be chosen, which is shown as "off".
    """

    def __init__(
        self,
        value: Real | Typed,
        *,
        option: Option = ANY,
        kind: type[int | float] | None = None,
        off: bool = False,
        **kwargs: Any,
    ) -> None:
        self._option, self._kind, self._off = option, kind, off
        super().__init__(**kwargs)
        if off:
            self.native.setPlaceholderText(OFF)
        self._stepper = _Stepper(self.native, self.step)
        self.set_value(value)

    def get_value(self) -> Any:
        """What the text says, an int or a float.

        Raises
        ------
        ValueError
            If that is no number, or not within the limits.
        """
        text = self.native.text().strip()
        if self._off and text.lower() in ("", OFF, "inf", "infinity", "∞"):
            return math.inf
        try:
            return self._checked(number(text))
        except ValueError as error:
            raise ValueError(f"{self.label}: {error}") from None

    def _checked(self, value: Real) -> Real:
        if not math.isfinite(value) or not self._option.admits(value):
            raise ValueError(f"{written(value)} is out of range: it must be {self._option.limits}")
        if self._kind is int and value != int(value):
            raise ValueError(f"{written(value)} is not a whole number")
        return self._kind(value) if self._kind is not None else value

    def set_value(self, value: Real | Typed) -> None:
        """Set a number, or what was typed."""
        if isinstance(value, Typed):
            text = str(value)
        else:
            is_off = self._off and value == math.inf
            text = OFF if is_off else written(self._checked(value))
        super().set_value(text)
        self.native.setCursorPosition(0)  # the first digits matter most

    def step(self, steps: int) -> None:
        """Go some steps up, or down: each a unit of the second digit, 1 of whole numbers."""
        try:
            value = self.get_value()
            if math.isinf(value):
                value, steps = 0, max(steps, 0)
            moved = number(_stepped(value, steps))
            self._checked(moved)
        except ValueError:
            return  # no step leads out of the limits
        if steps:
            self.set_value(moved)


def _stepped(value: Real, steps: int) -> str:
    exact = Decimal(written(value))
    if isinstance(value, int):
        return str(value + steps)
    size = Decimal(1).scaleb(max(exact.adjusted(), -300) - 1) if exact else Decimal("0.01")
    moved = exact + steps * size
    return str(moved.normalize() if moved else Decimal(0)).lower()


class _Stepper(QObject):
    """The keys and the wheel of a spin box, for a line of text."""

    KEYS: ClassVar = {
        Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10,
    }  # fmt: skip

    def __init__(self, line: QLineEdit, step: Callable[[int], None]) -> None:
        super().__init__(line)
        self._line, self._step = line, step
        line.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """Step, if that is meant: of the wheel only where the box has the focus."""
        steps = 0
        if event.type() == QEvent.Type.KeyPress:
            steps = self.KEYS.get(event.key(), 0)
        elif event.type() == QEvent.Type.Wheel and self._line.hasFocus():
            turned = event.angleDelta().y()
            steps = (turned > 0) - (turned < 0)
        if steps:
            self._step(steps)
        return bool(steps)


class Sliding(Container[Any]):
    """A slider for the hand, and a box beside it that holds the exact number.

    Its `value` is the number in the box.

    Parameters
    ----------
    value : number
    option : Option
        Its limits, both finite.
    step : number
        What the slider moves by.
    kind : {int, float}
        What the value always is.
    """

    def __init__(
        self,
        value: Real | Typed,
        *,
        option: Option,
        step: Real,
        kind: type[int | float] = float,
        **kwargs: Any,
    ) -> None:
        low, high = _ends(option, step)
        self._decimals = max(-int(Decimal(repr(step)).as_tuple().exponent), 0)
        slider: Any = FloatSlider if kind is float else Slider
        self._slider = slider(name="slider", min=low, max=high, step=step, value=low, readout=False)
        self._box = Number(
            value, name="number", label=kwargs.get("label"), option=option, kind=kind
        )
        self._box.native.setMaximumWidth(BOX)
        self._slider.changed.connect(self._slid)
        self._box.changed.connect(self._follow)
        super().__init__(
            widgets=[self._slider, self._box], layout="horizontal", labels=False, **kwargs
        )
        self.margins = (0, 0, 0, 0)
        self._follow()

    @property
    def value(self) -> Real:
        """The number in the box."""
        found: Real = self._box.get_value()
        return found

    @value.setter
    def value(self, value: Real | Typed) -> None:
        self._box.set_value(value)

    @property
    def native_box(self) -> QLineEdit:
        """Where the number is typed."""
        return self._box.native

    def _slid(self, place: Real) -> None:
        """The hand moved the slider."""
        with self._box.changed.blocked():
            self._box.set_value(round(place, self._decimals))

    def _follow(self, _: object = None) -> None:
        """The number was typed or set."""
        try:
            place = self._box.get_value()
        except ValueError:
            return
        with self._slider.changed.blocked():
            self._slider.value = min(max(place, self._slider.min), self._slider.max)


def _ends(option: Option, step: Real) -> tuple[Real, Real]:
    """The ends of a slider within an option's limits."""
    assert option.le is not None
    if option.ge is not None:
        return option.ge, option.le
    assert option.gt is not None
    return option.gt + step, option.le
