"""The evidence: what an equalization did to an image, in numbers.

Each measure is a function of a Histogram, or of two images. No transfer function can
raise the discrete entropy (it moves and merges levels, and never splits one), so a
flatter histogram shows in `ks_distance` and `chi_square`, not in `entropy`.
"""

from napari_histeq.core.measures.histograms import (
    ambe,
    chi_square,
    entropy,
    fraction_clipped,
    ks_distance,
    levels_merged,
    levels_used,
    mean,
    summary,
)
from napari_histeq.core.measures.images import (
    contrast_per_pixel,
    eme,
    of_images,
    psnr,
    ssim,
    table,
)

__all__ = [
    "ambe",
    "chi_square",
    "contrast_per_pixel",
    "eme",
    "entropy",
    "fraction_clipped",
    "ks_distance",
    "levels_merged",
    "levels_used",
    "mean",
    "of_images",
    "psnr",
    "ssim",
    "summary",
    "table",
]
