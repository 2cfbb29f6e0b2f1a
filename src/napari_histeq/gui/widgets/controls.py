"""The controls: one for each option of a method, and the row of axes."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_args

from magicgui.widgets import CheckBox, ComboBox, Container, LineEdit, RadioButtons
from qtpy.QtWidgets import QRadioButton, QWidget
from superqt import QFlowLayout

from napari_histeq.core.methods import options_of
from napari_histeq.gui.widgets.elided import elide
from napari_histeq.gui.widgets.layerbox import LayerBox
from napari_histeq.gui.widgets.numbers import ANY, Number, Sliding, Typed, shortened
from napari_histeq.gui.widgets.tips import tip
from napari_histeq.layers import Length, without_pixels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari_histeq.core.methods import Option, OptionField

#: A whole number with so many choices or fewer gets a slider.
SLIDER_STEPS = 64

#: A whole number that the length of an axis may be.
_WHOLE = re.compile(r"\s*[+-]?\d{1,18}\s*")


#: A number that need not be whole.
_NUMBER = re.compile(r"\s*[+-]?\d{1,18}(\.\d{0,18})?\s*")


class Auto(LineEdit):
    """Numbers separated by commas, or a length; None if empty, shown as "automatic".

    Parameters
    ----------
    value : int, tuple of int, Length or None
    option : Option
        The limits of each number.
    length : bool
        Whether a length may be given.
    parts : bool
        Whether several numbers need not be whole.
    """

    def __init__(
        self,
        value: Any = None,
        *,
        option: Option = ANY,
        length: bool = False,
        parts: bool = False,
        **kwargs: Any,
    ) -> None:
        self._option, self._length = option, length
        self._one = _NUMBER if parts else _WHOLE
        super().__init__(**kwargs)
        self.native.setPlaceholderText("automatic; or 64; or 20 µm" if length else option.empty)
        self.value = value

    def get_value(self) -> Any:
        """What the text says.

        Raises
        ------
        ValueError
            If it says nothing that is a number, or one that is out of range.
        """
        text = self.native.text().strip()
        plain = without_pixels(text) if self._length else text
        length = Length.parsed(plain) if self._length else None
        if length is not None or not plain:
            return length
        parts = plain.strip("()[] ").removesuffix(",").split(",")
        several = "," in plain
        if not all(map((self._one if several else _WHOLE).fullmatch, parts)):
            wrong = "cannot be used" if all(map(_NUMBER.fullmatch, parts)) else "is not a number"
            raise ValueError(f"{self.label}: “{shortened(text)}” {wrong}: {self._cure()}")
        kind = float if several and self._one is _NUMBER else int
        sizes = tuple(map(kind, parts))
        if not all(self._option.admits(size) for size in sizes):
            raise ValueError(
                f"{self.label}: {shortened(text)} is out of range: each number must be "
                f"{self._option.limits}"
            )
        return sizes if several else sizes[0]

    def _cure(self) -> str:
        if self._one is _NUMBER:
            return f"give {self._option.accepts}"
        if not self._length:
            return "give a whole number, several, separated by commas (64, or 8, 64, 64), or leave it empty"
        return (
            "give a whole number, several, separated by commas (64, or 8, 64, 64), a length with its "
            "unit (20 µm), or leave it empty"
        )

    def set_value(self, value: Any) -> None:
        """Set a number, a tuple, a length, None, or what was typed."""
        words = "" if value is None else str(value)
        super().set_value(words if isinstance(value, Typed) else words.strip("()[]"))


class Either(RadioButtons):
    """Radio buttons whose choices stay as they are.

    magicgui makes new buttons whenever a parent changes, and leaves the old ones.
    """

    def reset_choices(self, *_: Any) -> None:
        """Make the buttons, once."""
        if not len(self):
            super().reset_choices()
            self.value = self.choices[0]

    def allow(self, choice: str, why_not: str) -> None:
        """Let a choice be made, or not, and say why not."""
        button = self.native.findChildren(QRadioButton)[self.choices.index(choice)]
        button.setEnabled(not why_not)
        button.setToolTip(why_not or self.tooltip or "")


class AxesRow(Container[CheckBox]):
    """A tick for each axis; ticked axes share one histogram.

    Its `value` is the tuple of their names.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(layout="horizontal", labels=False, **kwargs)
        self.margins = (0, 0, 0, 0)
        flow = QWidget()
        self._flow = QFlowLayout(flow)  # many axes take several lines
        self._flow.setContentsMargins(0, 0, 0, 0)
        self.native.layout().addWidget(flow)

    @property
    def names(self) -> tuple[str, ...]:
        """The axes there are."""
        return tuple(box.label for box in self)

    @names.setter
    def names(self, names: Iterable[str]) -> None:
        """Other axes: counted from the last, each stays as it was ticked.

        New ones before them are ticked if all were: `z` unticked of `z, y, x` means "each plane
        on its own", and so it does for `t, z, y, x`.
        """
        wanted = tuple(names)
        if wanted == self.names:
            return
        ticked = [box.value for box in self]
        more = len(wanted) - len(ticked)
        ticked = [all(ticked)] * more + ticked[max(-more, 0) :]
        gone = [box.native for box in self]
        self.clear()
        for box in gone:
            box.setParent(self.native)  # until Qt deletes it: no window of its own
            box.deleteLater()
        self.extend(
            CheckBox(name=f"axis_{i}", label=name, value=value)
            for i, (name, value) in enumerate(zip(wanted, ticked, strict=True))
        )
        for box in self:
            self._flow.addWidget(box.native)

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


def control_for(field: OptionField, value: Any, layers: Callable[..., Any] = lambda *_: []) -> Any:
    """The control for an option, from its type and limits.

    `value` is what it starts with, and `layers` what there is for one that is an image.
    """
    named: dict[str, Any] = {
        "name": field.name,
        "label": caption(field),
        "tooltip": tip(_tooltip(field)),
    }
    option = field.option
    if field.choices:
        return ComboBox(value=value, choices=field.choices, **named)
    if field.type is bool:
        return CheckBox(value=value, **named)
    if field.values:
        box = LayerBox(layers, none="Choose a layer", **named)
        elide(box, tell=True)
        box.value = value if value in box.choices else None
        return box
    if field.type not in (int, float):
        length, parts = field.name == "kernel_size", tuple[float, ...] in get_args(field.type)
        return Auto(value, option=option, length=length, parts=parts, **named)
    if math.isfinite(span := _span(field)) and (field.type is float or span <= SLIDER_STEPS):
        return Sliding(value, option=option, step=_step(field), kind=field.type, **named)
    off = field.type is float and math.isinf(field.default)
    return Number(value, option=option, kind=field.type, off=off, **named)


def check_names(method: Any, rows: Iterable[str]) -> None:
    """Refuse a method with an option that is called like another row of the panel."""
    taken = sorted({field.name for field in options_of(method)} & set(rows))
    if taken:
        raise ValueError(
            f"{method.__name__}: the panel has rows named {taken} of its own: "
            "give these options other names"
        )


def _step(field: OptionField) -> float:
    """What a slider moves by: 1, or a hundredth, or the last digit of the default."""
    if field.type is int:
        return 1
    return 10.0 ** min(int(Decimal(repr(field.default)).as_tuple().exponent), -2)


def kept(row: Any) -> Any:
    """What a control holds, to be given to `control` later: of a text all of it, even junk."""
    line = row.native_box if isinstance(row, Sliding) else row.native
    return Typed(line.text()) if isinstance(row, Auto | Number | Sliding) else row.value


def caption(field: OptionField) -> str:
    """What stands before the control."""
    unit = field.option.unit
    return f"{field.caption} [{unit}]" if unit else field.caption


def _tooltip(field: OptionField) -> str:
    limits = "" if field.choices or field.type is bool else f" ({field.option.limits})"
    return f"{field.option.help}{limits}"


def _span(field: OptionField) -> float:
    option = field.option
    low = option.ge if option.ge is not None else option.gt
    return math.inf if low is None or option.le is None else option.le - low
