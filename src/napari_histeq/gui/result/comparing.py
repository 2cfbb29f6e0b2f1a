"""The source while a button (or a key) is held, the result when it is let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QApplication

from napari_histeq import layers
from napari_histeq.display import unlinked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari.layers import Image, Layer
    from napari.viewer import Viewer
    from qtpy.QtWidgets import QPushButton, QWidget

    from napari_histeq.gui.preview import Live

#: No control of a panel does anything with it.
KEY, KEY_NAME = Qt.Key.Key_F2, "F2"

NOTHING = "Nothing to compare yet: tick Live preview, or press Equalize."


class Comparing(QObject):
    """Shows the sources as they are, for as long as somebody wants to see them.

    What is shown for a moment is no change of the person's: layers that are linked do not
    follow, and afterwards all is as it was.

    Parameters
    ----------
    viewer : Viewer
    button : QPushButton
    panel : QWidget
        While it, or anything in it, has the focus, the key does the same.
    live : Live
        Whose preview is taken off meanwhile.
    sources : callable
        The chosen layers.
    """

    def __init__(
        self,
        viewer: Viewer,
        button: QPushButton,
        panel: QWidget,
        live: Live,
        sources: Callable[[], Iterable[Image]],
    ) -> None:
        super().__init__(button)
        self._viewer, self._live, self._sources = viewer, live, sources
        self._kept: list[tuple[Layer, bool]] = []
        self.held = False
        button.pressed.connect(self.hold)
        button.released.connect(self.release)
        panel.installEventFilter(self)
        QApplication.instance().focusChanged.connect(self._focus_moved)

    def eventFilter(self, _: QObject | None, event: QEvent | None) -> bool:
        """The key, if no control inside has taken it."""
        kinds = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
        given: Any = event
        if event is None or event.type() not in kinds or given.key() != KEY:
            return False
        if not given.isAutoRepeat():
            act = self.hold if event.type() == QEvent.Type.KeyPress else self.release
            act()
        return True

    def hold(self) -> None:
        """Show the sources."""
        if self.held:
            return
        sources = list(self._sources())
        others = [la for la in self._viewer.layers if la.visible and la not in sources]
        results = [la for la in others if _is_result_of(la, sources)]
        if not results and not self._live.preview:
            self._live.say(NOTHING)
            return
        self.held = True
        for shown, which in ((True, sources), (False, results)):
            for layer in which:
                self._kept.append((layer, layer.visible))
                _show(layer, shown=shown)
        self._live.pause(True)

    def release(self) -> None:
        """Show all as it was."""
        if not self.held:
            return
        self.held = False
        kept, self._kept = self._kept, []
        for layer, shown in reversed(kept):
            _show(layer, shown=shown)
        self._live.pause(False)

    def _focus_moved(self, *_: object) -> None:
        """Elsewhere the key's release would not be heard of."""
        self.release()


def _show(layer: Layer, *, shown: bool) -> None:
    with unlinked(layer, "visible"):
        layer.visible = shown


def _is_result_of(layer: Layer, sources: Iterable[Image]) -> bool:
    ours = layers.kind_of(layer) in (layers.IMAGE, layers.DISPLAY)
    return ours and any(layers.is_of(layer, source) for source in sources)
