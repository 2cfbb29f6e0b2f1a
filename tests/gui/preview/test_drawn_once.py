"""The plot is drawn when there is something new to see, and not at every touch."""

from __future__ import annotations

from typing import Any

import numpy as np

IMAGE = np.random.default_rng(0).gamma(2, 20, (60, 80)).astype(np.uint16)


def test_what_is_shown_already_is_not_drawn_again(viewer: Any, panel: Any, qtbot: Any) -> None:
    viewer.add_image(IMAGE, name="cells")
    with qtbot.waitSignal(panel.plotbox.drawn, timeout=20_000):
        pass
    qtbot.wait(50)
    drawn: list[bool] = []
    panel.plotbox.drawn.connect(lambda: drawn.append(True))
    for row in ("compare", "replace", "preview"):
        panel[row].value = True
        qtbot.wait(50)
    assert not drawn
    panel["strength"].value = 0.5
    qtbot.waitUntil(lambda: bool(drawn), timeout=10_000)
    viewer.layers["cells"].data = IMAGE[::-1] // 2
    drawn.clear()
    qtbot.waitUntil(lambda: bool(drawn), timeout=10_000)
