"""What was found of the displayed pixels, kept while options move that do not decide about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Kept:
    """The newest thing of each kind that was found of some pixels.

    A slider of CLAHE's clip limit changes neither where intensities reach nor how many are
    in each tile: then nothing is counted anew.
    """

    def __init__(self) -> None:
        self._pixels: Hashable = None
        self._found: dict[str, tuple[Hashable, Any]] = {}

    def of(self, pixels: Hashable) -> Kept:
        """What is kept of some pixels: nothing, if they are not those of before."""
        if pixels != self._pixels:
            self._pixels, self._found = pixels, {}
        return self

    def get(self, kind: str, decides: Hashable, find: Callable[[], Any]) -> Any:
        """What `find` gives, or gave last time if all that `decides` about it is the same."""
        found, kept = self._found, self._found.get(kind)
        if kept is None or kept[0] != decides:
            kept = found[kind] = decides, find()
        return kept[1]
