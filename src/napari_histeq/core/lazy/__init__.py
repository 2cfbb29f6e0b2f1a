"""Images larger than memory: counted chunk by chunk, mapped when asked for."""

from napari_histeq.core.lazy.engine import equalize_lazily
from napari_histeq.core.lazy.graph import called, graph_of, run_graph, step_done, step_name
from napari_histeq.core.lazy.reduce import (
    ChunkSource,
    apply_curve_lazily,
    as_lazy,
    check_read,
    checked_lazily,
    checked_lazy_mask,
    plane_counts,
)
from napari_histeq.core.lazy.sampling import sampled_histogram

__all__ = [
    "ChunkSource",
    "apply_curve_lazily",
    "as_lazy",
    "called",
    "check_read",
    "checked_lazily",
    "checked_lazy_mask",
    "equalize_lazily",
    "graph_of",
    "plane_counts",
    "run_graph",
    "sampled_histogram",
    "step_done",
    "step_name",
]
