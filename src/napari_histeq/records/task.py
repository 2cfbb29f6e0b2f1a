"""One equalization with its evidence: arrays in, arrays out, without napari or Qt."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from napari_histeq.core import measures, suggest_clahe
from napari_histeq.core.arrays import dtype_of
from napari_histeq.core.threads import told
from napari_histeq.records.counted import MaskRecord, counting
from napari_histeq.records.record import BEFORE_GAMUT, SCHEMA, Record, digest_of
from napari_histeq.records.steps import (
    Task,
    after_of,
    count_of,
    counted_limits,
    curve_of,
    equalized,
    gain_of,
    gamut_of,
    measured_images,
    shown_limits,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from napari_histeq.core import Histogram, TransferFunction

#: Is told the fraction that is done, and what is being done.
Report = Callable[[float, str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of a task.

    Attributes
    ----------
    data : array, or list of array
        The equalized image, or all levels of it; None if only its histogram was wanted.
        What was lazy is lazy still.
    before, after : Histogram
        Of the pixels that counted (of colors, the luminance).
    curve : TransferFunction or None
        If there was a single one.
    limits : (float, float) or None
        What the result is to be displayed between: the range of the output (see
        `shown_limits`); None if there is none, as nothing was counted.
    record : Record
        What was done.
    gain : (...) array of float32, or None
        How much CLAHE amplified the contrast at each pixel, if that was wanted.
    counted : array, or None
        The mask of the pixels that counted, until the outcome is `measured`.
    """

    data: Any
    before: Histogram
    after: Histogram | None
    curve: TransferFunction | None
    limits: tuple[float, float] | None
    record: Record
    gain: NDArray[np.float32] | None = None
    counted: Any = None


def perform(task: Task, report: Report, *, whole: bool = True) -> Outcome:
    """Equalize; `report(fraction, what)` is called after each block.

    What `report` raises stops the work.

    Parameters
    ----------
    task : Task
    report : callable
    whole : bool
        Whether to find all of it; else the outcome is not yet `identified`, `measured` and
        `with_pixels_measured`, which takes longer than all the rest, and nobody needs to see the result.
    """
    mask, region = mask_of(task, report)
    with _stage(report, 0.05, 0.5, "counting"):
        before = count_of(task, mask)
    curve = curve_of(task, before)
    with _stage(report, 0.5, 0.93, "equalizing"):
        data = equalized(task, mask, curve)
    with _stage(report, 0.93, 0.95, "equalizing"):
        gain = gain_of(task, mask) if task.wants_gain else None
    record, limits = _record_of(task, region, curve), shown_limits(task, before)
    outcome = Outcome(data, before, None, curve, limits, record, gain, mask)
    if not whole:
        return outcome
    with _stage(report, 0.95, 1.0, "measuring"):
        outcome = measured(task, identified(task, outcome))
    return with_pixels_measured(task, outcome)


def identified(task: Task, outcome: Outcome) -> Outcome:
    """The same outcome, its record with the digest of the image, if there is one."""
    if outcome.record.digest is not None:
        return outcome
    return replace(outcome, record=replace(outcome.record, digest=digest_of(task.image)))


def measured(task: Task, outcome: Outcome) -> Outcome:
    """The same outcome with the histogram after and what that tells, if it is wanted."""
    if outcome.data is None or outcome.after is not None or not task.measured:
        return outcome
    before, limits = outcome.before, counted_limits(task, outcome.before)
    after = after_of(task, outcome.data, outcome.counted, before, outcome.curve)
    told = before_and_after(measures.summary(before, after, limits))
    record = replace(outcome.record, measures=told)
    return replace(outcome, after=after, record=record, counted=None)


def with_pixels_measured(task: Task, outcome: Outcome) -> Outcome:
    """The same outcome, its record with the measures that take the pixels, if they are wanted."""
    made = outcome.after is not None and outcome.data is not None  # not for display only
    found = measured_images(task, outcome.data) if made else {}
    if not found:
        return outcome
    record, added = outcome.record, before_and_after(found)
    told = {when: {**old, **added[when]} for when, old in record.measures.items()}
    return replace(outcome, record=replace(record, measures=told))


def plan(task: Task, report: Report) -> Outcome:
    """Count, and find the curve, but leave the pixels alone: for display only.

    Raises
    ------
    ValueError
        If it takes more than one curve.
    """
    if not task.recipe.one_curve or task.colors:
        raise ValueError(
            f"{_why_not_one_curve(task)}, so it cannot be shown by a colormap: "
            "choose the output “New layer”"
        )
    if task.image.dtype.kind == "b":
        raise ValueError("a bool image has only two values, so there is nothing to equalize")
    mask, region = mask_of(task, report)
    with _stage(report, 0.05, 0.95, "counting"):
        before = count_of(task, mask)
    curve = curve_of(task, before)
    if curve is None:
        raise ValueError("no pixel was counted, so there is nothing to display")
    after, limits = curve.push(before), counted_limits(task, before)
    record = _record_of(task, region, curve, measures.summary(before, after, limits))
    return identified(task, Outcome(None, before, after, curve, limits, record))


def _why_not_one_curve(task: Task) -> str:
    if task.colors:
        return "an RGB layer has no colormap"
    if task.recipe.each_label:
        return "each label has a curve of its own"
    if task.recipe.inside:
        return "only the pixels inside the mask are changed"
    if task.recipe.axes is not None:
        return "each plane would have a curve of its own (untick no axis, or follow the slice)"
    return f"{type(task.recipe.method).__name__} is not a single curve"


def survey(task: Task, report: Report) -> Outcome:
    """Only count: the outcome has a histogram, and nothing after."""
    mask, region = mask_of(task, report)
    with _stage(report, 0.05, 1.0, "counting"):
        before = count_of(task, mask)
    found = measures.summary(before, before)
    record = _record_of(task, region, None, found)
    return identified(task, Outcome(None, before, None, None, None, record))


def suggestion(task: Task, report: Report) -> tuple[dict[str, Any], str]:
    """Options of CLAHE that suit the pixels that count, and why: see `suggest_clahe`."""
    mask, _ = mask_of(task, report)
    report(0.1, "looking")
    recipe = task.recipe
    method, why = suggest_clahe(
        task.image, mask, axes=recipe.axes, channel_axis=recipe.channel_axis
    )
    return {"kernel_size": method.kernel_size, "clip_limit": method.clip_limit}, why


@contextmanager
def _stage(report: Report, start: float, end: float, what: str) -> Iterator[None]:
    report(start, what)
    with told(lambda fraction: report(start + (end - start) * fraction, what)):
        yield


def mask_of(task: Task, report: Report) -> tuple[Any, MaskRecord | None]:
    """All that counts, and the part of it that came from a layer."""
    region = kept = None
    if task.region is not None:
        report(0.0, "placing the mask")
        region = task.region()
        kept = MaskRecord.of(task.region_name, region)
    if task.ignored is not None:
        report(0.0, "looking for the ignored value")
    return counting(task.image, region, task.ignored, task.recipe.channel_axis), kept


def before_and_after(found: Mapping[str, tuple[float, float]]) -> dict[str, dict[str, float]]:
    """Pairs of measures as a record has them: all those before, and all those after."""
    return {
        when: {name: float(pair[i]) for name, pair in found.items()}
        for i, when in enumerate(("before", "after"))
    }


def _record_of(
    task: Task,
    region: MaskRecord | None,
    curve: TransferFunction | None,
    found: Mapping[str, tuple[float, float]] = MappingProxyType({}),
) -> Record:
    ends = gamut_of(task, curve)
    return Record(
        source=task.source,
        shape=tuple(int(n) for n in task.image.shape),
        dtype=str(dtype_of(task.image)),
        recipe=task.recipe,
        mask=region,
        ignored=task.ignored,
        curve=curve,
        measures=before_and_after(found),
        given=task.given is not None or task.joint is not None,
        curve_of=task.given_of,
        gamut=ends,
        schema=BEFORE_GAMUT if ends is None else SCHEMA,
    )
