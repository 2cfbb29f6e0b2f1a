"""What an image is: its arguments checked, its blocks, its planes, its lazy kinds."""

from napari_histeq.core.arrays.blocks import (
    BLOCK_PIXELS,
    Region,
    block_size,
    flat_views,
    memory_order,
    native_run,
    regions,
)
from napari_histeq.core.arrays.checks import (
    OutRange,
    bin_limits,
    check_bandwidth,
    check_besides_channels,
    check_bins,
    check_block,
    check_knots,
    check_nbins,
    check_one_plane,
    check_option_names,
    check_samples,
    check_strength,
    checked_axes,
    checked_channel_axis,
    checked_image,
    checked_lut_dtype,
    checked_mask,
    checked_out_range,
    dtype_limits,
    dtype_range,
    output_limits,
)
from napari_histeq.core.arrays.chunks import Declared, checked_block, promise_of
from napari_histeq.core.arrays.coding import array_of, kind_of, number_of, read, written
from napari_histeq.core.arrays.interval import Interval as Interval  # for methods of other people
from napari_histeq.core.arrays.interval import above
from napari_histeq.core.arrays.keys import (
    bits_dtype,
    bits_of,
    finite_keys,
    keys_of,
    order_of,
    values_of,
)
from napari_histeq.core.arrays.kinds import (
    Axes,
    Axis,
    C,
    Computed,
    D,
    Image,
    Indexed,
    Progress,
    S,
    Stored,
)
from napari_histeq.core.arrays.lattice import NEAR, Distinct, Steps, steps_in, steps_of
from napari_histeq.core.arrays.lazy import (
    as_lazy,
    check_read,
    checked_lazily,
    checked_lazy_mask,
    checked_pixels,
    dtype_of,
    is_lazy,
    is_named,
    map_chunks,
    read_directly,
    slim_lazy_mask,
    unnamed,
    with_mask,
)
from napari_histeq.core.arrays.lines import (
    is_wide,
    mask_lines,
    readable_lines,
    writable_lines,
)
from napari_histeq.core.arrays.named import taken_apart
from napari_histeq.core.arrays.planes import (
    Plane,
    Stack,
    are_many,
    for_each_plane,
    outer_axes,
    outer_first,
    planes_of,
)
from napari_histeq.core.arrays.sorting import order_by_parts, put, sorted_by_parts, taken
from napari_histeq.core.arrays.source import ArraySource, OnlySwept, Source, T, run_of
