"""What is shown while a person moves the controls."""

from napari_histeq.gui.preview.follow_slice import follow, followed, news
from napari_histeq.gui.preview.live import Live
from napari_histeq.gui.preview.over_planes import OverPlanes
