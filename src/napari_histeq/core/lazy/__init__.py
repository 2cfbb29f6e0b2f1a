"""Images larger than memory: counted chunk by chunk, mapped when asked for."""

from napari_histeq.core.lazy.cluster import DIED, check_address, client_at, started
from napari_histeq.core.lazy.engine import equalize_lazily, map_lazily
from napari_histeq.core.lazy.graph import called, graph_of, run_graph
from napari_histeq.core.lazy.labels import equalize_each_lazily
from napari_histeq.core.lazy.planes import tell_planes
from napari_histeq.core.lazy.reduce import ChunkSource, plane_counts
from napari_histeq.core.lazy.sampling import sample_of_chunks
from napari_histeq.core.lazy.steps import looking, step_done, step_name
