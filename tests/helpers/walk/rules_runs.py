"""What a person does to have layers equalized."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from helpers.menus import menu_of
from helpers.viewers import menu_action
from helpers.walk.pixels import another, made
from helpers.walk.rules_layers import MOST, NUMBERS, SEEDS
from helpers.walk.rules_panel import opened
from helpers.walk.runs import Runs

if TYPE_CHECKING:
    from helpers.walk.world import World

#: What may happen while a run goes on.
MEANWHILE = (
    "nothing", "nothing", "nothing", "cancel", "remove", "rename", "change data", "again", "other settings",
    "preview", "close the panel", "remove all",
)  # fmt: skip

#: Items of the menu that ask for a file.
ASK = (
    "Run on files...",
    "Run on a folder or OME-Zarr...",
    "Save plot...",
    "Save table...",
    "Stop the run on files",
)


COMMANDS = (
    "Equalize histogram",
    "Equalize histogram locally (CLAHE)",
    "Equalize display only",
    "Plot histogram",
)


class RunRules:
    """Steps that add layers of ours."""

    world: World
    say: Any

    @opened
    @rule(meanwhile=st.sampled_from(MEANWHILE), number=NUMBERS, seed=SEEDS)
    def run(self, meanwhile: str, number: int, seed: int) -> None:
        self.run_with(meanwhile, number, seed)

    def run_with(self, meanwhile: str, number: int, seed: int) -> None:
        """Press the button; in the middle of it something may happen."""
        world = self.world
        if len(world.all) > MOST + 4 or world.panel.source is None:
            return
        self.say("Equalize; meanwhile", meanwhile)
        runs, removed = Runs(world), ()
        if meanwhile != "nothing":
            world.gate.close()
        world.panel["run"].native.click()
        if meanwhile != "nothing":
            began = [one for one in runs.asked if not one.ended]
            if began:
                world.until(lambda: world.gate.waiting or all(o.ended for o in began), "it runs")
            removed = self._meanwhile(meanwhile, number, seed)
        world.gate.open()
        world.settle()
        runs.absorb(removed, moved=meanwhile in ("remove", "remove all"))
        if world.panel is None:
            self.say("open the panel")
            world.open()

    @opened
    @rule()
    def run_alone(self) -> None:
        self.run_with("nothing", 0, 0)

    def _meanwhile(self, what: str, number: int, seed: int) -> tuple[Any, ...]:
        world, panel = self.world, self.world.panel
        source = panel.source
        if what == "cancel":
            panel["cancel"].native.click()
        elif what in ("remove", "remove all"):
            gone = tuple(world.all) if what == "remove all" else (source,)
            for layer in gone:
                world.viewer.layers.remove(layer)
            return gone
        elif what == "rename":
            source.name = "renamed meanwhile"
        elif what == "change data" and source in world.own:
            own = world.own[source]
            own.kind = another(own.kind, number)
            self.say("data are now", own.kind, seed)
            source.data = made(own.kind, seed)
            own.note_data()
        elif what == "again":
            panel["run"].native.click()
        elif what == "other settings":
            world.touched = True
            panel["strength"].value = 0.5
            panel["run"].native.click()
        elif what == "preview":
            panel["preview"].value = True
        elif what == "close the panel":
            world.close()
        return ()

    @rule(text=st.sampled_from(COMMANDS))
    def command(self, text: str) -> None:
        """From the menu, for the selected layers, with or without a panel."""
        world = self.world
        if len(world.all) > MOST + 4:
            return
        self.say("command", text)
        runs = Runs(world)
        menu_action(world.viewer.window.layers_menu, f"{text} (napari-histeq)").trigger()
        world.settle()
        runs.absorb()

    @opened
    @rule(number=st.integers(0, 30))
    def use_the_menu(self, number: int) -> None:
        """Any item of the menu of results that asks for no file."""
        world, tools = self.world, self.world.panel.tools
        tools.menu.aboutToShow.emit()
        actions = [(p, a) for p, a in _leaves(tools.menu) if a.isEnabled() and p[-1] not in ASK]
        if not actions or len(world.all) > MOST + 4:
            return
        path, action = actions[number % len(actions)]
        self.say("Menu", " > ".join(path)[:90])
        made_ = tools.made()
        runs = Runs(world)
        action.trigger()
        world.settle()
        removed = (made_,) if path[-1] == "Remove display-only layer" else ()
        runs.absorb(removed)


def _leaves(menu: Any, *path: str) -> list[tuple[tuple[str, ...], Any]]:
    found = []
    for action in menu.actions():
        here = (*path, action.text())
        if (inner := menu_of(action)) is not None:
            found += _leaves(inner, *here) if action.isEnabled() else []
        elif not action.isSeparator():
            found.append((here, action))
    return found
