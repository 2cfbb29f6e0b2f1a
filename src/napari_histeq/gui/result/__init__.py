"""What can be done with a result: compare it, reproduce it, save it, do the same elsewhere."""

from napari_histeq.gui.result.comparing import KEY_NAME, Comparing
from napari_histeq.gui.result.tools import Tools
