"""Arrays in, arrays out; usable without napari."""

from napari_histeq.core import measures
from napari_histeq.core.clahe import Clahe, OpenCvClahe, clip_limit_from
from napari_histeq.core.compute import compute_histogram
from napari_histeq.core.equalize import (
    equalize,
    gain_map,
    transfer_function,
)
from napari_histeq.core.errors import ChunkError as ChunkError  # for people to catch
from napari_histeq.core.histogram import Histogram, cdf_distance
from napari_histeq.core.labels import equalize_labels
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
from napari_histeq.core.multiscale import equalize_multiscale
from napari_histeq.core.over_planes import plane_percentiles
from napari_histeq.core.suggest import suggest_clahe
from napari_histeq.core.threads import watching
from napari_histeq.core.together import equalize_together
from napari_histeq.core.together import recolor as recolor  # for scripts made of records
from napari_histeq.core.transfer import TransferFunction
