"""Contrast-limited adaptive histogram equalization: a grid of curves."""

from napari_histeq.core.clahe.curves import Knots, TileCurves, count_tiles, no_counts, tile_curves
from napari_histeq.core.clahe.method import NBINS, Clahe, clip_limit_from, gain_map
from napari_histeq.core.clahe.mixing import Limits, mix_curves
from napari_histeq.core.clahe.opencv import (
    OpenCvGrid,
    count_row_of_opencv_tiles,
    opencv_interpolate,
)
from napari_histeq.core.clahe.part import (
    PartGrid,
    equalize_opencv_part,
    equalize_part,
    opencv_reach,
    part_grid,
)
from napari_histeq.core.clahe.planes import (
    Extent,
    Survey,
    check_tiles,
    equalize_by_tiles,
    extent_in,
    extent_of,
    leaves_alone,
    nothing_to_do,
    opencv_curves,
    opencv_grid,
    rule_of,
    start_survey,
    tile_limits,
    without_thin_axes,
)
from napari_histeq.core.clahe.tiles import (
    TileGrid,
    default_kernel,
    kernel_from_physical,
    resolve_kernel,
)

__all__ = [
    "NBINS",
    "Clahe",
    "Extent",
    "Knots",
    "Limits",
    "OpenCvGrid",
    "PartGrid",
    "Survey",
    "TileCurves",
    "TileGrid",
    "check_tiles",
    "clip_limit_from",
    "count_row_of_opencv_tiles",
    "count_tiles",
    "default_kernel",
    "equalize_by_tiles",
    "equalize_opencv_part",
    "equalize_part",
    "extent_in",
    "extent_of",
    "gain_map",
    "kernel_from_physical",
    "leaves_alone",
    "mix_curves",
    "no_counts",
    "nothing_to_do",
    "opencv_curves",
    "opencv_grid",
    "opencv_interpolate",
    "opencv_reach",
    "part_grid",
    "resolve_kernel",
    "rule_of",
    "start_survey",
    "tile_curves",
    "tile_limits",
    "without_thin_axes",
]
