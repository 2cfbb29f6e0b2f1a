"""The pixels that a histogram counts."""

from __future__ import annotations

from typing import Any

import numpy as np


def counted(image: Any, mask: Any = None) -> Any:
    """The pixels that count, in native byte order."""
    where = np.isfinite(image) & np.broadcast_to(True if mask is None else mask, image.shape)
    return image[where].astype(image.dtype.newbyteorder("="))
