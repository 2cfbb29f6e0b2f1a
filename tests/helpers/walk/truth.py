"""What must hold after every step, whatever was done: each check raises with what it found."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.true_now import same
from helpers.walk.counts import choice_now, counted_now
from helpers.walk.pixels import bits, plain
from helpers.walk.previews import preview_is_true
from helpers.walk.world import COLORS, look_of
from napari_histeq import equalize, layers
from napari_histeq.core.measures import summary
from napari_histeq.gui.preview.follow_slice import followed
from napari_histeq.gui.preview.patch import VISIBLE
from napari_histeq.gui.runs.selection import Several
from napari_histeq.gui.runs.work import EXPECTED, Choice, task_of
from napari_histeq.gui.widgets.controls import kept
from napari_histeq.layers import thickness
from napari_histeq.records import before_and_after, counted_limits, curve_of, perform, survey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Image

    from helpers.walk.world import Own, World
    from napari_histeq.core import Histogram


@contextmanager
def quietly() -> Iterator[None]:
    """That nothing is counted is told to the person; here it is no surprise."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no pixel was counted", UserWarning)
        yield


@quietly()
def check(world: World) -> None:
    """All of it."""
    world.faults.check()
    layers_are_explained(world)
    for own in world.known.values():
        pixels_are_kept(own)
    looks_are_kept(world)
    if world.panel is None:
        assert world.preview is None, "a preview without a panel"
        return
    rows_offer_what_there_is(world)
    rows_are_kept(world)
    plot_is_true(world)
    preview_is_true(world)


# ---- the layers ----


def layers_are_explained(world: World) -> None:
    """Those of the person, those that runs made, and no other."""
    there, known = set(world.all), set(world.known)
    assert there == known, f"more: {there - known}; gone: {known - there}"


def pixels_are_kept(own: Own) -> None:
    assert own.layer.data is own.data or own.layer.multiscale, f"{own.layer}: other data"
    assert bits(own.layer) == own.kept, f"{own.layer}: other pixels"


def looks_are_kept(world: World) -> None:
    worn = world.previewed
    for layer, own in world.known.items():
        found, wanted = look_of(layer), dict(own.look)
        for name in COLORS if layer in worn or followed(layer) else ():
            found.pop(name, None)
            wanted.pop(name, None)
        assert found == wanted, f"{layer}: looks like {found}, not {wanted}"


# ---- the panel's rows ----


def rows_offer_what_there_is(world: World) -> None:
    panel, viewer = world.panel, world.viewer
    sources = [layer for layer in viewer.layers if layers.is_source(layer)]
    chosen = panel["layer"].value
    offered = [c for c in panel["layer"].choices if not isinstance(c, Several)]
    assert offered == sources, f"Layer offers {offered}, there are {sources}"
    images = chosen.images if isinstance(chosen, Several) else (chosen,) * (chosen is not None)
    assert set(images) <= set(sources), f"Layer is {chosen}"
    assert bool(images) == bool(sources), f"Layer is {chosen}"
    for choice, text in zip(panel["layer"].choices, texts_of(panel["layer"]), strict=True):
        name = str(choice) if isinstance(choice, Several) else choice.name
        assert text == name, f"Layer calls {name!r} {text!r}"
    regions = [la for la in viewer.layers if type(la).__name__ in ("Labels", "Shapes")]
    found = [c for c in panel["mask"].choices if c is not None]
    assert found == regions, f"Mask offers {found}, there are {regions}"
    assert panel["mask"].value in (None, *regions)
    assert panel["run"].enabled == bool(sources)
    assert not panel["cancel"].visible
    assert not panel["progress"].visible


#: What follows the layers, or is told by the program.
FREE = ("layer", "mask", "message", "summary", "status", "evidence", "progress", "output", "preview",
        "preset", "run", "cancel", "hold")  # fmt: skip


def rows_are_kept(world: World) -> None:
    """What rows say is the person's: nothing but a touch of theirs changes it."""
    panel = world.panel
    found = {row.name: str(kept(row)) for row in panel if row.name not in FREE}
    found["axes"] = str(panel["axes"].value)
    found["of"] = str((panel.source, panel["axes"].names))
    options = {f.name for f in panel.options_shown if f.values}  # a layer that may go
    before, world.rows = world.rows, found
    if world.touched or before.keys() != found.keys():
        world.touched = False
        return
    free = {"of"} if before["of"] == found["of"] else {"of", "axes"}
    for name in before.keys() - options - free:
        assert found[name] == before[name], f"{name} was {before[name]}, is {found[name]}"


def texts_of(box: Any) -> list[str]:
    return [box.native.itemText(i) for i in range(box.native.count())]


# ---- the plot ----


def plot_is_true(world: World) -> None:
    """It is of the pixels that count now, by the settings of now; or there is none."""
    panel = world.panel
    shown, status = panel.plotbox.shown, panel["status"].value
    source, choice = choice_now(world)
    if source is None or choice is None:
        assert shown is None, f"a plot of {source} by {choice}"
        assert choice is not None or status, "settings that do not fit, and not a word"
        return
    try:
        wanted = counted_now(world, source, choice)
    except EXPECTED:
        wanted = None
    if wanted is None or not wanted.total:
        assert shown is None, f"a plot of nothing: {shown}"
        assert status, "no plot, and not a word"
        return
    if VISIBLE in status and world.preview is not None:
        visible_plot_is_true(world, source, shown)
        return
    assert shown is not None, f"no plot of {source}: {status!r}"
    if not same(shown.before, wanted) and "Equalize counts all" not in status:
        task = task_of(world.viewer, source, choice)
        wanted = survey(task, lambda *_: None).before  # a run's own numbers: of all pixels
    assert same(shown.before, wanted), f"before: {shown.before}, not {wanted}"
    after_is_true(world, source, choice, wanted)


def after_is_true(world: World, source: Image, choice: Choice, before: Histogram) -> None:
    panel = world.panel
    shown, task = panel.plotbox.shown, task_of(world.viewer, source, choice)
    apart = bool(choice.others) and not choice.together
    curve = None if apart else curve_of(task, before)
    if curve is not None:
        ways = [curve.push(before)]
    elif shown.after is None:
        return
    else:
        ways = []
    if not any(same(shown.after, way) for way in ways):  # a run's own numbers
        outcome = perform(task, lambda *_: None)
        assert outcome.after is not None
        assert same(shown.after, outcome.after), f"after: {shown.after}, not {outcome.after}"
    measures = panel.plotbox.measures
    pairs = summary(shown.before, shown.after, counted_limits(task, shown.before))
    wanted = before_and_after(pairs)
    for when, found in (measures or {}).items():
        for name in found.keys() & wanted[when].keys():  # a run knows some of the pixels too
            np.testing.assert_allclose(found[name], wanted[when][name], 1e-3, 1e-9, err_msg=name)


def visible_plot_is_true(world: World, source: Image, shown: Any) -> None:
    layer = world.preview
    assert layer is not None
    pixels = plain(layer.data)
    assert shown is not None
    counted = pixels[..., 0] if source.rgb else pixels
    finite = np.isfinite(counted).sum() if counted.dtype.kind == "f" else counted.size
    planes = 1
    for start, stop in thickness(source):
        planes *= max(stop - start, 1)
    if not source.rgb and planes == 1:
        assert shown.after.total == finite, f"{shown.after.total} of {finite} visible pixels"


@quietly()
def results_are_reproduced(made: Own, pixels: Any) -> None:
    """To the bit, with the settings of its record."""
    record = layers.record_of(made.layer)
    assert record is not None
    full = plain(pixels)
    kind = layers.kind_of(made.layer)
    if kind == layers.DISPLAY:
        return
    shown = made.layer.data[0] if made.layer.multiscale else made.layer.data
    wanted = record.reproduce(full)
    assert plain(shown).tobytes() == np.asarray(wanted).tobytes(), f"{made.layer}: other pixels"
    if record.given:
        return
    again = equalize(
        full, record.recipe.method, mask=record.counted(full), **record.recipe.keywords()
    )
    assert plain(shown).tobytes() == np.asarray(again).tobytes(), f"{made.layer}: not equalize(...)"
