"""What a person may open: small arrays of every kind, made from a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

Array = np.ndarray[Any, Any]


def _dark(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, scale: float) -> Array:
    return (
        np.asarray(rng.gamma(3, scale, shape)).clip(0, 255 if dtype == "u1" else None).astype(dtype)
    )


def _real(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    pixels = rng.normal(0, 1, shape).astype("f4")
    pixels[rng.random(shape) < 0.1] = np.nan
    pixels[..., 0, 0], pixels[..., 0, 1] = np.inf, -np.inf
    return pixels


def _levels(pixels: Array) -> list[Array]:
    return [pixels, pixels[..., ::2, ::2].copy(), pixels[..., ::4, ::4].copy()]


def _lazy(pixels: Array) -> Any:
    return da.from_array(pixels, chunks=(*(1 for _ in pixels.shape[:-2]), 16, 20))


#: In gray, in memory or not: one may take the place of another.
GRAY: dict[str, Callable[[np.random.Generator], Any]] = {
    "8 bit": lambda rng: _dark(rng, (30, 40), "u1", 20),
    "8 bit, stack": lambda rng: _dark(rng, (3, 30, 40), "u1", 20),
    "16 bit, stack": lambda rng: _dark(rng, (4, 24, 32), "<u2", 900),
    "16 bit, big-endian": lambda rng: _dark(rng, (30, 40), ">u2", 900),
    "signed": lambda rng: rng.integers(-900, 900, (30, 40)).astype("i2"),
    "64 bit": lambda rng: rng.integers(-(2**40), 2**40, (20, 30)),
    "float with NaN": lambda rng: _real(rng, (30, 40)),
    "float with NaN, stack": lambda rng: _real(rng, (3, 20, 30)),
    "double": lambda rng: rng.normal(1e-3, 1e-4, (30, 40)),
    "half": lambda rng: rng.normal(0, 1, (20, 30)).astype("f2"),
    "movie of volumes": lambda rng: _dark(rng, (2, 3, 20, 30), "u1", 20),
    "constant": lambda rng: np.full((20, 30), 7, "u1"),
    "all NaN": lambda rng: np.full((20, 30), np.nan, "f4"),
    "true and false": lambda rng: rng.random((20, 30)) < 0.3,
    "one row": lambda rng: _dark(rng, (1, 30), "u1", 20),
    "lazy": lambda rng: _lazy(_dark(rng, (4, 32, 40), "<u2", 900)),
    "lazy, flat": lambda rng: _lazy(_real(rng, (32, 40))),
}
COLOR: dict[str, Callable[[np.random.Generator], Any]] = {
    "color": lambda rng: _dark(rng, (30, 40, 3), "u1", 20),
    "color, stack": lambda rng: _dark(rng, (3, 20, 30, 3), "u1", 20),
    "color with alpha": lambda rng: rng.random((20, 30, 4)).astype("f4"),
}
PYRAMID: dict[str, Callable[[np.random.Generator], Any]] = {
    "pyramid": lambda rng: _levels(_dark(rng, (64, 80), "u1", 20)),
    "pyramid, stack": lambda rng: _levels(_dark(rng, (3, 64, 80), "<u2", 900)),
    "pyramid, lazy": lambda rng: list(map(_lazy, _levels(_dark(rng, (2, 64, 80), "<u2", 900)))),
}
LABELS: dict[str, Callable[[np.random.Generator], Any]] = {
    "labels": lambda rng: (rng.random((30, 40)) < 0.5).astype("u1"),
    "labels, part": lambda rng: np.pad(np.full((10, 12), 3), ((5, 15), (8, 20))),
    "labels, stack": lambda rng: (rng.random((3, 30, 40)) < 0.5).astype("u1"),
    "labels, none": lambda rng: np.zeros((30, 40), "u1"),
}
GROUPS = {"gray": GRAY, "color": COLOR, "pyramid": PYRAMID, "labels": LABELS}
KINDS = {kind: group for group, kinds in GROUPS.items() for kind in kinds}
IMAGES = tuple(kind for kind, group in KINDS.items() if group != "labels")


def made(kind: str, seed: int) -> Any:
    """The pixels of a kind."""
    return GROUPS[KINDS[kind]][kind](np.random.default_rng(seed))


def another(kind: str, number: int) -> str:
    """What may take the place of a kind: napari itself fails for pyramids of other shapes."""
    kinds = [*GROUPS[KINDS[kind]]]
    return kind if KINDS[kind] == "pyramid" else kinds[number % len(kinds)]


def levels_of(layer: Any) -> list[Any]:
    """The arrays of a layer, the finest first; of shapes each one's corners."""
    several = getattr(layer, "multiscale", False) or isinstance(layer.data, list)
    return list(layer.data) if several else [layer.data]


def bits(layer: Any) -> tuple[bytes, ...]:
    """All that a layer's pixels are made of, read as they are now."""
    return tuple(plain(level).tobytes() for level in levels_of(layer))


def plain(level: Any) -> Array:
    """In memory."""
    lazy = isinstance(level, da.Array)
    return np.asarray(level.compute(scheduler="synchronous") if lazy else level)
