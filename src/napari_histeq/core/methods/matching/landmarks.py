"""Landmarks: at which quantiles a histogram is matched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.methods.matching.standard import checked_percentiles

if TYPE_CHECKING:
    Landmarks = int | tuple[float, ...] | None

#: So many landmarks are enough for any number of levels.
MOST = 65536


def percentiles_at(landmarks: int | tuple[float, ...]) -> tuple[float, ...]:
    """The percentiles of `landmarks` that are evenly spaced, and both ends."""
    if isinstance(landmarks, tuple):
        return landmarks
    parts = landmarks + 1
    return tuple(100.0 * part / parts for part in range(parts + 1))


def checked_landmarks(value: Any) -> Landmarks:
    """A number of landmarks, percentiles that increase, or None; or an error."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if hasattr(value, "__index__") and not isinstance(value, bool) and not np.ndim(value):
        if not 1 <= value <= MOST:
            raise ValueError(
                f"Match: landmarks={value!r} is out of range: it must be >= 1 and <= {MOST}"
            )
        return int(value)
    return checked_percentiles("Match: landmarks", value)
