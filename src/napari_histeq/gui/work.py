"""What a run does on its own thread: from a person's choice to a result, and then its picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from napari_histeq import display, layers
from napari_histeq.core import ChunkError
from napari_histeq.core.arrays import is_lazy
from napari_histeq.core.errors import hearing
from napari_histeq.core.recipe import Recipe
from napari_histeq.display import load_solver
from napari_histeq.gui.scheduler import in_words, working_at
from napari_histeq.layers import (
    KEY,
    Outcome,
    Task,
    coarser_too,
    mask_on,
    perform,
    plain,
    plan,
    survey,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel
    from napari.layers import Image, Labels, Shapes
    from numpy.typing import NDArray

    from napari_histeq.core import TransferFunction
    from napari_histeq.gui.runner import Job
    from napari_histeq.layers import PlotStack, Record, Report

    Picture = list[NDArray[np.uint8]] | PlotStack

#: What a person can cause and cure; anything else is a fault of ours, shown with a traceback.
EXPECTED = (ValueError, TypeError, MemoryError, OSError, ChunkError)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose in the panel; of its recipe the layer tells the channel axis."""

    recipe: Recipe = Recipe()  # noqa: RUF009  (frozen)
    region: Labels | Shapes | None = None
    ignored: int | float | None = None
    image: bool = True
    plot: bool = True
    compare: bool = False
    display: bool = False
    curve: TransferFunction | None = None
    curve_of: str = ""
    gain: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the worker hands back: an outcome and its picture, or what could not be made."""

    outcome: Outcome | None = None
    picture: Picture | None = None
    problem: str = ""
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
    region, axes = choice.region, choice.recipe.axes
    axes = None if axes is None else layers.axis_numbers(source, axes)
    return Task(
        image=layers.pixels_of(source),
        source=source.name,
        recipe=replace(choice.recipe, axes=axes, channel_axis=layers.channel_axis_of(source)),
        region=region and partial(mask_on, source, region, viewer.dims.point),
        region_name=region.name if region else "",
        ignored=choice.ignored,
        given=choice.curve,
        given_of=choice.curve_of,
        wants_gain=choice.gain,
        coarser=layers.coarser_of(source),
    )


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


def display_layer_of(source: Image, outcome: Outcome) -> Image:
    """A layer that shares the source's data; its look is told by the outcome."""
    assert outcome.curve is not None
    colormap, gamma = layers.look_of(source)
    limits = outcome.limits or outcome.before.range
    settings = display.display_settings(
        outcome.curve, outcome.before, limits, colormap=colormap, gamma=gamma
    )
    made = {"kind": layers.DISPLAY, "error": settings.error, "limits": limits}
    made |= {"colormap": colormap, "gamma": gamma}
    return display.display_layer(source, settings, {KEY: made | outcome.record.as_dict()})


def work(task: Task, choice: Choice, theme: str, address: str, job: Job) -> Answer:
    """All that takes time: the outcome is delivered first, and its picture returned later.

    What the job raises when it reports ends it.
    """
    heard: list[str] = []
    with hearing(heard.append):
        try:
            outcome = _computed(task, _kind_of_work(choice), address, job)
        except EXPECTED as error:
            return Answer(problem=_in_words(task, error), warnings=_once(task, heard))
        job.deliver(Answer(outcome, warnings=_once(task, heard)))
        heard.clear()
        picture, problem = _drawn(task, outcome, theme, job) if choice.plot else (None, "")
    return Answer(outcome, picture, problem, _once(task, heard))


def _once(task: Task, warnings: list[str]) -> tuple[str, ...]:
    return tuple(f"{task.source}: {words}" for words in dict.fromkeys(warnings))


def _computed(task: Task, compute: Callable[..., Outcome], address: str, report: Report) -> Outcome:
    """Compute here; or, if the image is lazy, where the preferences say, and say so."""
    if not is_lazy(task.image):
        return compute(task, report)
    with working_at(address):
        return compute(task, lambda part, what: report(part, f"{what} {in_words(address)}"))


def _kind_of_work(choice: Choice) -> Callable[..., Outcome]:
    if choice.display:
        load_solver()  # its colormap is made on the GUI thread
        return plan
    return _within_memory if choice.image else survey


def _within_memory(task: Task, report: Report) -> Outcome:
    """Refuse before any work what would have the system end napari, and all that is open in it."""
    if task.memory > available():
        raise MemoryError
    return perform(task, report)


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


def _drawn(task: Task, outcome: Outcome, theme: str, report: Report) -> tuple[Picture | None, str]:
    """The plot; one for every plane, if each was equalized on its own. Or why there is none."""
    report(1.0, "drawing the plot")
    from napari_histeq.layers import (  # matplotlib takes its time: not on the GUI thread
        of_all,
        of_planes,
    )

    try:
        planes = of_planes(task, outcome, theme)
        return planes or coarser_too(of_all(task, outcome, theme)), ""
    except EXPECTED as error:
        return None, f"the histogram of “{task.source}” could not be drawn: {plain(error)}"
