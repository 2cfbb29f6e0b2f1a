"""A person who does one thing after the other, at random: whatever it is, all stays well."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from qtpy.QtWidgets import QFileDialog
from vispy.gloo.glir import GlirProgram

from helpers.effort import MORE, THOROUGH
from helpers.walk.faults import Faults
from helpers.walk.machine import Walk
from helpers.walk.runs import Watch
from helpers.walk.world import Gate, World
from napari_histeq.gui.runs import work

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.whole

#: `make walk` tells how many.
WALKS = int(os.environ.get("HISTEQ_WALKS", 6 * MORE))
STEPS = 15


@pytest.fixture
def world(
    viewer: Any, make_napari_viewer: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    # Drawn by Mesa, vispy crashes now and then after a layer was removed, also without this plugin:
    # so all is prepared for the screen, but the triangles are not drawn. Nothing looks at them here.
    monkeypatch.setattr(GlirProgram, "draw", lambda *_: None)
    gate, watch = Gate(), Watch()
    for name in ("perform", "plan"):
        monkeypatch.setattr(work, name, gate.before(getattr(work, name)))
    watch.watching(monkeypatch)
    with Faults() as faults:
        made = World(viewer, faults, gate, watch, make_napari_viewer, tmp_path)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (made.answer, ""))
        yield made
        made.clear()


def test_a_walk(world: World) -> None:
    """Hypothesis prints the steps of one that fails; `world.steps` says what they came to."""
    effort = settings(
        max_examples=WALKS,
        stateful_step_count=STEPS,
        phases=[Phase.generate, *[Phase.shrink] * THOROUGH],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Walk(world), settings=effort)
