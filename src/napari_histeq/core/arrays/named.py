"""xarray's names: a DataArray in, a DataArray out, and axes called by their names.

Nothing here imports xarray: the DataArray that was handed over does the work.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_histeq.core.arrays.lazy import is_named, unnamed


def taken_apart(image: Any, mask: Any, *axes: Any) -> tuple[Any, ...]:
    """The pixels, and the mask and each of the axes without names."""
    dims = image.dims
    return unnamed(image), unnamed_mask(mask, dims), *(numbers(a, dims) for a in axes)


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
