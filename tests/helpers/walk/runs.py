"""What a run may add, hide and take away, and what it must not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from helpers.walk.pixels import levels_of
from helpers.walk.truth import results_are_reproduced
from helpers.walk.world import Own
from napari_histeq import layers
from napari_histeq.gui.runs.run import Run
from napari_histeq.layers import DISPLAY, GAIN, IMAGE, ORIGINAL, PLOT, kind_of

if TYPE_CHECKING:
    from napari.layers import Layer

    from helpers.walk.world import World

HIDING = ("opaque", "translucent", "translucent_no_depth")


@dataclass
class Asked:
    """A run that was asked for: how, and the pixels of each layer when it began."""

    choice: Any
    pixels: dict[str, Any]
    ended: list[tuple[str, Any]] = field(default_factory=list)


class Watch:
    """Hears of every run from its start to its end, whoever began it."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._of: dict[int, Asked] = {}

    def watching(self, patch: Any) -> None:
        """Be told by the runs themselves: their signals say nothing to a second listener."""
        start, stop = Run.start, Run._stop

        def begun(run: Run) -> None:
            images = (run.source, *run.choice.others)
            asked = Asked(run.choice, {la.name: levels_of(la)[0] for la in images})
            self.asked.append(asked)
            self._of[id(run)] = asked
            start(run)

        def ended(run: Run, how: str, why: Any) -> None:
            if run._shown is not None:
                self._of.pop(id(run)).ended.append((how, why))
            stop(run, how, why)

        patch.setattr(Run, "start", begun)
        patch.setattr(Run, "_stop", ended)


class Runs:
    """The runs of one step, from before it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._first = len(world.watch.asked)
        self.before = self._arrangement()

    @property
    def asked(self) -> list[Asked]:
        """Those that began since."""
        return self._world.watch.asked[self._first :]

    def _arrangement(self) -> tuple[list[Layer], set[Layer], Any]:
        viewer = self._world.viewer
        chosen = viewer.layers.selection
        return self._world.all, set(chosen), chosen.active

    # ---- afterwards ----

    def absorb(self, removed: tuple[Layer, ...] = (), *, moved: bool = False) -> list[Layer]:
        """Explain what there is now; what is new is known from now on."""
        world = self._world
        new = [layer for layer in world.all if layer not in world.known]
        gone = {layer for layer in world.known if layer not in world.viewer.layers} - {*removed}
        for layer in removed:
            world.own.pop(layer, None)
            world.made.pop(layer, None)
        self._taken_away(gone)
        self._hidden(new)
        for layer in new:
            made = world.made[layer] = Own(layer, kind_of(layer))
            made.note_data()
            made.note_look()
        self._counted(new)
        for layer in new:
            self._is_right(world.made[layer])
        if not moved and not removed:
            self._stays(gone)
        return new

    def _stays(self, gone: set[Layer]) -> None:
        """Order and selection are the person's."""
        order, selected, active = self.before
        now = self._world.all
        kept = [layer for layer in order if layer not in gone]
        assert [la for la in now if la in kept] == kept, "the order of the layers"
        if not gone:
            chosen = self._world.viewer.layers.selection
            assert set(chosen) == selected, f"selected are {set(chosen)}, not {selected}"
            assert chosen.active is active, f"active is {chosen.active}, not {active}"

    def _taken_away(self, gone: set[Layer]) -> None:
        for layer in gone:
            assert any(one.choice.replace for one in self.asked), f"{layer} is gone"
            assert layer in self._world.made, f"{layer} is gone, which is the person's"
            del self._world.made[layer]

    def _hidden(self, new: list[Layer]) -> None:
        results = [la for la in new if kind_of(la) in (IMAGE, DISPLAY)]
        mixing = any(la.blending not in HIDING or la.opacity < 1 for la in results)
        plots = any(kind_of(la) == PLOT for la in new)
        for layer, own in self._world.known.items():
            if layer.visible != own.look["visible"]:
                assert not layer.visible, f"{layer} is shown"
                why = (kind_of(layer) == PLOT and plots) or mixing
                assert why, f"{layer} is hidden"
                own.look["visible"] = False

    def _counted(self, new: list[Layer]) -> None:
        """As many of each kind as were asked for."""
        most = dict.fromkeys((IMAGE, DISPLAY, GAIN, ORIGINAL, PLOT), 0)
        least = dict(most)
        for asked in self.asked:
            kind = DISPLAY if asked.choice.display else IMAGE
            assert len(asked.ended) == 1, f"it ended {len(asked.ended)} times"
            how, what = asked.ended[0]
            count = len(asked.choice.others) + 1
            most[kind] += count * asked.choice.image
            most[GAIN] += count * asked.choice.gain
            most[ORIGINAL] += count * asked.choice.compare
            most[PLOT] += int(asked.choice.plot)
            if how == "done":
                least[kind] += len(what) * asked.choice.image
                assert what, "done, and nothing was made"
                least[PLOT] += int(asked.choice.plot)
            else:
                assert str(what), f"{how}, and not a word"
        found = {kind: sum(kind_of(la) == kind for la in new) for kind in most}
        assert sum(found.values()) == len(new), f"of another kind: {new}"
        ends = [asked.ended for asked in self.asked]
        for kind, number in found.items():
            low, high = least[kind], most[kind]
            assert low <= number <= high, f"{number} of {kind}, not {low} to {high}: {new} {ends}"

    def _is_right(self, made: Own) -> None:
        if kind_of(made.layer) not in (IMAGE, DISPLAY):
            return
        record = layers.record_of(made.layer)
        assert record is not None
        for asked in self.asked:
            if record.source in asked.pixels and _fits(record.recipe, asked.choice.recipe):
                results_are_reproduced(made, asked.pixels[record.source])
                return
        raise AssertionError(f"{made.layer}: nobody asked for {record.recipe}")


def _fits(recorded: Any, chosen: Any) -> bool:
    same = ("out_range", "strength", "inside", "feather", "smooth")
    alike = all(getattr(recorded, name) == getattr(chosen, name) for name in same)
    return alike and recorded.method.name == chosen.method.name
