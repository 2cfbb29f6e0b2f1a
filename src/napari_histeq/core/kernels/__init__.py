"""The compiled loops, one module for each kind; and their twins in plain numpy."""

from napari_histeq.core.kernels import (
    cells,
    clahe,
    color,
    floats,
    keys,
    lattice,
    levels,
    mixing,
    opencv,
    ordering,
    patches,
    planes,
    rows,
)
from napari_histeq.core.kernels.compiling import be_patient, wait_for_compiler

__all__ = [
    "be_patient",
    "cells",
    "clahe",
    "color",
    "floats",
    "keys",
    "lattice",
    "levels",
    "mixing",
    "opencv",
    "ordering",
    "patches",
    "planes",
    "rows",
    "wait_for_compiler",
]
