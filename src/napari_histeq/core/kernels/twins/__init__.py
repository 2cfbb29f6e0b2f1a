"""The loops in plain numpy: the same bits, at once, while the compiled ones are being made.

Each has the name and the arguments of its twin in `kernels`, and works on pieces that stay in
the cache. They are called through the same doors, with floating-point warnings off.
"""

from napari_histeq.core.kernels.twins import (
    clahe,
    color,
    lattice,
    levels,
    mixing,
    opencv,
    ordering,
    planes,
)
