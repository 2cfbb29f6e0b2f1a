"""The verb equalize_labels: each label of an image on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import checked_image, is_lazy
from napari_histeq.core.equalize import equalize
from napari_histeq.core.methods import Global, Method
from napari_histeq.core.recipe import recipe_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def equalize_labels(
    image: ArrayLike,
    labels: ArrayLike,
    method: Method | str = Global(),  # noqa: B008  (frozen)
    *,
    feather: int = 0,
    out_range: str | tuple[float, float] = "auto",
    strength: float = 1.0,
    **options: Any,
) -> NDArray[Any]:
    """Equalize the pixels of each label on their own; the background, 0, keeps its bits.

    Parameters
    ----------
    image : (...) array of a real dtype
        In memory, and gray.
    labels : array of integers of the same shape
        0 is the background.
    method : Method or str
        One that is a single curve; see `equalize`.
    feather : int
        Over how many pixels, from the edge of each label inward, the change sets in: two labels
        that touch meet in what the image has.
    out_range, strength, **options
        As in `equalize`; ``"image"`` is the range of each label.

    Returns
    -------
    (...) array
        A new one of the image's shape and dtype: of each label what
        ``equalize(image, mask=labels == label, inside=True)`` makes of it.

    Raises
    ------
    TypeError, ValueError
        If the labels do not fit, the method is no single curve, or something is lazy.

    Warns
    -----
    UserWarning
        If a label has no pixel that counts (all NaN); it is left as it is.
    """
    recipe = recipe_of(method, options, out_range=out_range, strength=strength)
    if not recipe.method.is_single_curve:
        raise recipe.method.not_a_curve()
    if is_lazy(image) or is_lazy(labels):
        raise TypeError(
            "image or labels is lazy: equalize_labels needs both in memory; pass np.asarray of "
            "them, or call equalize(image, mask=labels == label, inside=True) for a label"
        )
    pixels, wanted = checked_image(image), np.asarray(labels)
    if wanted.dtype.kind not in "iu":
        raise TypeError(f"labels has dtype {wanted.dtype}: it must be integers, 0 the background")
    if wanted.shape != pixels.shape:
        raise ValueError(f"labels has shape {wanted.shape}, but the image {pixels.shape}")
    # Also where no label is found to work on: what is wrong is an error.
    recipe.plan(pixels.shape, pixels.dtype, masked=True)
    out = np.array(pixels, subok=False)
    for label, box in _boxes(wanted):
        mask = wanted[box] == label
        found = equalize(
            pixels[box], recipe.method, mask=mask, inside=True, feather=feather,
            out_range=out_range, strength=strength,
        )  # fmt: skip
        np.copyto(out[box], found, where=mask)
    return out


def _boxes(labels: NDArray[Any]) -> list[tuple[Any, tuple[slice, ...]]]:
    """Each label but 0, and its bounding box with a pixel around it, in which its edge is seen."""
    from scipy.ndimage import find_objects

    known, place = np.unique(labels, return_inverse=True)
    found = find_objects(place.reshape(labels.shape).astype(np.int64) + 1)
    return [
        (label, tuple(slice(max(s.start - 1, 0), s.stop + 1) for s in box))
        for label, box in zip(known, found, strict=True)
        if label != 0
    ]
