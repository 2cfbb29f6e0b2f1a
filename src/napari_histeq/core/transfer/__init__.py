"""Transfer functions: monotone maps of intensities."""

from napari_histeq.core.transfer.apply import apply_curve, apply_curve_into, mapper, rounded
from napari_histeq.core.transfer.transfer import TransferFunction

__all__ = ["TransferFunction", "apply_curve", "apply_curve_into", "mapper", "rounded"]
