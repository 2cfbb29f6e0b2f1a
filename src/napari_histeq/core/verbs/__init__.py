"""The verbs: what may be done with an image, each a function of the public interface."""

from napari_histeq.core.verbs.compute import compute_histogram, luminance_histogram
from napari_histeq.core.verbs.labels import equalize_labels
from napari_histeq.core.verbs.multiscale import equalize_multiscale
from napari_histeq.core.verbs.one_image import equalize, gain_map, transfer_function
from napari_histeq.core.verbs.over_planes import (
    PERCENTILES,
    percentiles_of_each,
    plane_percentiles,
)
from napari_histeq.core.verbs.suggest import suggest_clahe
from napari_histeq.core.verbs.together import (
    count_together,
    equalize_together,
    joint_gamut,
    recolor,
    source_of,
)
