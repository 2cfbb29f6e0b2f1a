"""Histogram equalization for napari, and for any numpy or dask array."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_histeq.core import (
        Asinh,
        BiHistogram,
        Clahe,
        Exact,
        Gamma,
        Global,
        Histogram,
        Log,
        Match,
        OpenCvClahe,
        Reference,
        ReferencePlanes,
        Specify,
        Standard,
        Stretch,
        TransferFunction,
        Weighted,
        clip_limit_from,
        compute_histogram,
        equalize,
        equalize_labels,
        equalize_multiscale,
        equalize_together,
        gain_map,
        measures,
        plane_percentiles,
        suggest_clahe,
        transfer_function,
    )
    from napari_histeq.core.zarr import save_zarr

__all__ = [
    "Asinh",
    "BiHistogram",
    "Clahe",
    "Exact",
    "Gamma",
    "Global",
    "Histogram",
    "Log",
    "Match",
    "OpenCvClahe",
    "Reference",
    "ReferencePlanes",
    "Specify",
    "Standard",
    "Stretch",
    "TransferFunction",
    "Weighted",
    "clip_limit_from",
    "compute_histogram",
    "equalize",
    "equalize_labels",
    "equalize_multiscale",
    "equalize_together",
    "gain_map",
    "measures",
    "plane_percentiles",
    "save_zarr",
    "suggest_clahe",
    "transfer_function",
]


def __getattr__(name: str) -> Any:
    """What is asked for, loaded by now: a viewer's start pays for nothing that it does not use."""
    found: Any
    if name == "save_zarr":  # with dask and zarr, which few need and which take a while
        try:
            found = import_module("napari_histeq.core.zarr").save_zarr
        except ModuleNotFoundError:  # so that `import *` works all the same
            return _no_save_zarr
    elif name == "core" or name in __all__:
        core: Any = import_module("napari_histeq.core")
        import_module("napari_histeq.core.showing").draw_with(_figure)
        found = core if name == "core" else getattr(core, name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _figure(*histograms: Any, **options: Any) -> Any:
    """What draws for `Histogram.plot`, which knows no plotting library: ours, loaded by now."""
    return import_module("napari_histeq.plot").figure_of(*histograms, **options)


def _no_save_zarr(*_: Any, **__: Any) -> Any:
    """Say what `save_zarr` lacks, when it is called."""
    from napari_histeq.core.extras import brought_by

    with brought_by("lazy"):
        from napari_histeq.core.zarr import save_zarr
