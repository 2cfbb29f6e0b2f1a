"""Draws the histograms before and after on matplotlib axes; renders them to RGBA.

One drawing serves the plot layer under an image, the panel in the dock, exported
files and the documentation. No pyplot, no global state: safe in a worker thread.
"""

from napari_histeq.core.showing import draw_with
from napari_histeq.plot.blit import Blit
from napari_histeq.plot.course import Course, CourseFigure
from napari_histeq.plot.figure import HistogramFigure
from napari_histeq.plot.levels import WHOLE_LEVELS, WHOLE_LUMINANCES, why_not_flat
from napari_histeq.plot.render import figure_of, render, render_course, save, save_course, warm_up
from napari_histeq.plot.theme import Theme

draw_with(figure_of)
