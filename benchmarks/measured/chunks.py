"""Larger than memory: chunks of 1 to 256 MB, and from a store to a store."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from measured.paper import Page, best, module, ms, ns, peak_beyond, rng
from napari_histeq import Clahe, equalize


def chunks(page: Page) -> None:
    """Time and memory by the size of chunks."""
    page.say("## In chunks")
    da = module("dask.array")
    if da is None:
        page.say("dask is not installed here, so nothing is measured in chunks.")
        return
    planes = 256 if page.size >= 4096 else 32
    image = rng.integers(0, 65536, (planes, 1024, 1024), np.uint16)
    here = best({"": lambda: equalize(image)}, 3)[""]
    rows = [
        [
            "in memory, whole",
            ns(here, image.size),
            "1.00",
            _mb(peak_beyond(lambda: equalize(image))),
        ]
    ]
    for megabytes in (1, 2, 8, 32, 128, 256):
        depth = max(megabytes // 2, 1)
        side = 1024 if megabytes > 1 else 724
        if depth > planes:
            continue
        lazy = da.from_array(image, chunks=(depth, side, 1024), name=False)

        def work(lazy: Any = lazy) -> Any:
            return equalize(lazy).compute()

        taken = best({"": work}, 2)[""]
        rows.append(
            [
                f"{megabytes} MB",
                ns(taken, image.size),
                f"{taken / here:.2f}",
                _mb(peak_beyond(work)),
            ]
        )
    page.say(
        f"uint16, {planes} x 1024 x 1024, all levels, by dask's threads: counted, mapped, and put together in memory, "
        "which copies the result once more. Below some megabytes what dask does for each "
        "chunk takes as long as its pixels; very large chunks are too few to keep all threads busy, and each is there twice while it is mapped."
    )
    page.table(["chunks", "ns a pixel", "times the whole", "memory beside input and result"], rows)
    stores(page)


def _mb(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f} MB"


def stores(page: Page) -> None:
    """From zarr to zarr, by levels of the pyramid, beside a copy by the same codec."""
    zarr, saving = module("zarr"), module("napari_histeq.core.zarr.saving")
    if zarr is None or saving is None:
        page.say(
            "zarr is not installed here (or yaozarrs), so nothing is measured from store to store."
        )
        return
    folder = Path(tempfile.mkdtemp(prefix="napari-histeq-"))
    try:
        _stores(page, zarr, saving, folder)
    finally:
        shutil.rmtree(folder)


def _stores(page: Page, zarr: Any, saving: Any, folder: Path) -> None:
    import dask.array as da

    depth = 64 if page.size >= 4096 else 16
    shape, cut = (depth, 2048, 2048), (min(depth, 64), 256, 256)
    smooth = np.sin(np.linspace(0, 40, 2048))[:, None] * np.sin(np.linspace(0, 25, 2048)) + 1.1
    source = zarr.create_array(folder / "source.zarr", shape=shape, chunks=cut, dtype="u2")
    for z in range(0, depth, cut[0]):
        light = 200 + 5 * np.arange(z, z + cut[0])[:, None, None]
        source[z : z + cut[0]] = rng.poisson(smooth * light + 100).astype("u2")

    def copy() -> None:
        target = zarr.create_array(
            folder / "copy.zarr", shape=shape, chunks=cut, dtype="u2",
            compressors=saving.COMPRESSOR, overwrite=True,
        )  # fmt: skip
        da.store(da.from_zarr(source), target, lock=False)

    def save(method: Any, levels: int | None) -> Any:
        def work() -> None:
            image = equalize(source, method)
            saving.save_zarr(image, folder / "ours.zarr", levels=levels, if_exists="overwrite")

        return work

    clahe = Clahe(kernel_size=(min(depth, 16), 256, 256))
    works = {"a copy by the same codec": copy}
    for name, method in (("Global", "global"), ("CLAHE in 3-D", clahe)):
        works |= {
            f"{name}, {levels or 'all'} level{'s' * (levels != 1)} of the pyramid": save(
                method, levels
            )
            for levels in (1, 2, None)
        }
    os.sync()
    times = best(works, 1)
    base = times["a copy by the same codec"]
    page.table(
        [f"zarr to zarr, uint16, {' x '.join(map(str, shape))}", "time", "times a copy"],
        [[name, ms(t), f"{t / base:.2f}"] for name, t in times.items()],
    )
    page.say(
        "Pass 1 reads and decompresses the store to count it, pass 2 does so again to map it; each level of "
        "the pyramid has an eighth of the pixels of the one before. Zarr has Blosc code each chunk in the thread that asks for it: "
        "with dask's threads at work, more or fewer threads for the codec or for Zarr change nothing."
    )
