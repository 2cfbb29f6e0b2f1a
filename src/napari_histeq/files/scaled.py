"""Whole numbers in a file that stand for values on a scale: Hounsfield units, becquerels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Rescale:
    """``value = slope * stored + intercept``."""

    slope: float = 1.0
    intercept: float = 0.0

    @property
    def is_identity(self) -> bool:
        """Whether what is stored is the value."""
        return self.slope == 1.0 and self.intercept == 0.0

    def applied(self, stored: Any) -> Any:
        """The values: whole numbers for whole slopes and intercepts, else float64."""
        if self.is_identity:
            return stored
        if not self.slope > 0:
            raise ValueError(f"its slope is {self.slope:g}: only a positive one keeps the order")
        whole = stored.dtype.kind in "biu" and self.slope == 1.0 and self.intercept.is_integer()
        if whole:
            return stored.astype(_wider(stored.dtype, int(self.intercept))) + int(self.intercept)
        return stored.astype(np.float64) * self.slope + self.intercept

    def value(self, stored: float) -> float:
        """One value."""
        return self.slope * stored + self.intercept

    def undone(self, values: Any, dtype: np.dtype[Any]) -> Any:
        """What is to be stored for values."""
        if self.is_identity:
            return values.astype(dtype, copy=False)
        if values.dtype.kind in "iu" and dtype.kind in "iu":
            return (values - int(self.intercept)).astype(dtype)
        stored = (values - self.intercept) / self.slope
        if dtype.kind not in "iu":
            return stored.astype(dtype)
        limits = np.iinfo(dtype)
        return np.clip(np.rint(stored), limits.min, limits.max).astype(dtype)


def _wider(dtype: np.dtype[Any], intercept: int) -> np.dtype[Any]:
    """The narrowest signed dtype that holds all of another's numbers, moved."""
    limits = np.iinfo(dtype)
    ends = int(limits.min) + min(intercept, 0), int(limits.max) + max(intercept, 0)
    for wide in (np.int16, np.int32, np.int64):
        if np.iinfo(wide).min <= ends[0] and ends[1] <= np.iinfo(wide).max:
            return np.dtype(wide)
    return np.dtype(np.int64)
