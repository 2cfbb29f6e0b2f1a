"""Image files: read with all that they tell, and written as the same kind of file again."""

from napari_histeq.files.formats import (
    FORMATS,
    READABLE,
    format_of,
    is_store,
    read,
    stem_and_suffix,
    write,
)
from napari_histeq.files.picture import LARGE, Location, Picture, short_unit
