"""A box to choose a layer from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from qtpy.QtCore import QSignalBlocker

if TYPE_CHECKING:
    from collections.abc import Callable


class LayerBox(ComboBox):
    """Layers by name, in the order of the list; the chosen one stays chosen while it is there.

    magicgui knows its choices by their texts: a layer that is renamed or moved is appended, for a
    moment another one is chosen, and one that is called like the first line takes its place.

    Parameters
    ----------
    offered : callable
        What there is: a list of texts and layers.
    none : str, optional
        The first line, which is no layer; without it one is always chosen, if there is any.
    """

    def __init__(
        self, offered: Callable[..., list[tuple[str, Any]]], *, none: str = "", **kwargs: Any
    ) -> None:
        self._offered, self.null_string = offered, none
        super().__init__(choices=offered, nullable=bool(none), **kwargs)

    def reset_choices(self, *_: Any) -> None:
        """Offer what there is now; it is told only if another one is chosen in the end."""
        chosen = self.value
        with self.changed.blocked():
            with QSignalBlocker(self.native):
                self.native.clear()
                for text, layer in [(self.null_string, None)] * self._nullable + self._offered():
                    self.native.addItem(text, layer)
            self._choose(chosen)
        if self.value != chosen:
            self.changed.emit(self.value)

    def _choose(self, chosen: Any) -> None:
        """What was chosen; or the first of several, if these are not there any more."""
        several = getattr(chosen, "images", ())
        for one in (chosen, *(several[:1] if isinstance(several, tuple) else ())):
            if one is not None and one in self.choices:
                self.value = one
                return
