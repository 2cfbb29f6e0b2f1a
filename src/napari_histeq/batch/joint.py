"""One histogram of many files, and the curve that each of them gets by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from napari_histeq.batch.errors import Refused
from napari_histeq.batch.settings import task_of
from napari_histeq.batch.work import Equalize
from napari_histeq.core.arrays import OnlySwept
from napari_histeq.core.verbs import count_together, joint_gamut
from napari_histeq.files import read
from napari_histeq.records import source_of_task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    from napari_histeq.batch.jobs import FileJob
    from napari_histeq.batch.settings import Settings
    from napari_histeq.core import Histogram
    from napari_histeq.core.arrays import T
    from napari_histeq.core.recipe import Recipe


def together(
    counted: Sequence[Mapping[str, Any]], jobs: Sequence[FileJob], settings: Settings
) -> Equalize:
    """The work on each file, with the curve of all of them.

    Parameters
    ----------
    counted : sequence of dict
        Of each file what `Count` tells.
    jobs : sequence of FileJob
        The same files.
    settings : Settings

    Raises
    ------
    Refused
        If no one curve can do it.
    """
    recipe = _recipe_of_all([entry["recipe"] for entry in counted])
    joint = _joint(counted, jobs, settings)
    if not joint.total:
        raise Refused("--together: no pixel of any file counts")
    gamut = None if recipe.channel_axis is None else joint_gamut(recipe, joint)
    return Equalize(settings, recipe.curve(joint), f"all {len(jobs)} files together", gamut)


def _recipe_of_all(recipes: Sequence[Recipe]) -> Recipe:
    """The recipe that the files have in common; only the place of the channels may differ."""
    recipe = recipes[0]
    kinds = {other.channel_axis is None for other in recipes}
    apart = [replace(other, channel_axis=recipe.channel_axis) != recipe for other in recipes]
    if len(kinds) > 1 or any(apart):
        raise Refused("--together: the files hold colors, planes or bits of different kinds")
    for name, flag in (("each_label", "labels"), ("inside", "inside")):
        if getattr(recipe, name):
            raise Refused(f"--together and --{flag} do not go together: leave one of them out")
    if not recipe.one_curve:
        raise Refused(
            f"--together needs one curve for the whole image: {type(recipe.method).__name__}"
            f"{' with --axes' if recipe.axes is not None else ''} has several"
        )
    return recipe


def _joint(
    counted: Sequence[Mapping[str, Any]], jobs: Sequence[FileJob], settings: Settings
) -> Histogram:
    """The histogram of all pixels.

    With a bin for each level of 8 or 16 bit the counts add up. Of floats and wider integers the
    bins adapt to all pixels: for that the files are read once more, or a few times.
    """
    histograms = [entry["histogram"] for entry in counted]
    dtypes = list(dict.fromkeys(h.levels.dtype for h in histograms))
    if len(dtypes) > 1:
        raise Refused(
            f"--together: the files are {dtypes[0]} and {dtypes[1]}: one curve needs one dtype"
        )
    if dtypes[0].kind in "bui" and dtypes[0].itemsize <= 2:
        total: Histogram = reduce(add, histograms)
        return total
    return count_together(
        _FileSource(job, settings, entry["shape"], dtypes[0])
        for job, entry in zip(jobs, counted, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _FileSource(OnlySwept):
    """What counts of a file, read anew for each sweep: a `Source`."""

    job: FileJob
    settings: Settings
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def sweep(self, start: Callable[[], T], visit: Callable[..., object]) -> T:
        """See `Source`."""
        with read(self.job.source) as picture:
            task = task_of(picture, self.settings, self.job.name)
            tally: T = source_of_task(task, lambda *_: None).sweep(start, visit)
        return tally
