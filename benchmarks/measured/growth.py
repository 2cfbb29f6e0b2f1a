"""Costs as work grows: pixels, bits, planes, tiles, masks; time, and memory at its peak."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from measured.paper import Page, best, faint, ms, noise, ns, peak_beyond, rng
from napari_histeq import (
    Asinh,
    BiHistogram,
    Clahe,
    Gamma,
    Global,
    Log,
    Match,
    Specify,
    Stretch,
    Weighted,
    equalize,
)


def planes(page: Page) -> None:
    """Planes each on its own against one pass over all."""
    page.say(
        "## Many planes, each on its own",
        "`axes=(-2, -1)` beside one curve for all. Planes of 8 and 16 bit (`Global`, by `cdf` or `cdf_min`) are counted, given "
        "their curves and mapped about a million pixels at a time in one compiled call. Where planes have fewer pixels than 16 bit has "
        "levels, half of the time goes to levels: counts of 65,536 levels are added up for each plane. Other methods whose curve works "
        "along rows (`along_rows`, see how to add a method) are counted and mapped by compiled loops too; the curves of many planes are "
        "made by numpy and more such loops at once, of the levels that occur. Floats of up to 131,072 pixels a plane are sorted, and by "
        "`Global` all is done in one call, which takes about 30 ns a pixel. The rest takes each plane by itself.",
    )
    deep = rng.gamma(2, 500, (4000, 128, 128)).clip(0, 4095).astype(np.uint16)
    stacks = {
        "uint8, 64 x 1024 x 1024": noise("uint8", 8192).reshape(64, 1024, 1024),
        "uint16, 4000 x 128 x 128, all levels": rng.integers(0, 65536, deep.shape, np.uint16),
        "uint16, 4000 x 128 x 128, 12 bit": deep,
        "uint16, 64 x 512 x 512, all levels": rng.integers(0, 65536, (64, 512, 512), np.uint16),
        "float32, 4000 x 128 x 128, log-normal": rng.lognormal(size=deep.shape).astype(np.float32),
    }
    rows = []
    for name, stack in stacks.items():
        times = best(
            {
                "planes": lambda s=stack: equalize(s, axes=(-2, -1)),
                "whole": lambda s=stack: equalize(s),
            },
            3,
        )
        rows.append([name, *map(ms, times.values()), f"{times['whole'] / times['planes']:.2f}"])
    page.table(["stack", "planes", "whole", "speed of planes, of one whole pass"], rows)
    whole = rng.integers(0, 65536, (500, 128, 128), np.uint16)
    _other_methods(
        page,
        {
            "uint8": (whole >> 8).astype(np.uint8),
            "uint16, 12 bit": deep[:500],
            "uint16, all levels": whole,
        },
    )


def _other_methods(page: Page, stacks: Any) -> None:
    rows = []
    for name, stack in stacks.items():
        methods = [
            Global(), Stretch(), Log(), Asinh(), Gamma(), Weighted(), Global(power=0.5), Match(stack[:8]), Specify(), BiHistogram(),
        ]  # fmt: skip
        works: dict[str, Any] = {"whole": lambda s=stack: equalize(s)}
        for number, method in enumerate(methods):
            works[f"{number}"] = lambda m=method, s=stack: equalize(s, m, axes=(-2, -1))
        times = best(works, 3)
        whole = times.pop("whole")
        rows += [
            [
                name,
                type(m).__name__ + ", power 0.5" * (m == Global(power=0.5)),
                f"{1e6 * t / len(stack):.1f}",
                f"{whole / t:.2f}",
            ]
            for m, t in zip(methods, times.values(), strict=True)
        ]
    page.say(f"By method, {len(stacks['uint8'])} planes of 128 x 128 pixels:")
    page.table(
        ["stack", "method", "microseconds a plane", "speed, of one whole pass by Global"], rows
    )


def growth(page: Page) -> None:
    """Nanoseconds a pixel by size, bits, tiles and masks."""
    page.say("## As images grow", "Nanoseconds a pixel, of noise that has all levels.")
    rows = []
    for dtype in ("uint8", "uint16", "float32"):
        most = page.size if dtype == "float32" else 2 * page.size
        sides = [64 << power for power in range(8) if 64 << power <= most]
        rows += [[dtype, f"{side} x {side}", *_both(_filled(dtype, side))] for side in sides]
    page.table(["dtype", "pixels", "Global", "CLAHE"], rows)
    page.say(
        "Up to 2,097,152 pixels one thread works: they are one block. What Python does around a call takes 40 (8 bit) to 60 "
        "(16 bit) microseconds, measured with 64 x 64 pixels at rest, and of floats, whose curve is made step by step, some 300. Floats "
        "of up to 131,072 pixels are sorted, as the counters of a radix tree (8 MB) would take longer than they do. CLAHE's tiles are an eighth of an axis, so that small images have "
        "small ones, which cost more a pixel:"
    )
    _tiles(page)
    _masks(page)
    _memory(page)


def _filled(dtype: str, side: int) -> Any:
    """All levels; of floats as log-normal as a picture."""
    if dtype == "float32":
        return rng.lognormal(size=(side, side)).astype(np.float32)
    return noise(dtype, side)


def _both(image: Any) -> list[str]:
    works = {"global": lambda: equalize(image), "clahe": lambda: equalize(image, Clahe())}
    times = best(works, 5 if image.size < 1 << 25 else 2)
    return [ns(t, image.size) for t in times.values()]


def _tiles(page: Page) -> None:
    rows, sides = [], [k for k in (16, 32, 64, 128, 256, 1024) if k <= page.size]
    for dtype in ("uint8", "uint16"):
        image = noise(dtype, page.size)
        works = {str(k): (lambda k=k, i=image: equalize(i, Clahe(kernel_size=k))) for k in sides}
        times = [*best(works, 3).values()]
        rows.append([dtype, *(ns(t, image.size) for t in times)])
        rows.append([f"times that of {sides[-1]}", *(f"{t / times[-1]:.1f}" for t in times)])
    page.table([f"ns a pixel, {page.size} x {page.size}, tiles of", *map(str, sides)], rows)
    page.say(
        "A tile has 256 knots, whatever its size: with 16 x 16 pixels there is a curve to make, and a table to pack, for each 256 pixels. "
        "Of one thread's time for bytes in such tiles some 40 % goes to mixing, 20 % to the curves, 15 % to counting and 20 % to what "
        "Python does for each row of tiles."
    )
    _volume(page)


def _volume(page: Page) -> None:
    """CLAHE in 3-D beside one pass of Global."""
    side = page.size // 4
    image = rng.integers(0, 65536, (64, side, side), np.uint16)
    works = {"": lambda: equalize(image), "clahe": lambda: equalize(image, Clahe())}
    times = best(works, 3)
    page.say(
        f"CLAHE in 3-D (tiles of an eighth) of uint16, 64 x {side} x {side}, all levels, takes {ms(times['clahe'])}; it has "
        f"{times[''] / times['clahe']:.2f} of the speed of Global ({ms(times[''])})."
    )


def _masks(page: Page) -> None:
    rows = []
    mask = rng.random((page.size, page.size)) < 0.5
    for dtype in ("uint8", "uint16"):
        image = noise(dtype, page.size)
        works = {"": lambda i=image: equalize(i), "m": lambda i=image: equalize(i, mask=mask)}
        times = best(works)
        rows.append([dtype, *map(ms, times.values()), f"{times[''] / times['m']:.2f}"])
    page.say(f"With a mask (half of the pixels, at random; {page.size} x {page.size}):")
    page.table(["dtype", "without", "with", "speed with, of that without"], rows)


def _memory(page: Page) -> None:
    """Bits, and pixels up to 400 million: time, and memory beside input and result."""
    side = page.size
    images = {
        "8 bit": noise("uint8", side),
        "12 bit, in uint16": faint("uint16", side),
        "16 bit": noise("uint16", side),
        "32 bit floats": rng.lognormal(size=(side, side)).astype(np.float32),
        "8 bit, 25 times the pixels": noise("uint8", 5 * side),
        "16 bit, in 64 planes, each on its own": noise("uint16", side).reshape(
            64, side // 8, side // 8
        ),
    }
    rows = []
    for name, image in images.items():
        axes = (-2, -1) if image.ndim == 3 else None
        peak = peak_beyond(partial(equalize, image, axes=axes))
        peak_clahe = peak_beyond(partial(equalize, image, Clahe(), axes=axes))
        if peak is None or peak_clahe is None:
            page.say("How much memory is taken at the peak, this system does not tell.")
            return
        rows.append(
            [
                name,
                f"{image.size / 1e6:,.0f} Mpx, {image.nbytes / 2**20:,.0f} MB",
                f"{peak:.1f} MB",
                f"{peak_clahe:.1f} MB",
            ]
        )
    page.say(
        "Memory at its peak, beside the image and its result. Integers of up to 16 bit take a table of counts for each thread, whatever "
        "the size of the image; floats of more than 131,072 pixels the counters of a radix tree, 8 MB for each thread, and CLAHE its tiles' counts and curves."
    )
    page.table(["image", "size", "Global", "CLAHE"], rows)
