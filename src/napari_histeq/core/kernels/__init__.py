"""The compiled loops, one module for each kind."""

from napari_histeq.core.kernels import clahe, color, door, lattice, levels, mixing, opencv

__all__ = ["clahe", "color", "door", "lattice", "levels", "mixing", "opencv"]
