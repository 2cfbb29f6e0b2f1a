"""What the panel is made of: controls, forms, sections that fold, tooltips."""

from napari_histeq.gui.widgets.controls import Auto, AxesRow, Either, check_names, control_for, kept
from napari_histeq.gui.widgets.elided import elide
from napari_histeq.gui.widgets.focus import FocusKeeper
from napari_histeq.gui.widgets.fold import Fold
from napari_histeq.gui.widgets.form import (
    BAR,
    Form,
    align,
    beside,
    column,
    keep_room,
    put_in,
    side_by_side,
    tight,
)
from napari_histeq.gui.widgets.layerbox import LayerBox
from napari_histeq.gui.widgets.numbers import Number, Sliding
from napari_histeq.gui.widgets.taborder import set_tab_order
from napari_histeq.gui.widgets.tips import tip
