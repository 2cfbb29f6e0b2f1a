"""Which output the row offers by itself: a new layer; for the channels of an image display only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_histeq.gui.panel.rows import DISPLAY_ONLY, NEW_LAYER

if TYPE_CHECKING:
    from napari_histeq.gui.widgets import Either

#: What is kept under which name, and what the row begins with.
OTHERS, CHANNELS = "output", "output_of_channels"
FIRST = {OTHERS: NEW_LAYER, CHANNELS: DISPLAY_ONLY}


class Outputs:
    """What a person wants of channels and of all other layers: each choice is kept apart.

    Parameters
    ----------
    row : Either
        "New layer" or "Display only".
    """

    def __init__(self, row: Either) -> None:
        self._row, self._of, self._busy = row, OTHERS, False
        self._wanted = dict(FIRST)

    def follow(self, *, channels: bool, why_not: str) -> None:
        """Other layers or settings: offer what is wanted of such, if display only can do it."""
        self._of = CHANNELS if channels else OTHERS
        self._row.allow(DISPLAY_ONLY, why_not)
        self._set(NEW_LAYER if why_not else self._wanted[self._of])

    def changed(self, _: object = None) -> None:
        """The row says something else: a person chose it, unless it was set here."""
        if not self._busy:
            self._wanted[self._of] = self._row.value

    def kept(self) -> dict[str, str]:
        """What is to be remembered."""
        return dict(self._wanted)

    def restore(self, rows: dict[str, Any]) -> None:
        """What was remembered; what makes no sense is as at the first time."""
        for name in FIRST:
            if rows.get(name) in FIRST.values():
                self._wanted[name] = rows[name]
        self._set(self._wanted[self._of])

    def _set(self, value: str) -> None:
        """Have the row say something that nobody chose."""
        self._busy = True
        try:
            self._row.value = value
        finally:
            self._busy = False
