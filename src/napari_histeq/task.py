"""One equalization with its evidence: arrays in, arrays out, without napari or Qt."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core import (
    Clahe,
    Global,
    Histogram,
    TransferFunction,
    color,
    compute_histogram,
    equalize,
    equalize_multiscale,
    measures,
    transfer_function,
)
from napari_histeq.core._blocks import watching
from napari_histeq.core._counting import count
from napari_histeq.core._validate import is_lazy
from napari_histeq.core.clahe import gain_map
from napari_histeq.core.histogram import output_limits
from napari_histeq.core.methods import CurveMethod
from napari_histeq.record import MaskRecord, Record, counting, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from napari_histeq.core._options import Method

    Report = Callable[[float, str], None]

#: Images of up to so many pixels are measured themselves, not only their histograms: the
#: structural similarity of more takes seconds and ten times their memory.
MEASURED = 1 << 21

#: Pixels that stand for an image larger than memory where every pixel would take too long.
SAMPLES = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What to do with an image: `equalize`'s arguments, and where they come from.

    Attributes
    ----------
    image : array
    source : str
        Name of its layer.
    region : callable, optional
        Makes the mask; it is called where the work is done, not on the GUI thread. Given a
        ``grid`` (see `regions.mask_on`), it makes that of those pixels.
    region_name : str
        Name of the layer the mask comes from.
    ignored : float, optional
        An intensity that does not count.
    method, axes, channel_axis, out_range, strength
        As `equalize` takes them.
    given : TransferFunction, optional
        A curve that is known already; then nothing needs to be counted to get one.
    coarser : tuple of array
        The other levels of a pyramid whose finest is `image`.
    wants_gain : bool
        Whether to map the local gain of CLAHE too.
    """

    image: Any
    source: str = "image"
    region: Callable[..., NDArray[np.bool_]] | None = None
    region_name: str = ""
    ignored: float | None = None
    method: Method = Global()  # noqa: RUF009  (frozen)
    axes: tuple[int, ...] | None = None
    channel_axis: int | None = None
    out_range: str | tuple[float, float] = "auto"
    strength: float = 1.0
    given: TransferFunction | None = None
    coarser: tuple[Any, ...] = ()
    wants_gain: bool = False

    @property
    def one_curve(self) -> bool:
        """Whether a single transfer function does it."""
        return isinstance(self.method, CurveMethod) and self.axes is None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of a task.

    Attributes
    ----------
    data : array, or list of array
        The equalized image, or all levels of it; None if only its histogram was wanted.
        What was lazy is lazy still.
    before, after : Histogram
        Of the pixels that counted (of colours, the luminance).
    curve : TransferFunction or None
        If there was a single one.
    limits : (float, float) or None
        The range of the output; None if there is none, as nothing was counted.
    record : Record
        What was done.
    gain : (...) array of float32, or None
        How much CLAHE amplified the contrast at each pixel, if that was wanted.
    """

    data: Any
    before: Histogram
    after: Histogram | None
    curve: TransferFunction | None
    limits: tuple[float, float] | None
    record: Record
    gain: NDArray[np.float32] | None = None


def perform(task: Task, report: Report) -> Outcome:
    """Equalize; `report(fraction, what)` is called after each block.

    What `report` raises stops the work.
    """
    mask, region = _mask_of(task, report)
    with _stage(report, 0.05, 0.5, "counting"):
        before = _count(task, mask)
    curve = curve_of(task, before)
    with _stage(report, 0.5, 0.95, "equalizing"):
        data = equalized(task, mask, curve)
    with _stage(report, 0.95, 1.0, "measuring"):
        after = _after(task, data, mask, before, curve)
        limits = counted_limits(task, before)
        found = measures.summary(before, after, limits) | _measured_images(task, data)
        record = _record_of(task, region, curve, found)
        gain = _gain(task, mask) if task.wants_gain else None
    return Outcome(data, before, after, curve, limits, record, gain)


def _measured_images(task: Task, data: Any) -> dict[str, tuple[float, float]]:
    """The measures of the pixels themselves, where they are at hand and not too many."""
    image = task.image
    wanted = isinstance(image, np.ndarray) and image.size <= MEASURED and image.dtype.kind != "b"
    if not wanted or task.channel_axis is not None or task.coarser:
        return {}
    return measures.of_images(image, data) if np.isfinite(image).all() else {}


def _gain(task: Task, mask: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    if is_lazy(task.image):
        raise ValueError("the gain map needs the image in memory: untick it, or load the image")
    assert isinstance(task.method, Clahe)
    image = task.image
    if task.channel_axis is not None:
        image = color.luminance_of(np.moveaxis(image, task.channel_axis, -1))
    return gain_map(
        image, task.method,
        mask=mask, axes=task.axes, out_range=task.out_range, strength=task.strength,
    )  # fmt: skip


def plan(task: Task, report: Report) -> Outcome:
    """Count, and find the curve, but leave the pixels alone: for display only.

    Raises
    ------
    ValueError
        If it takes more than one curve.
    """
    if not task.one_curve or task.channel_axis is not None:
        raise ValueError(
            f"{_why_not_one_curve(task)}, so it can not be shown by a colormap: "
            "choose the output “new layer”"
        )
    mask, region = _mask_of(task, report)
    with _stage(report, 0.05, 0.95, "counting"):
        before = _count(task, mask)
    curve = curve_of(task, before)
    if curve is None:
        raise ValueError("no pixel was counted, so there is no curve to display")
    after, limits = curve.push(before), counted_limits(task, before)
    record = _record_of(task, region, curve, measures.summary(before, after, limits))
    return Outcome(None, before, after, curve, limits, record)


def _why_not_one_curve(task: Task) -> str:
    if task.channel_axis is not None:
        return "an RGB layer has no colormap"
    if task.axes is not None:
        return "each plane would have a curve of its own (untick no axis, or follow the slice)"
    return f"{type(task.method).__name__} is not a single curve"


def survey(task: Task, report: Report) -> Outcome:
    """Only count: the outcome has a histogram, and nothing after."""
    mask, region = _mask_of(task, report)
    with _stage(report, 0.05, 1.0, "counting"):
        before = _count(task, mask)
    found = measures.summary(before, before)
    return Outcome(None, before, None, None, None, _record_of(task, region, None, found))


@contextmanager
def _stage(report: Report, start: float, end: float, what: str) -> Iterator[None]:
    report(start, what)
    with watching(lambda done, total: report(start + (end - start) * done / total, what)):
        yield


def _mask_of(task: Task, report: Report) -> tuple[Any, MaskRecord | None]:
    """All that counts, and the part of it that came from a layer."""
    region = kept = None
    if task.region is not None:
        report(0.0, "placing the mask")
        region = task.region()
        kept = MaskRecord.of(task.region_name, region)
    if task.ignored is not None:
        report(0.0, "looking for the ignored value")
    return counting(task.image, region, task.ignored, task.channel_axis), kept


def _count(task: Task, mask: Any) -> Histogram:
    """The histogram before; if no curve hangs on it, that of a sample of what is lazy."""
    if task.channel_axis is not None:
        return _count_colors(task.image, mask)
    sample = is_lazy(task.image) and not task.one_curve
    return compute_histogram(task.image, mask=mask, max_samples=SAMPLES if sample else None)


def _count_colors(image: Any, mask: Any) -> Histogram:
    if not is_lazy(image):
        return Histogram(*count(color.LuminanceSource(image, mask)))
    from napari_histeq.core import lazy

    pixels = lazy.checked(image).rechunk({-1: -1})
    wanted = lazy.checked_mask(mask, pixels.chunks[:-1])
    return Histogram(*count(lazy.ChunkSource(pixels, wanted, color.LuminanceSource)))


def curve_of(task: Task, before: Histogram) -> TransferFunction | None:
    """The curve of a histogram, if the task takes a single one."""
    if task.given is not None:
        return task.given
    if not task.one_curve or before.levels.dtype.kind == "b" or not before.total:
        return None
    return transfer_function(
        before, task.method, out_range=_out_range(task, before), strength=task.strength
    )


def _out_range(task: Task, before: Histogram) -> str | tuple[float, float]:
    if task.channel_axis is None:
        return task.out_range
    return color.limits(task.out_range, before)


def equalized(task: Task, mask: Any, curve: TransferFunction | None) -> Any:
    """The equalized image; a list of its levels, if there are several."""
    levels = [task.image, *task.coarser]
    if curve is not None and task.channel_axis is None:
        mapped = [curve(level) for level in levels]  # what `equalize` does, without counting again
        return mapped if task.coarser else mapped[0]
    how: dict[str, Any] = {
        "mask": mask,
        "axes": task.axes,
        "channel_axis": task.channel_axis,
        "out_range": task.out_range,
        "strength": task.strength,
    }
    if task.coarser:
        return equalize_multiscale(levels, task.method, **how)
    return equalize(task.image, task.method, **how)


def _after(
    task: Task, data: Any, mask: Any, before: Histogram, curve: TransferFunction | None
) -> Histogram:
    """The histogram after; of what is lazy, that of a sample if no curve tells."""
    if curve is not None and task.channel_axis is None:
        return curve.push(before)
    finest = data[0] if task.coarser else data
    if task.channel_axis is not None:
        return _count_colors(finest, mask)
    return compute_histogram(finest, mask=mask, max_samples=SAMPLES if is_lazy(finest) else None)


def counted_limits(task: Task, before: Histogram) -> tuple[float, float] | None:
    """The range of the output, a strength below 1 included."""
    if not before.total:
        return None
    ends = [float(v) for v in before.range]
    wanted = output_limits(_out_range(task, before), before)
    if task.given is not None:
        low, high = float(task.given.y[0]), float(task.given.y[-1])
        return (low, high) if low < high else None
    part = task.strength
    low, high = ((1 - part) * e + part * w for e, w in zip(ends, wanted, strict=True))
    return (low, high) if low < high else None


def _record_of(
    task: Task,
    region: MaskRecord | None,
    curve: TransferFunction | None,
    found: dict[str, tuple[float, float]],
) -> Record:
    return Record(
        source=task.source,
        shape=tuple(int(n) for n in task.image.shape),
        dtype=str(task.image.dtype),
        digest=digest_of(task.image),
        method=task.method.as_dict(),
        axes=task.axes,
        channel_axis=task.channel_axis,
        out_range=task.out_range,
        strength=task.strength,
        mask=region,
        ignored=task.ignored,
        curve=curve,
        measures={
            when: {name: float(pair[i]) for name, pair in found.items()}
            for i, when in enumerate(("before", "after"))
        },
        given=task.given is not None,
    )
