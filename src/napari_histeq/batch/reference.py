"""An image that others are made to match: counted once, before the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.batch.errors import Refused
from napari_histeq.core import Match
from napari_histeq.core.extras import brought_by
from napari_histeq.files import read

if TYPE_CHECKING:
    from pathlib import Path


def reference_of_image(path: Path) -> Any:
    """The reference of an image file, without what the file calls "no data".

    Raises
    ------
    Refused
        If it cannot be read, or if nothing counts.
    """
    try:
        with brought_by("cli"), read(path) as picture:
            data = picture.data
            mask: Any = None if picture.ignored is None else data != picture.ignored
            if mask is not None and picture.channel_axis is not None:
                mask = np.any(np.moveaxis(mask, picture.channel_axis, -1)[..., :3], axis=-1)
            made = Match.of(data, mask, channel_axis=picture.channel_axis, name=path.name)
            made.prepare()
            return made.reference
    except (OSError, TypeError, ValueError) as error:
        raise Refused(f"the reference {path}: {error}") from None
