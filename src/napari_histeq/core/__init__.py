"""Arrays in, arrays out; usable without napari."""

from napari_histeq.core import measures
from napari_histeq.core.clahe import Clahe, OpenCvClahe, clip_limit_from
from napari_histeq.core.errors import ChunkError as ChunkError  # for people to catch
from napari_histeq.core.histogram import Histogram, cdf_distance
from napari_histeq.core.methods import (
    METHODS,
    Asinh,
    BiHistogram,
    Exact,
    Gamma,
    Global,
    Log,
    Match,
    Reference,
    ReferencePlanes,
    Specify,
    Standard,
    Stretch,
    Weighted,
)
from napari_histeq.core.threads import watching
from napari_histeq.core.transfer import TransferFunction
from napari_histeq.core.verbs import (
    compute_histogram,
    equalize,
    equalize_labels,
    equalize_multiscale,
    equalize_together,
    gain_map,
    plane_percentiles,
    suggest_clahe,
    transfer_function,
)
from napari_histeq.core.verbs import recolor as recolor  # for scripts made of records
