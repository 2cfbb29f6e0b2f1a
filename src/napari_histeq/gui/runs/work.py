"""What a run does on its own thread: from a person's choice to results, and then their picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from napari.layers import Labels
from napari.utils.colormaps import ensure_colormap

from napari_histeq import display, layers
from napari_histeq.core import ChunkError
from napari_histeq.core.arrays import is_lazy
from napari_histeq.core.errors import hearing
from napari_histeq.core.recipe import Recipe
from napari_histeq.display import load_solver, result_look
from napari_histeq.gui.background import cluster_in_words, load_plotting, working_at
from napari_histeq.layers import coarser_too, mask_on, plain
from napari_histeq.records import (
    KEY,
    Outcome,
    Task,
    identified,
    joined,
    measured,
    perform,
    plan,
    survey,
    with_pixels_measured,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.components import ViewerModel
    from napari.layers import Image, Shapes
    from numpy.typing import NDArray

    from napari_histeq.core import TransferFunction
    from napari_histeq.display import DisplaySettings
    from napari_histeq.gui.background import BackgroundJob
    from napari_histeq.layers import PlotStack
    from napari_histeq.records import Record, Report

    Picture = list[NDArray[np.uint8]] | PlotStack

#: What a person can cause and cure; anything else is a fault of ours, shown with a traceback.
EXPECTED = (ValueError, TypeError, MemoryError, OSError, ChunkError)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose in the panel; of its recipe the layer tells the channel axis.

    `others` are equalized as well: each on its own, or, if `together`, by one histogram of all.
    """

    recipe: Recipe = Recipe()  # noqa: RUF009  (frozen)
    region: Labels | Shapes | None = None
    ignored: int | float | None = None
    image: bool = True
    plot: bool = True
    compare: bool = False
    replace: bool = False
    display: bool = False
    curve: TransferFunction | None = None
    curve_of: str = ""
    gain: bool = False
    others: tuple[Image, ...] = ()
    together: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for one layer: the task, and the look that its result shall have."""

    task: Task
    look: tuple[Any, float]
    color: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one of the layers, and how to display it: delivered as soon as it is known."""

    index: int
    outcome: Outcome
    settings: DisplaySettings | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """The same outcome of one of the layers, with more of its record: sent when that is known."""

    index: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """What the worker hands back: a picture of what was found, and what could not be made."""

    picture: Picture | None = None
    pictured: Outcome | None = None
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def task_of(viewer: ViewerModel, source: Image, choice: Choice) -> Task:
    """The task for a layer, all taken from the layers that may change later.

    Raises
    ------
    ValueError
        If the choice does not fit the layer.
    """
    if choice.curve is not None and why_no_curve(source):
        raise ValueError(f"“{source.name}”: {why_no_curve(source)} Apply the same settings to it.")
    if choice.recipe.inside and choice.region is None and choice.ignored is None:
        raise ValueError(
            f"“{source.name}”: “Only inside” needs a mask layer, or an intensity to ignore (Region)"
        )
    each = choice.recipe.each_label
    if each and not isinstance(choice.region, Labels):
        raise ValueError(
            f"“{source.name}”: “Each label on its own” needs a labels layer as its mask (Region)"
        )
    region, axes = choice.region, choice.recipe.axes
    axes = None if axes is None else layers.axis_numbers(source, axes)
    return Task(
        image=layers.pixels_of(source),
        source=source.name,
        recipe=replace(choice.recipe, axes=axes, channel_axis=layers.channel_axis_of(source)),
        region=region and partial(mask_on, source, region, viewer.dims.point, labels=each),
        region_name=region.name if region else "",
        ignored=choice.ignored,
        given=choice.curve,
        given_of=choice.curve_of,
        wants_gain=choice.gain,
        coarser=layers.coarser_of(source),
    )


def color_of(layer: Image) -> str:
    """The brightest color of a layer as ``"#rrggbb"``; empty if that is a gray."""
    colormap, _ = result_look(layer)
    red, green, blue = (float(part) for part in ensure_colormap(colormap).colors[-1][:3])
    if layer.rgb or max(red, green, blue) - min(red, green, blue) < 0.1:
        return ""
    return "#" + "".join(f"{round(255 * part):02x}" for part in (red, green, blue))


def why_no_curve(source: Image) -> str:
    """Why no curve of single intensities suits a layer, in words; empty if one does."""
    if source.rgb:
        return "RGB pixels are colors, which no curve of intensities and no colormap can change."
    if np.dtype(layers.pixels_of(source).dtype).kind == "b":
        return "Its pixels are only true or false, which no curve can spread."
    return ""


def choice_of(record: Record, **changes: Any) -> Choice:
    """The choice that led to a record: to apply the same to another layer."""
    return replace(Choice(record.recipe, ignored=record.ignored, plot=False), **changes)


def settings_of(outcome: Outcome, look: tuple[Any, float]) -> DisplaySettings:
    """How to display the source so that it looks like the result."""
    assert outcome.curve is not None
    limits = outcome.limits or outcome.before.range
    colormap, gamma = look
    return display.display_settings(
        outcome.curve, outcome.before, limits, colormap=colormap, gamma=gamma
    )


def display_layer_of(source: Image, outcome: Outcome, settings: DisplaySettings) -> Image:
    """A layer that shares the source's data, and is displayed by the settings."""
    colormap, gamma = layers.look_of(source)
    limits = outcome.limits or outcome.before.range
    made = {"kind": layers.DISPLAY, "error": settings.error, "limits": limits}
    made |= {"colormap": colormap, "gamma": gamma}
    return display.display_layer(source, settings, {KEY: made | outcome.record.as_dict()})


def work(
    asked: Sequence[Asked], choice: Choice, theme: str, address: str, job: BackgroundJob
) -> Answer:
    """All that takes time: each outcome is delivered first, and the picture returned later.

    What the job raises when it reports ends it.
    """
    heard: list[str] = []
    problems: list[str] = []
    done: dict[int, Outcome] = {}
    name = asked[0].task.source if len(asked) == 1 else f"{len(asked)} layers"
    with hearing(heard.append):
        try:
            asked, start = _joined(asked, choice, job)
        except EXPECTED as error:
            why = f"nothing could be equalized: {plain(error)}"
            return Answer(problems=(why,), warnings=_once(name, heard))
        for index, one in enumerate(asked):
            try:
                told = _of_one(job, index, len(asked), start)
                outcome = _computed(one.task, _kind_of_work(choice), address, told)
                settings = settings_of(outcome, one.look) if choice.display else None
            except EXPECTED as error:
                problems.append(_in_words(one.task, error))
                continue
            job.deliver(Found(index, outcome, settings, _once(one.task.source, heard)))
            heard.clear()
            done[index] = outcome
            problems += _completed(job, asked, done, index, identified)
        job.wait_until_heard()
        for step in (measured, with_pixels_measured):
            for index in done:
                job(1.0, "measuring")
                problems += _completed(job, asked, done, index, step)
        picture = pictured = None
        if choice.plot and done:
            job(1.0, "drawing the plot")
            try:
                load_plotting(job.check)
                picture, pictured = _drawn([(asked[i], one) for i, one in done.items()], theme)
            except EXPECTED as error:
                problems.append(f"the histogram of “{name}” could not be drawn: {plain(error)}")
    return Answer(picture, pictured, tuple(problems), _once(name, heard))


def _completed(
    job: BackgroundJob,
    asked: Sequence[Asked],
    done: dict[int, Outcome],
    index: int,
    step: Callable[[Task, Outcome], Outcome],
) -> list[str]:
    """Find and send what no result waits for; returns what went wrong.

    The digest is found while napari adds the layer, and of the pixels as they were equalized: it
    does not need the interpreter. What is measured does.
    """
    task = asked[index].task
    try:
        whole = step(task, done[index])
    except EXPECTED as error:
        return [f"“{task.source}” could not be measured: {plain(error)}"]
    if whole is not done[index]:
        done[index] = whole
        job.send(Measured(index, whole))
    return []


def _once(name: str, warnings: list[str]) -> tuple[str, ...]:
    return tuple(f"{name}: {words}" for words in dict.fromkeys(warnings))


def _joined(asked: Sequence[Asked], choice: Choice, report: Report) -> tuple[list[Asked], float]:
    """With the curve of all, if that is wanted; and how much of the work that was."""
    if not choice.together or len(asked) == 1:
        return list(asked), 0.0
    share = 0.4
    tasks = joined([one.task for one in asked], _between(report, 0.0, share))
    return [replace(one, task=task) for one, task in zip(asked, tasks, strict=True)], share


def _of_one(report: Report, index: int, count: int, start: float) -> Report:
    """A report on one of several, of a part of the work that begins at `start`."""
    if count == 1:
        return report
    step = (1 - start) / count
    begin = start + index * step
    return _between(report, begin, begin + step, f" ({index + 1} of {count})")


def _between(report: Report, start: float, end: float, words: str = "") -> Report:
    return lambda done, what: report(start + (end - start) * done, what + words)


def _computed(task: Task, compute: Callable[..., Outcome], address: str, report: Report) -> Outcome:
    """Compute here; or, if the image is lazy, where the preferences say, and say so."""
    if not is_lazy(task.image):
        return compute(task, report)
    with working_at(address):
        return compute(task, lambda part, what: report(part, f"{what} {cluster_in_words(address)}"))


def _kind_of_work(choice: Choice) -> Callable[..., Outcome]:
    if choice.display:
        load_solver()  # its colormap is made on the GUI thread
        return plan
    return _within_memory if choice.image else survey


def _within_memory(task: Task, report: Report) -> Outcome:
    """Refuse before any work what would have the system end napari, and all that is open in it."""
    if task.memory > available():
        raise MemoryError
    return perform(task, report, whole=is_lazy(task.image))  # where the preferences say


def available() -> int:
    """Bytes of memory that can be had, the swap space included."""
    return int(psutil.virtual_memory().available + psutil.swap_memory().free)


def _in_words(task: Task, error: Exception) -> str:
    if isinstance(error, MemoryError):
        return (
            f"There is not enough memory to equalize “{task.source}”: it takes at least "
            f"{task.memory / 1e9:.3g} GB, and {available() / 1e9:.3g} GB are available. "
            "Close other data, or open it as a dask or zarr array: then it is "
            "worked through chunk by chunk"
        )
    return f"“{task.source}” could not be equalized: {plain(error)}"


def _drawn(
    done: Sequence[tuple[Asked, Outcome]], theme: str
) -> tuple[Picture | None, Outcome | None]:
    """The plot, and what it shows; one for every plane, if each was equalized on its own."""
    if len(done) > 1:
        drawn, shown = layers.of_several([(one.task, o, one.color) for one, o in done], theme)
        return coarser_too(drawn), shown
    task, outcome = done[0][0].task, done[0][1]
    planes = layers.of_planes(task, outcome, theme)
    return planes or coarser_too(layers.of_all(task, outcome, theme)), outcome
