"""The walk itself: the rules of its steps, and what is looked at after each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from helpers.walk import truth
from helpers.walk.left import nothing_is_left
from helpers.walk.pixels import IMAGES
from helpers.walk.rules_files import FileRules
from helpers.walk.rules_layers import LayerRules
from helpers.walk.rules_panel import PanelRules
from helpers.walk.rules_runs import RunRules
from helpers.walk.rules_view import ViewRules

if TYPE_CHECKING:
    from helpers.walk.world import World

#: Where each step is written before it is done: of a process that crashes nothing else is left.
LOG = os.environ.get("HISTEQ_WALK_LOG", "")


class Walk(FileRules, LayerRules, PanelRules, RunRules, ViewRules, RuleBasedStateMachine):
    """A person at work. Its viewer is used again by the next walk."""

    world: World

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.failed = True
        world.steps.clear()
        world.faults.said.clear()

    def say(self, *words: object) -> None:
        """Note a step."""
        line = " ".join(map(str, words))
        self.world.steps.append(line)
        if LOG:
            with Path(LOG).open("a") as log:
                log.write(f"{line}\n")

    @initialize(kind=st.sampled_from(IMAGES), seed=st.integers(0, 9))
    def begin(self, kind: str, seed: int) -> None:
        """Nobody begins with nothing."""
        self.say("---- a walk ----")
        self.world.open()
        self.put(kind, seed)

    @invariant()
    def all_is_well(self) -> None:
        """After each step, when all has come to rest."""
        self.world.settle()
        truth.check(self.world)

    def teardown(self) -> None:
        """Close and remove all: nothing of ours stays."""
        world = self.world
        if world.faults.found or not world.steps:
            return
        world.clear()
        nothing_is_left(world)
        world.faults.check()
