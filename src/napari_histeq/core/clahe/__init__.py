"""Contrast-limited adaptive histogram equalization: a grid of curves."""

from napari_histeq.core.clahe.extent import (
    Extent,
    extent_in,
    tells_outliers,
)
from napari_histeq.core.clahe.fitting import robust_extent_of
from napari_histeq.core.clahe.method import Clahe, clip_limit_from
from napari_histeq.core.clahe.mixing import Limits
from napari_histeq.core.clahe.opencv_method import OpenCvClahe
from napari_histeq.core.clahe.part import (
    PartGrid,
    count_part,
    equalize_opencv_part,
    equalize_part,
    opencv_reach,
    part_grid,
)
from napari_histeq.core.clahe.tiles import TileGrid, kernel_from_physical, resolve_kernel
