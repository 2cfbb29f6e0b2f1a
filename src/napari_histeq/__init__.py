"""Histogram equalization for napari, and for any numpy or dask array."""

from typing import TYPE_CHECKING, Any

from napari_histeq.core import (
    BiHistogram,
    Clahe,
    Global,
    Histogram,
    OpenCvClahe,
    TransferFunction,
    Weighted,
    clip_limit_from,
    compute_histogram,
    equalize,
    equalize_multiscale,
    gain_map,
    measures,
    transfer_function,
)

if TYPE_CHECKING:
    from napari_histeq.core.zarr import save_zarr

__all__ = [
    "BiHistogram",
    "Clahe",
    "Global",
    "Histogram",
    "OpenCvClahe",
    "TransferFunction",
    "Weighted",
    "clip_limit_from",
    "compute_histogram",
    "equalize",
    "equalize_multiscale",
    "gain_map",
    "measures",
    "save_zarr",
    "transfer_function",
]


def __getattr__(name: str) -> Any:
    # It brings dask and zarr along, which few need and which take a while.
    if name == "save_zarr":
        try:
            from napari_histeq.core.zarr import save_zarr
        except ModuleNotFoundError:  # so that `import *` works all the same
            return _no_save_zarr
        return save_zarr
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _no_save_zarr(*_: Any, **__: Any) -> Any:
    """Say what `save_zarr` lacks, when it is called."""
    from napari_histeq.core.extras import brought_by

    with brought_by("lazy"):
        from napari_histeq.core.zarr import save_zarr  # noqa: F401  (it raises)
