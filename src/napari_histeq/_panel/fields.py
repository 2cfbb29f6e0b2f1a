"""The controls: one for each option of a method, and the row of axes."""

from __future__ import annotations

import math
from ast import literal_eval
from typing import TYPE_CHECKING, Any

from magicgui.widgets import (
    CheckBox,
    ComboBox,
    Container,
    FloatSlider,
    FloatSpinBox,
    LineEdit,
    RadioButtons,
    Slider,
    SpinBox,
)
from qtpy.QtWidgets import QDoubleSpinBox

from napari_histeq._panel.tips import tip
from napari_histeq.tiles import Length, without_pixels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from magicgui.widgets.bases import ValueWidget

    from napari_histeq.core._options import OptionField

#: The greatest number a spin box offers where the option has no limit.
MOST = 1e9

#: A whole number with so many choices or fewer gets a slider.
SLIDER_STEPS = 64


class OffSpinBox(FloatSpinBox):
    """A number that may be infinite, which is shown as "off" (the least entry)."""

    def __init__(self, value: float, **kwargs: Any) -> None:
        super().__init__(value=0.0, min=0.0, max=MOST, **kwargs)
        self.native.setSpecialValueText("off")
        self.value = value

    def get_value(self) -> float:
        """The number; infinity if off."""
        return float(super().get_value()) or math.inf

    def set_value(self, value: float) -> None:
        """Set a number, or infinity."""
        super().set_value(0.0 if math.isinf(value) else value)


class ExactSpinBox(FloatSpinBox):
    """A spin box whose value is the number it shows: it shows as many digits as are set."""

    def __init__(self, value: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.native.setDecimals(digits(value) + (0 < value < 1))
        self.value = value

    def set_value(self, value: float) -> None:
        """Set a number of up to 6 decimals."""
        self.native.setDecimals(max(self.native.decimals(), digits(value)))
        super().set_value(value)


class Auto(LineEdit):
    """Numbers separated by commas, or a length; None if empty, shown as "automatic"."""

    def __init__(self, value: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.native.setPlaceholderText("automatic")
        self.value = value

    def get_value(self) -> Any:
        """What the text says.

        Raises
        ------
        ValueError
            If it says nothing that is a number.
        """
        text = without_pixels(str(super().get_value())).strip()
        length = Length.parsed(text)
        if length is not None:
            return length
        try:
            return literal_eval(text) if text else None
        except (ValueError, SyntaxError):
            raise ValueError(
                f"{self.label} is {text!r}: give a number, several, separated by "
                "commas (64, or 8, 64, 64), a length with its unit (20 µm), or leave it empty"
            ) from None

    def set_value(self, value: Any) -> None:
        """Set a number, a tuple, or None."""
        words = "" if value is None else str(value).strip("()[]")
        super().set_value(words)


class ExactSlider(FloatSlider):
    """A slider whose value is the number it shows: no more digits, and no fewer."""

    def __init__(self, *, step: float = 0.01, **kwargs: Any) -> None:
        self._digits = digits(step)
        super().__init__(step=step, **kwargs)
        self._show_digits()

    def get_value(self) -> float:
        """The number shown."""
        return round(float(super().get_value()), self._digits)

    def set_value(self, value: float) -> None:
        """Set a number of up to 6 decimals, and show as many as it has."""
        self._digits = max(self._digits, digits(value))
        self._show_digits()
        super().set_value(value)

    def _show_digits(self) -> None:
        readout = self.native.findChild(QDoubleSpinBox)
        if readout.decimals() != self._digits:  # it would lay out the panel anew
            readout.setDecimals(self._digits)


class Either(RadioButtons):
    """Radio buttons whose choices stay as they are.

    magicgui makes new buttons whenever a parent changes, and leaves the old ones.
    """

    def reset_choices(self, *_: Any) -> None:
        """Make the buttons, once."""
        if not len(self):
            super().reset_choices()
            self.value = self.choices[0]


class AxesRow(Container[CheckBox]):
    """A tick for each axis; ticked axes share one histogram.

    Its `value` is the tuple of their names.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(layout="horizontal", labels=False, **kwargs)
        self.margins = (0, 0, 0, 0)

    @property
    def names(self) -> tuple[str, ...]:
        """The axes there are."""
        return tuple(box.label for box in self)

    @names.setter
    def names(self, names: Iterable[str]) -> None:
        wanted = tuple(names)
        if wanted == self.names:
            return
        self.clear()
        self.extend(CheckBox(name=f"axis_{i}", label=n, value=True) for i, n in enumerate(wanted))

    @property
    def value(self) -> tuple[str, ...]:
        """The axes that are ticked."""
        return tuple(box.label for box in self if box.value)

    @value.setter
    def value(self, wanted: Iterable[str | int] | None) -> None:
        names = self.names
        chosen = names if wanted is None else tuple(wanted)
        places = {names.index(a) if isinstance(a, str) else range(len(names))[a] for a in chosen}
        for place, box in enumerate(self):
            box.value = place in places


def digits(number: float) -> int:
    """Decimals of a number, 2 at least and 6 at most."""
    return max(2, len(f"{number:.6f}".rstrip("0").partition(".")[2]))


def control(field: OptionField, value: Any) -> ValueWidget[Any]:
    """The control for an option, from its type and limits."""
    kind = _kind(field)
    made: ValueWidget[Any] = kind(
        name=field.name,
        label=caption(field),
        tooltip=tip(_tooltip(field)),
        value=value,
        **_limits(field, value),
    )
    if field.name == "kernel_size":
        made.native.setPlaceholderText("automatic; or 64; or 20 µm")
    return made


def caption(field: OptionField) -> str:
    """What stands before the control."""
    unit = field.option.unit
    return f"{field.caption} [{unit}]" if unit else field.caption


def _tooltip(field: OptionField) -> str:
    limits = "" if field.choices or field.type is bool else f" ({field.option.limits})"
    return f"{field.option.help}{limits}"


def _kind(field: OptionField) -> Any:
    if field.choices:
        return ComboBox
    if field.type is bool:
        return CheckBox
    if field.type is int:
        return Slider if _span(field) <= SLIDER_STEPS else SpinBox
    if field.type is float:
        return ExactSlider if math.isfinite(_span(field)) else _unbounded(field)
    return Auto


def _unbounded(field: OptionField) -> Any:
    return OffSpinBox if math.isinf(field.default) else ExactSpinBox


def _limits(field: OptionField, value: Any) -> dict[str, Any]:
    kind = _kind(field)
    if kind is ComboBox:
        return {"choices": field.choices}
    if kind in (CheckBox, Auto, OffSpinBox):
        return {}
    step = 1 if field.type is int else 10.0 ** -max(digits(field.default), digits(value))
    return {"min": _least(field, step), "max": _most(field), "step": step}


def _least(field: OptionField, step: float) -> float:
    option = field.option
    if option.ge is not None:
        return option.ge
    return -MOST if option.gt is None else option.gt + step


def _most(field: OptionField) -> float:
    return MOST if field.option.le is None else field.option.le


def _span(field: OptionField) -> float:
    option = field.option
    low = option.ge if option.ge is not None else option.gt
    return math.inf if low is None or option.le is None else option.le - low
