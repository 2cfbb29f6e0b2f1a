"""A result to use tools on, and waiting for what is true."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.tools import IMAGE


@pytest.fixture
def shown(viewer: Any, panel: Any, run: Any, qtbot: Any) -> Any:
    """A display-only layer of a source in magma."""
    viewer.add_image(IMAGE, name="cells", colormap="magma", gamma=0.9)
    panel["output"].value = "display only"
    panel["plot"].value = False
    panel["strength"].value = 0.8
    run()
    qtbot.waitUntil(lambda: panel.plotbox.measures is not None, timeout=5000)
    qtbot.waitUntil(lambda: panel.plotbox.shown is not None, timeout=5000)
    return viewer.layers["cells equalized"]


@pytest.fixture
def until(qtbot: Any) -> Any:
    def wait(condition: Any, *given: Any) -> None:
        qtbot.waitUntil(lambda: condition(*given), timeout=15_000)

    return wait
