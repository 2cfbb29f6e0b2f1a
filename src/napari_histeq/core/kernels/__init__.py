"""The compiled loops, one module for each kind."""

from napari_histeq.core.kernels import clahe, color, lattice, levels, mixing, opencv

__all__ = ["clahe", "color", "lattice", "levels", "mixing", "opencv"]
