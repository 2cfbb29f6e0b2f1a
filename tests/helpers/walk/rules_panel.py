"""What a person does with the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from helpers import strategies as some
from helpers.walk.left import nothing_is_left
from helpers.walk.rules_layers import NUMBERS
from napari_histeq.core import METHODS
from napari_histeq.core.methods import options_of
from napari_histeq.gui.panel.rows import OUT_RANGES
from napari_histeq.gui.settings.presets import OURS

if TYPE_CHECKING:
    from helpers.walk.world import World

opened = precondition(lambda self: self.world.panel is not None)

#: Rows that are drawn alike, whatever the method.
TICKS = ("ignore", "inside", "gain", "plot", "compare", "replace")


class PanelRules:
    """Steps that need the panel."""

    world: World
    say: Any

    # ---- the rows ----

    @opened
    @rule(number=NUMBERS)
    def choose_layer(self, number: int) -> None:
        self.world.touched = True
        box = self.world.panel["layer"]
        if box.choices:
            chosen = box.choices[number % len(box.choices)]
            self.say("Layer", str(chosen)[:40])
            box.value = chosen

    @opened
    @rule(name=st.sampled_from([*METHODS]))
    def choose_method(self, name: str) -> None:
        self.world.touched = True
        self.say("Method", name)
        self.world.panel["method"].value = name

    @opened
    @rule(data=st.data())
    def set_option(self, data: Any) -> None:
        """Any option of the method, anywhere within its limits."""
        self.world.touched = True
        panel = self.world.panel
        method: Any = METHODS[panel["method"].value]
        fields = options_of(method)
        if not fields:
            return
        field = data.draw(st.sampled_from(fields), "option")
        row = panel[field.name]
        if field.values:
            value = data.draw(st.sampled_from([None, *row.choices]), "layer")
        else:
            value = data.draw(some.option(field), "value")
        self.say("Option", field.name, value)
        row.value = value

    @opened
    @rule(name=st.sampled_from(TICKS))
    def tick(self, name: str) -> None:
        self.world.touched = True
        row = self.world.panel[name]
        self.say("Tick", name, not row.value)
        row.value = not row.value

    @opened
    @rule(data=st.data())
    def set_row(self, data: Any) -> None:
        self.world.touched = True
        panel = self.world.panel
        name = data.draw(
            st.sampled_from(
                ["mask", "axes", "strength", "out_range", "low", "high", "ignored_value", "feather",
                 "smooth", "output", "together"]
            ), "row",
        )  # fmt: skip
        values: dict[str, Any] = {
            "strength": some.strengths,
            "out_range": st.sampled_from([value for _, value in OUT_RANGES]),
            "low": st.sampled_from([0, -1.5, 300]),
            "high": st.sampled_from([255, 1.0, 1e4]),
            "ignored_value": st.sampled_from([0, 7, 0.5, -1e300]),
            "feather": st.integers(0, 50),
            "smooth": st.sampled_from([None, 1, 3, 11]),
            "output": st.sampled_from(["new layer", "display only"]),
            "together": st.sampled_from(["each on its own", "one histogram for all"]),
        }
        if name == "mask":
            drawn = st.sampled_from([None, *(c for c in panel["mask"].choices if c is not None)])
        elif name == "axes":
            names = panel["axes"].names
            drawn = st.sets(st.sampled_from(range(len(names)))) if names else st.just(())
        else:
            drawn = values[name]
        value = data.draw(drawn, "value")
        self.say("Row", name, value)
        panel[name].value = value

    @opened
    @rule(name=st.sampled_from([*OURS, "copy and paste", "suggest", "draw otherwise"]))
    def preset(self, name: str) -> None:
        """Or another button that sets rows, or none of importance."""
        panel = self.world.panel
        self.world.touched = True
        self.say("Preset", name)
        if name == "copy and paste":
            panel.presets.copy()
            panel.presets.paste()
        elif name == "draw otherwise":
            panel.tools.bins.setCurrentIndex(1)
            panel.tools.log.toggle()
        elif name != "suggest":
            panel["preset"].value = name
        elif not panel.suggest.isHidden():
            panel.suggest.button.click()

    # ---- to see it ----

    @opened
    @rule(on=st.sampled_from([True, True, False]))
    def preview(self, on: bool) -> None:
        self.say("Preview", on)
        self.world.panel["preview"].value = on

    @opened
    @rule()
    def hold(self) -> None:
        """And let it go."""
        world, panel = self.world, self.world.panel
        self.say("hold and let go")
        panel["hold"].native.pressed.emit()
        world.settle()
        if panel._comparing.held:
            assert all(image.visible for image in panel._chosen.images())
            assert not panel._live._worn
            assert world.preview is None
        panel["hold"].native.released.emit()
        assert not panel._comparing.held

    @opened
    @rule()
    def reopen(self) -> None:
        world = self.world
        self.say("close the panel")
        world.close()
        world.settle()
        nothing_is_left(world)
        self.say("open it")
        world.open()
