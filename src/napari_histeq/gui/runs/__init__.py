"""A run: from a person's choice to layers in the viewer."""

from napari_histeq.gui.runs.run import Run, goes_on
from napari_histeq.gui.runs.selection import (
    Several,
    are_channels,
    counted_with,
    lead_of,
    left_out,
    selected_of,
    with_others,
)
from napari_histeq.gui.runs.showing import add_results, selection_kept
from napari_histeq.gui.runs.work import (
    EXPECTED,
    Choice,
    available,
    choice_of,
    color_of,
    task_of,
    why_no_curve,
)
