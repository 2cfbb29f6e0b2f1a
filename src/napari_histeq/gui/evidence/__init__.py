"""Before and after, in the dock: the plot, the table of measures, and what is saved of them."""

from napari_histeq.gui.evidence.measures import EXPLAINED, brief, table
from napari_histeq.gui.evidence.plotbox import Drawn, PlotBox, new_canvas, warm_up
from napari_histeq.gui.evidence.saved import settings_of, with_ending, write_table
