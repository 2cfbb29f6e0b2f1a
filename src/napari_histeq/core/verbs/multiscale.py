"""The verb equalize_multiscale: all levels of a pyramid by what is counted at one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari_histeq.core.each import labels_in
from napari_histeq.core.methods import Global, Method
from napari_histeq.core.recipe import recipe_of
from napari_histeq.core.threads import told

if TYPE_CHECKING:
    import dask.array as da

    from napari_histeq.core.arrays import Axes, Axis, Image, Progress


def equalize_multiscale(
    levels: Sequence[Any],
    method: Method | str = Global(),  # noqa: B008  (frozen)
    *,
    mask: Image | None = None,
    axes: Axes = None,
    channel_axis: Axis = None,
    out_range: str | tuple[float, float] = "auto",
    strength: float = 1.0,
    inside: bool = False,
    feather: int = 0,
    smooth: int | None = None,
    saturated: float | None = None,
    each_label: bool = False,
    count_level: int = 0,
    progress: Progress = None,
    **options: Any,
) -> list[da.Array]:
    """Equalize all levels of a pyramid by what is counted at one of them.

    Parameters
    ----------
    levels : sequence of arrays
        The same image at decreasing resolution, the finest first; numpy, dask,
        zarr, ... of one dtype and number of axes.
    method, axes, channel_axis, out_range, strength, inside, feather, smooth, saturated, each_label, **options
        As in `equalize`. Axes that are not in `axes` must not be downsampled. CLAHE's
        tiles and the feather are in pixels of ``levels[0]``; a pixel of any level is mapped by the
        curves of the tiles around the place where its center lies.
    mask : array of bool, optional
        As in `equalize`, broadcastable to the level that is counted. With `inside`, a pixel
        of another level is inside if the mask's pixel under its center is.
    count_level : int
        The level that is counted. 0, full resolution, makes the finest level the
        same to the bit as ``equalize(levels[0], ...)``. A coarser one is quicker, but
        averaging changes the intensities themselves, and no bound on the error is
        known without counting level 0: see `cdf_distance` for how to judge it.
    progress : callable or bool, optional
        As in `equalize`: it tells of the counting.

    Returns
    -------
    list of dask.array.Array
        One for each level; nothing of them is computed yet.

    Raises
    ------
    TypeError, ValueError
        As `equalize`, and if the levels do not fit each other.
    """
    from napari_histeq.core.lazy import equalize_each_lazily, equalize_lazily

    if not isinstance(levels, Sequence):
        raise TypeError(
            f"levels is one {type(levels).__name__}: give a list of arrays, the finest first"
        )
    if not len(levels):
        raise ValueError("levels is empty: give at least one array")
    if not hasattr(count_level, "__index__"):
        raise TypeError(f"count_level is {count_level!r}: it must be an integer")
    if not -len(levels) <= count_level < len(levels):
        raise ValueError(f"count_level is {count_level}, but there are {len(levels)} levels")
    recipe = recipe_of(
        method, options, axes=axes, channel_axis=channel_axis, out_range=out_range,
        strength=strength, inside=inside, feather=feather, smooth=smooth, saturated=saturated,
        each_label=each_label,
    )  # fmt: skip
    with told(progress):
        if recipe.each_label:
            return equalize_each_lazily(levels, labels_in(mask), recipe, count_level)
        return equalize_lazily(levels, recipe, mask, count_level)
