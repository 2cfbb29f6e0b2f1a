"""The verb equalize_labels: each label of an image on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from napari_histeq.core.methods import Global, Method
from napari_histeq.core.verbs.one_image import equalize

if TYPE_CHECKING:
    import dask.array as da
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from napari_histeq.core.arrays import Axes, Axis, C, D, Image, Indexed, Progress, S, Stored


@overload
def equalize_labels(
    image: np.ndarray[S, np.dtype[D]], labels: Image, method: Method | str = ..., *,
    axes: Axes = ..., channel_axis: Axis = ..., feather: int = ...,
    out_range: str | tuple[float, float] = ..., strength: float = ...,
    saturated: float | None = ..., progress: Progress = ..., **options: Any,
) -> np.ndarray[S, np.dtype[D]]: ...  # fmt: skip
@overload
def equalize_labels(
    image: C, labels: Image, method: Method | str = ..., *,
    axes: Axes = ..., channel_axis: Axis = ..., feather: int = ...,
    out_range: str | tuple[float, float] = ..., strength: float = ...,
    saturated: float | None = ..., progress: Progress = ..., **options: Any,
) -> C: ...  # fmt: skip
@overload
def equalize_labels(
    image: Stored, labels: Image, method: Method | str = ..., *,
    axes: Axes = ..., channel_axis: Axis = ..., feather: int = ...,
    out_range: str | tuple[float, float] = ..., strength: float = ...,
    saturated: float | None = ..., progress: Progress = ..., **options: Any,
) -> da.Array: ...  # fmt: skip
@overload
def equalize_labels(
    image: ArrayLike, labels: Image, method: Method | str = ..., *,
    axes: Axes = ..., channel_axis: Axis = ..., feather: int = ...,
    out_range: str | tuple[float, float] = ..., strength: float = ...,
    saturated: float | None = ..., progress: Progress = ..., **options: Any,
) -> NDArray[Any]: ...  # fmt: skip
@overload
def equalize_labels(
    image: Indexed, labels: Image, method: Method | str = ..., *,
    axes: Axes = ..., channel_axis: Axis = ..., feather: int = ...,
    out_range: str | tuple[float, float] = ..., strength: float = ...,
    saturated: float | None = ..., progress: Progress = ..., **options: Any,
) -> Any: ...  # fmt: skip
def equalize_labels(
    image: Image,
    labels: Image,
    method: Method | str = Global(),  # noqa: B008  (frozen)
    *,
    axes: Axes = None,
    channel_axis: Axis = None,
    feather: int = 0,
    out_range: str | tuple[float, float] = "auto",
    strength: float = 1.0,
    saturated: float | None = None,
    progress: Progress = None,
    **options: Any,
) -> Any:
    """Equalize the pixels of each label on their own; the background, 0, keeps its bits.

    The same as ``equalize(image, method, mask=labels, each_label=True, ...)``.

    Parameters
    ----------
    image : (...) array of a real dtype
        In memory or lazy.
    labels : array of integers, broadcastable to `image`
        0 is the background. In memory or lazy.
    method : Method or str
        See `equalize`. With CLAHE the tiles lie in the bounding box of each label, and are as large
        as in the whole image; so a label that is smaller than a tile gets one curve, with a
        limited contrast.
    axes : int or sequence of int, optional
        As in `equalize`: with planes, the pixels of a label in each plane are on their own.
    channel_axis : int, optional
        As in `equalize`; the labels have no channels.
    feather : int
        Over how many pixels, from the edge of each label inward, the change sets in: two labels
        that touch meet in what the image has.
    out_range, strength, saturated, progress, **options
        As in `equalize`; ``"image"`` is the range of each label.

    Returns
    -------
    (...) array
        A new one of the image's shape and dtype, lazy if the image is: of each label what
        ``equalize(image, mask=labels == label, inside=True)`` makes of it (with CLAHE, of its
        bounding box and a pixel around it). It has the same bits for any chunks.

    Raises
    ------
    TypeError, ValueError
        If the labels do not fit, or the method takes no mask (`OpenCvClahe`), looks at other planes
        (`smooth`), or cannot be lazy (`Exact`).

    Warns
    -----
    UserWarning
        If a label has no pixel that counts (all NaN); it is left as it is.

    Notes
    -----
    Of what is lazy, it is looked for where the labels lie when this is called, and all of them are
    counted: a chunk that up to 128 labels share is read as often as for one, and once more for each
    128 more. What each label becomes (for 16 bit some 0.5 MB) is kept until the result is computed.
    """
    pixels: Any = image
    return equalize(
        pixels, method, mask=labels, each_label=True, axes=axes, channel_axis=channel_axis,
        feather=feather, out_range=out_range, strength=strength, saturated=saturated,
        progress=progress, **options,
    )  # fmt: skip
