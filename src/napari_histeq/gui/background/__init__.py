"""Work off the GUI thread, what napari shows of it, and where it runs."""

from napari_histeq.gui.background.activity import Activity
from napari_histeq.gui.background.loading import load_plotting
from napari_histeq.gui.background.precedence import Precedence, aside, give_way
from napari_histeq.gui.background.runner import (
    PAINTED,
    BackgroundJob,
    Runner,
    Stopped,
    on_gui_thread,
    tell_fault,
)
from napari_histeq.gui.background.scheduler import cluster_in_words, scheduler_address, working_at
