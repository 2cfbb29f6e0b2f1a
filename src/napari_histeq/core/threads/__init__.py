"""Threads: the one pool that works, who watches it and may stop it, and how far it is."""

from napari_histeq.core.threads.pool import for_each, in_place, thread_count
from napari_histeq.core.threads.progress import part, told
from napari_histeq.core.threads.sums import PerThread, add_arrays
from napari_histeq.core.threads.watchers import (
    Stopped,
    asking,
    current_watcher,
    left_if_stopped,
    on_its_own,
    reminder,
    watching,
)
