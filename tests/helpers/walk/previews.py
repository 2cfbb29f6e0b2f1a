"""Whether a preview is the result, in its place, and of what is there now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.walk.counts import choice_now, counted_now
from helpers.walk.pixels import plain
from napari_histeq.gui.preview.counter import is_small
from napari_histeq.gui.runs.work import Choice, task_of
from napari_histeq.layers import thickness, visible_window
from napari_histeq.records import counted_limits, curve_of, perform

if TYPE_CHECKING:
    from napari.layers import Image

    from helpers.walk.world import World


def preview_is_true(world: World) -> None:
    panel, layer = world.panel, world.preview
    live, source = panel._live, panel.source
    worn = world.previewed
    if not panel["preview"].value:
        assert not worn, f"a preview on {worn}, which is off"
        assert layer is None, f"a preview {layer}, which is off"
        return
    assert worn <= set(world.known), f"a preview on {worn}"
    _, choice = choice_now(world)
    if source is None or choice is None or live._histogram is None:
        assert layer is None, "a preview of nothing"
        assert not worn, "a preview of nothing"
        return
    if layer is not None:
        patch_is_true(world, source, layer, choice)
    elif not worn:
        assert panel["status"].value or source._slice.empty, f"no preview of {source}, no word"
    for image in worn:
        worn_is_true(world, image, choice)


def patch_is_true(world: World, source: Image, layer: Any, choice: Choice) -> None:
    """The pixels of the result, all of those that are visible, in their place."""
    assert not choice.others
    flat = list(source._slice_input.displayed) == [source.ndim - 2, source.ndim - 1]
    assert flat, "a preview, but not of the last two axes"
    thick = any(stop - start > 1 for start, stop in thickness(source))
    if source.multiscale or thick or not is_small(source):
        return  # which is near the result, and tells so
    task = task_of(world.viewer, source, choice)
    full = perform(replace(task, coarser=()), lambda *_: None).data
    shown = plain(layer.data)
    corners = np.array([[0, 0], np.array(shown.shape[:2]) - 1], float)
    point = np.asarray(world.viewer.dims.point)
    at = np.rint(source.world_to_data(point))[: source.ndim - 2].astype(int)
    at = tuple(np.clip(at, 0, np.array(full.shape[: len(at)]) - 1))
    top, bottom = (layer.data_to_world(corner) for corner in corners)
    first, last = (_in_source(world, source, end) for end in (top, bottom))
    box = tuple(slice(int(a), int(b) + 1) for a, b in zip(first, last, strict=True))
    wanted = full[(*at, *box)]
    assert shown.shape == wanted.shape, f"preview of {shown.shape}, not {wanted.shape} at {box}"
    assert shown.tobytes() == np.ascontiguousarray(wanted).tobytes(), f"preview of {source}: {box}"
    seen = _visible(source)
    for (start, stop), part in zip(seen, box, strict=True):
        assert part.start <= start + 1, f"only {box} of {seen} is previewed"
        assert part.stop >= stop - 1, f"only {box} of {seen} is previewed"


def _in_source(world: World, source: Image, place: Any) -> Any:
    point = np.array(world.viewer.dims.point, float)
    point[-len(place) :][-2:] = np.asarray(place)[-2:]
    return np.rint(np.asarray(source.world_to_data(point))[-2:]).astype(int)


def _visible(source: Image) -> list[tuple[int, int]]:
    sizes = source.data.shape[source.ndim - 2 : source.ndim]
    return [
        (w.start or 0, n if w.stop is None else min(w.stop, n))
        for w, n in zip(visible_window(source), sizes, strict=True)
    ]


def worn_is_true(world: World, image: Image, choice: Choice) -> None:
    """Each gray value is displayed as the result would be, as near as it is told."""
    own = world.known[image].look
    live = world.panel._live
    if own["colormap"] != "gray" or own["gamma"] != 1 or choice.others:
        return
    settings = live._worn[image]
    before = counted_now(world, image, choice)
    assert before is not None
    task = task_of(world.viewer, image, choice)
    curve = curve_of(task, before)
    assert curve is not None
    x = before.bin_centers[before.populated] if hasattr(before, "populated") else None
    if x is None or not len(x):
        return
    limits = counted_limits(task, before) or before.range
    low, high = limits
    if not high > low:
        return
    wanted = np.clip((curve.evaluate(x) - low) / (high - low), 0, 1)
    (a, b), gamma = settings.contrast_limits, settings.gamma
    place = np.clip((x - a) / (b - a), 0, 1) ** gamma
    found = settings.colormap.map(place)[:, 0]
    weight = before.counts[before.populated] / before.total
    off = np.abs(found - wanted)
    much = weight[off > max(settings.error, 2) / 255 + 0.02].sum()
    assert much < 0.1, f"{much:.0%} of {image} is previewed wrongly"
    assert tuple(image.contrast_limits) == tuple(settings.contrast_limits)
