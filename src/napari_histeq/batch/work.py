"""The work on one file: read, equalize, write; in whatever thread or process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.batch.settings import task_of
from napari_histeq.core.arrays import is_lazy
from napari_histeq.core.errors import hearing
from napari_histeq.core.threads import watching
from napari_histeq.files import read, short_unit, write
from napari_histeq.records import Task, along, as_json, perform, survey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_histeq.batch.jobs import FileJob
    from napari_histeq.batch.settings import Settings
    from napari_histeq.core import TransferFunction
    from napari_histeq.files import Picture
    from napari_histeq.plot import Course
    from napari_histeq.records import Outcome, Record

    Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a file: its entry in the manifest or the table, and what is to be said."""

    entry: dict[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Equalize:
    """Equalize a file by the settings; by a `given` curve (and gamut of colors), if there is one."""

    settings: Settings
    given: TransferFunction | None = None
    given_of: str = ""
    gamut: tuple[float, float] | None = None

    def __call__(self, job: FileJob, report: Report) -> Done:
        """Do it."""
        with read(job.source) as picture:
            task = replace(
                task_of(picture, self.settings, job.name),
                given=self.given,
                given_of=self.given_of,
                gamut=self.gamut,
                measured=False,
            )
            return _made(job, picture, task, report)


@dataclass(frozen=True, slots=True)
class Replay:
    """Make a file again by its record, to the bit; or others with the same settings."""

    records: dict[str, Record]
    one: Record | None
    same_curve: bool = False

    def __call__(self, job: FileJob, report: Report) -> Done:
        """Do it."""
        record = self.one if self.one is not None else self.records[job.name]
        with read(job.source) as picture:
            task = _again(picture, record, job.name, same_curve=self.same_curve)
            done = _made(job, picture, task, report)
        told, found = record.digest, done.entry["record"]["digest"]
        other = told is not None and found is not None and told != found
        return Done(done.entry, (*done.notes, *[_OTHER] * (other and self.one is None)))


_OTHER = (
    "its pixels are not those that the manifest tells of: it was equalized with the same "
    "settings, but is another image"
)


def _again(picture: Picture, record: Record, name: str, *, same_curve: bool) -> Task:
    """The work that a record tells of, on an image."""
    given = record.curve if record.given or same_curve else None
    if same_curve and record.curve is None:
        raise ValueError("the record holds no curve, so no other image can be given the same")
    mask = record.mask if given is None else None
    return Task(
        picture.data,
        source=name,
        region=None if mask is None else mask.array,
        region_name="" if mask is None else mask.layer,
        ignored=record.ignored,
        recipe=record.recipe,
        given=given,
        given_of=record.curve_of,
        gamut=record.gamut,
        coarser=picture.coarser,
        measured=False,
    )


def _made(job: FileJob, picture: Picture, task: Task, report: Report) -> Done:
    """Equalize and write; what is lazy is computed while it is written."""
    assert job.target is not None
    heard: list[str] = []
    lazy = is_lazy(task.image)
    share = 0.4 if lazy else 0.9
    with hearing(heard.append):
        outcome = perform(task, lambda done, _: report(share * done))
    record = as_json(outcome.record)
    job.target.parent.mkdir(parents=True, exist_ok=True)
    with watching(lambda done, total: report(share + (1 - share) * done / max(total, 1))):
        write(picture.with_pixels(outcome.data), job.target, attributes=record, resume=job.resume)
    entry = {"input": job.name, "output": job.target.name, "record": record}
    bare = ("it is black and white, of two values: it stays as it is",)
    notes = (*picture.notes, *heard, *bare * (picture.data.dtype.kind == "b"))
    return Done(entry | ({"notes": list(notes)} if notes else {}), notes)


@dataclass(frozen=True, slots=True)
class Measure:
    """Measure a file; with `settings`, before and after an equalization that is not kept."""

    settings: Settings
    equalized: bool

    def __call__(self, job: FileJob, report: Report) -> Done:
        """Do it."""
        with read(job.source) as picture:
            outcome, heard = _looked_at(picture, self.settings, job.name, report, self.equalized)
        found = outcome.record.measures
        row: dict[str, Any] = {
            "file": job.called,
            "axes": picture.axes,
            "shape": "x".join(map(str, picture.data.shape)),
            "dtype": str(picture.data.dtype),
        }
        if self.equalized:
            for name in found["before"]:
                row |= {f"{name}_{when}": found[when][name] for when in ("before", "after")}
        else:
            row |= found["before"]
        return Done(row, (*picture.notes, *heard))


@dataclass(frozen=True, slots=True)
class Count:
    """Count a file."""

    settings: Settings

    def __call__(self, job: FileJob, report: Report) -> Done:
        """Do it."""
        with read(job.source) as picture:
            outcome, heard = _looked_at(picture, self.settings, job.name, report, equalized=False)
        entry = {
            "histogram": outcome.before,
            "recipe": outcome.record.recipe,
            "shape": picture.data.shape,
        }
        return Done(entry, (*picture.notes, *heard))


@dataclass(frozen=True, slots=True)
class Plot:
    """Draw the histogram of a file, or (`over` an axis) the percentiles of each of its planes.

    With `settings`, before and after.
    """

    settings: Settings
    equalized: bool
    look: dict[str, Any]
    over: str = ""

    def __call__(self, job: FileJob, report: Report) -> Done:
        """Do it."""
        assert job.target is not None
        with read(job.source) as picture:
            draw, heard = self._made(picture, job, report)
        job.target.parent.mkdir(parents=True, exist_ok=True)
        draw(job.target)
        return Done({"input": job.name, "output": job.target.name}, (*picture.notes, *heard))

    def _made(
        self, picture: Picture, job: FileJob, report: Report
    ) -> tuple[Callable[[Path], None], list[str]]:
        """What writes the plot to a file, and what is to be said."""
        from napari_histeq.plot import save, save_course

        if self.over:
            course, heard = _along(picture, self, job.name, report)
            theme = self.look["theme"]
            return partial(save_course, course=course, title=job.called, theme=theme), heard
        found, heard = _looked_at(picture, self.settings, job.name, report, self.equalized)
        look = {"curve": found.curve, "title": job.called, **self.look}
        return partial(save, before=found.before, after=found.after, **look), heard


def _along(picture: Picture, plot: Plot, name: str, report: Report) -> tuple[Course, list[str]]:
    """The percentiles along an axis, before and after."""
    from napari_histeq.plot import Course

    numbers = picture.axis_numbers(plot.over)
    task = replace(task_of(picture, plot.settings, name), coarser=())
    if len(numbers) != 1:
        raise ValueError(f"--over {plot.over} names {len(numbers)} axes: name one")
    axis = numbers[0] % picture.data.ndim
    if axis == (task.recipe.channel_axis or 0) % picture.data.ndim and task.colors:
        raise ValueError(f"--over {plot.over} names the axis of the colors: name another")
    heard: list[str] = []
    with hearing(heard.append):
        told = along(task, axis, lambda done, _: report(done), equalize=plot.equalized)
    unit, letter = picture.units[axis], picture.axes[axis].strip("?") or f"axis {axis}"
    step = picture.scale[axis] if unit else 1.0
    label = f"{letter} ({short_unit(unit)})" if unit else letter
    places = step * np.arange(picture.data.shape[axis])
    return Course(places, label, *told), heard


def _looked_at(
    picture: Picture, settings: Settings, name: str, report: Report, equalized: bool
) -> tuple[Outcome, list[str]]:
    heard: list[str] = []
    task = replace(task_of(picture, settings, name), coarser=())
    with hearing(heard.append):
        do = perform if equalized else survey
        return do(task, lambda done, _: report(done)), heard
