"""xarray's names: a DataArray in, a DataArray out, and axes called by their names.

Nothing here imports xarray: the DataArray that was handed over does the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays.lazy import is_named, unnamed

if TYPE_CHECKING:
    from collections.abc import Callable


def with_names(
    function: Callable[..., Any], image: Any, *, mask: Any, axes: Any, channel_axis: Any
) -> Any:
    """`function` of the pixels, with the names, coordinates and attributes of the image."""
    result = function(
        unnamed(image),
        mask=unnamed_mask(mask, image.dims),
        axes=numbers(axes, image.dims),
        channel_axis=numbers(channel_axis, image.dims),
    )
    return image.copy(data=result)


def taken_apart(image: Any, mask: Any, axes: Any) -> tuple[Any, Any, Any]:
    """The pixels, and the mask and the axes without names."""
    return unnamed(image), unnamed_mask(mask, image.dims), numbers(axes, image.dims)


def unnamed_mask(mask: Any, dims: tuple[Any, ...]) -> Any:
    """A mask whose axes are in the order of the image's, wherever they had names."""
    if not is_named(mask):
        return mask
    unknown = [d for d in mask.dims if d not in dims]
    if unknown:
        raise ValueError(f"mask has dims {mask.dims}, but the image only {dims}: drop {unknown}")
    missing = [d for d in dims if d not in mask.dims]
    return unnamed(mask.expand_dims(missing).transpose(*dims))


def numbers(axes: Any, dims: tuple[Any, ...]) -> Any:
    """Axes by number, given by number or by name."""
    if isinstance(axes, str):
        return _number(axes, dims)
    if not np.iterable(axes):
        return axes
    return tuple(_number(a, dims) if isinstance(a, str) else a for a in axes)


def _number(name: str, dims: tuple[Any, ...]) -> int:
    if name not in dims:
        raise ValueError(f"axis {name!r} is unknown: the image has {dims}")
    return dims.index(name)
