"""napari layers: what to read of them, the work they ask for, and the layers that come out."""

from napari_histeq.layers.displayed_slice import (
    coarsest_of,
    is_averaged,
    is_current,
    place_of,
    slice_of,
    thickness,
    thinned,
    thinning,
    visible_of,
    visible_window,
)
from napari_histeq.layers.length import Length, kernel_of, without_pixels
from napari_histeq.layers.pictures import note_of, of_all, of_planes, of_several, theme_of
from napari_histeq.layers.placement import (
    affine_beside,
    coarser_too,
    course_layer,
    histogram_layer,
    histogram_stack_layer,
    original_layer,
    original_of,
    spanned,
)
from napari_histeq.layers.plot_stack import PlotStack
from napari_histeq.layers.region import Grid, affine_of, geometry_of, is_grid, mask_on, shape_of
from napari_histeq.layers.source import (
    DISPLAY,
    GAIN,
    IMAGE,
    ORIGINAL,
    PLOT,
    PREVIEW,
    axis_names,
    axis_numbers,
    channel_axis_of,
    coarser_of,
    equalized_layer,
    gain_layer,
    is_baked,
    is_made,
    is_of,
    is_source,
    kind_of,
    layer_like,
    layer_of,
    look_of,
    pixels_of,
    record_of,
    reference_to,
    source_name_of,
    why_not,
)
from napari_histeq.layers.wording import brief, file_name, plain, short
