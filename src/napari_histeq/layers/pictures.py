"""The plots of an outcome: of the whole, or of each plane when it is looked at."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.theme import get_theme

from napari_histeq.core import compute_histogram, measures
from napari_histeq.core.reading import read_part
from napari_histeq.layers.plot_stack import PlotStack
from napari_histeq.records import before_and_after, counting, joint_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_histeq import plot
    from napari_histeq.core import Histogram
    from napari_histeq.records import Outcome, Task

#: Pixels across a plot: sharp when it fills the screen.
PLOT_WIDTH = 2400

#: Measures under the plot: before and after, and those of the result against its source.
PAIRS = {
    "entropy": "entropy",
    "distance from flat": "ks_distance",
    "chi²": "chi_square",
    "mean": "mean",
    "contrast": "contrast_per_pixel",
    "EME": "eme",
}
SINGLE = {"PSNR": "psnr", "SSIM": "ssim"}

#: Pixels across the plot of a plane: there may be many.
PLANE_WIDTH = 1600


def theme_of(name: str) -> plot.Theme:
    """The plot's colors in a theme of napari's."""
    from napari_histeq import plot  # late: it brings matplotlib along

    colors = get_theme(name)
    return plot.Theme.of(
        name,
        background=colors.background.as_hex(format="long"),
        text=colors.text.as_hex(format="long"),
    )


def of_planes(task: Task, outcome: Outcome, theme: str) -> PlotStack | None:
    """Plots of the planes that were equalized each on its own; None if it was not so."""
    ndim = len(task.image.shape)
    axes = task.recipe.axes
    if axes is None or task.colors or outcome.data is None:
        return None
    if not {ndim - 2, ndim - 1} <= set(axes):  # no plane has a histogram of its own
        return None
    shared = tuple(axis in axes for axis in range(ndim - 2))
    draw = lru_cache(maxsize=4)(partial(_of_plane, task, outcome, theme_of(theme), shared))

    def picture(index: tuple[int, ...]) -> NDArray[np.uint8]:
        return draw(tuple(0 if s else i for s, i in zip(shared, index, strict=True)))

    return PlotStack(picture, tuple(task.image.shape[:-2]))


def _of_plane(
    task: Task,
    outcome: Outcome,
    theme: plot.Theme,
    shared: tuple[bool, ...],
    index: tuple[int, ...],
) -> NDArray[np.uint8]:
    """The plot of what shares a histogram at an index of the axes in front."""
    from napari_histeq import plot  # late: it brings matplotlib along

    key = tuple(slice(None) if s else i for s, i in zip(shared, index, strict=True))
    finest = outcome.data[0] if task.coarser else outcome.data
    before, after = read_part(task.image, key), read_part(finest, key)
    record = outcome.record
    region = None if record.mask is None or record.mask.bits is None else record.mask.array()
    if region is not None:
        region = np.broadcast_to(region, task.image.shape)[key]
    counted = counting(before, region, task.ignored, None)
    first, second = (compute_histogram(a, mask=counted) for a in (before, after))
    curve = None
    single = task.recipe.method.is_single_curve and task.recipe.neighbors(stacked=True) is None
    if single and first.total and first.levels.dtype.kind != "b":
        outer = [axis for axis, together in enumerate(shared) if not together]
        lengths = tuple(task.image.shape[axis] for axis in outer)
        own = task.recipe.at_plane(tuple(index[axis] for axis in outer), lengths)
        curve = own.method.transfer_function(first, own.checked(first.levels.dtype))
    at = ", ".join(str(i) for s, i in zip(shared, index, strict=True) if not s)
    return plot.render(
        first, second, curve=curve, title=f"{task.source}  [{at}]", theme=theme,
        note="", width=PLANE_WIDTH,
    )  # fmt: skip


def of_all(task: Task, outcome: Outcome, theme: str) -> NDArray[np.uint8]:
    """The plot of the whole."""
    from napari_histeq import plot  # late: it brings matplotlib along

    return plot.render(
        outcome.before,
        outcome.after,
        curve=outcome.curve,
        title=task.source,
        theme=theme_of(theme),
        measures=_in_plot(outcome),
        note=note_of(task, outcome.before, outcome.after),
        width=PLOT_WIDTH,
    )


def of_several(
    done: Sequence[tuple[Task, Outcome, str]], theme: str
) -> tuple[NDArray[np.uint8], Outcome]:
    """The plot of the joint histogram of several layers, with a thin line for each.

    Parameters
    ----------
    done : sequence of (Task, Outcome, str)
        With the layer's color, or an empty string. Of layers of another dtype than the first
        there is no line.
    theme : str

    Returns
    -------
    picture : (H, W, 4) array of uint8
    Outcome
        What it shows.
    """
    from napari_histeq import plot  # late: it brings matplotlib along

    first = done[0][0].colors, done[0][1].before.levels.dtype
    same = [(t, o, c) for t, o, c in done if (t.colors, o.before.levels.dtype) == first]
    tasks, outcomes = [t for t, _, _ in same], [o for _, o, _ in same]
    shown = _joint(tasks, outcomes)
    colors = theme_of(theme)
    picture = plot.render(
        shown.before,
        shown.after,
        curve=shown.curve,
        title=f"{len(same)} layers",
        theme=colors,
        measures=_in_plot(shown),
        note="" if shown.curve is None else note_of(tasks[0], shown.before, shown.after),
        parts=[(color or colors.text, outcome.before) for _, outcome, color in same],
        width=PLOT_WIDTH,
    )
    return picture, shown


def _joint(tasks: Sequence[Task], outcomes: Sequence[Outcome]) -> Outcome:
    """All pixels of several images as those of one; what they become, if one curve tells."""
    one = tasks[0].joint
    before = one or joint_of(tasks, [outcome.before for outcome in outcomes], lambda *_: None)
    curve = outcomes[0].curve if one else None
    after = None if curve is None else curve.push(before)
    found = measures.summary(before, after or before, outcomes[0].limits)
    record = replace(outcomes[0].record, measures=before_and_after(found))
    return replace(outcomes[0], data=None, before=before, after=after, curve=curve, record=record)


def _in_plot(outcome: Outcome) -> dict[str, Any] | None:
    """The measures that stand under the plot, beside what it says of the levels."""
    if outcome.after is None:
        return None
    before, after = (outcome.record.measures[when] for when in ("before", "after"))
    told: dict[str, Any] = {
        caption: (before[name], after[name]) for caption, name in PAIRS.items() if name in after
    }
    clipped = (f"{found['fraction_clipped']:.2%}" for found in (before, after))
    told["clipped"] = " → ".join(clipped)
    return told | {caption: after[name] for caption, name in SINGLE.items() if name in after}


def note_of(task: Task, before: Histogram, after: Histogram | None) -> str:
    """Why the result is not flat."""
    from napari_histeq import plot  # late: it brings matplotlib along

    if after is None:
        return ""
    if not task.recipe.method.is_single_curve:
        flat = task.recipe.method.is_flat and task.recipe.strength == 1.0 and not task.colors
        return plot.why_not_flat(before, after, local=True, flat=flat)
    if task.recipe.each_label:
        return f"{plot.WHOLE_LEVELS}, and here every label has its own curve."
    if task.recipe.inside:
        partly = ", and those at the soft edge only partly" if task.recipe.feather else ""
        return f"{plot.WHOLE_LEVELS}, and here only those inside are changed{partly}."
    if task.recipe.axes is not None:
        return f"{plot.WHOLE_LEVELS}, and here every slice has its own curve."
    if task.colors:
        return plot.WHOLE_LUMINANCES
    return plot.why_not_flat(before, after)
