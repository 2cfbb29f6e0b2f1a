"""Transfer functions: monotone maps of intensities."""

from napari_histeq.core.transfer.apply import rounded
from napari_histeq.core.transfer.transfer import TransferFunction

__all__ = ["TransferFunction", "rounded"]
