"""Transfer functions: monotone maps of intensities."""

from napari_histeq.core.transfer.apply import between_knots, rounded
from napari_histeq.core.transfer.rules import CompiledRule, CurvesRule, FloatsRule, StackRule
from napari_histeq.core.transfer.stack import equalize_stack
from napari_histeq.core.transfer.transfer import TransferFunction
