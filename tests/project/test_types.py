"""What a type checker is told is what comes: mypy checks this file strictly, and pytest runs it."""

from __future__ import annotations

from typing import Any, assert_type

import dask.array as da
import numpy as np
import pytest
import xarray as xr
import zarr
from numpy.typing import NDArray

from napari_histeq import (
    Clahe,
    Exact,
    Global,
    Histogram,
    Match,
    Reference,
    Specify,
    Standard,
    TransferFunction,
    compute_histogram,
    equalize,
    equalize_labels,
    equalize_multiscale,
    equalize_together,
    gain_map,
    measures,
    plane_percentiles,
    suggest_clahe,
    transfer_function,
)

Bytes = NDArray[np.uint8]
Image = np.ndarray[tuple[int, int], np.dtype[np.uint8]]

PIXELS: Bytes = np.arange(64 * 48, dtype=np.uint8).reshape(64, 48) // 2
LABELS = np.ones(PIXELS.shape, np.int32)
NAMED = xr.DataArray(PIXELS, dims=("y", "x"))


def test_numpy_in_numpy_out() -> None:
    assert_type(equalize(PIXELS), Bytes)
    assert_type(equalize(PIXELS, "clahe", clip_limit=0.02, axes=(0, 1)), Bytes)
    assert_type(equalize_labels(PIXELS, LABELS, feather=1), Bytes)
    assert_type(equalize_together([PIXELS, PIXELS]), list[Bytes])
    assert_type(transfer_function(PIXELS)(PIXELS), Bytes)
    found = equalize(PIXELS.astype(np.float32), strength=0.5)
    assert_type(found, NDArray[np.float32])
    assert found.dtype == np.float32
    assert isinstance(found, np.ndarray)


def test_a_shape_is_kept() -> None:
    def of_two_axes(image: Image) -> Image:
        return equalize(image, Match(image))

    plane: Image = np.zeros((3, 4), np.uint8)
    assert of_two_axes(plane).shape == (3, 4)


def test_lists_become_numpy() -> None:
    values = [[1, 2], [3, 5]]
    assert_type(equalize(values), NDArray[Any])
    assert_type(equalize_labels(values, LABELS[:2, :2]), NDArray[Any])
    assert_type(transfer_function(values)(values), NDArray[Any])
    assert isinstance(equalize(values), np.ndarray)


def test_dask_in_dask_out() -> None:
    lazy = da.from_array(PIXELS, chunks=16)
    assert_type(equalize(lazy), da.Array)
    assert_type(equalize_labels(lazy, LABELS), da.Array)
    assert_type(equalize_together([lazy, lazy]), list[da.Array])
    assert_type(equalize_multiscale([lazy, lazy[::2, ::2]]), list[da.Array])
    assert_type(transfer_function(lazy)(lazy), da.Array)
    assert isinstance(equalize(lazy, mask=lazy > 3), da.Array)


def test_names_in_names_out() -> None:
    assert_type(equalize(NAMED, axes=("y", "x")), xr.DataArray)
    assert_type(equalize_labels(NAMED, LABELS, axes="y"), xr.DataArray)
    assert_type(equalize_together([NAMED, NAMED]), list[xr.DataArray])
    assert_type(transfer_function(NAMED)(NAMED), xr.DataArray)
    assert equalize(NAMED, mask=NAMED > 3).dims == ("y", "x")


def test_what_is_stored_becomes_dask() -> None:
    stored = zarr.array(PIXELS)
    assert isinstance(equalize(stored), da.Array)
    assert isinstance(transfer_function(stored)(stored), da.Array)


@pytest.mark.parametrize("image", [PIXELS, da.from_array(PIXELS), NAMED, PIXELS.tolist()])
def test_what_is_counted_is_counted_of_any(image: Any) -> None:
    assert_type(compute_histogram(PIXELS, mask=LABELS > 0), Histogram)
    assert_type(transfer_function(NAMED), TransferFunction)
    assert_type(gain_map(PIXELS, Clahe(kernel_size=16)), NDArray[np.float32])
    assert_type(plane_percentiles(NAMED, axes=("y", "x")), NDArray[np.float64])
    assert_type(suggest_clahe(NAMED), tuple[Clahe, str])
    assert compute_histogram(image).total == PIXELS.size


def test_what_a_method_takes_is_more_than_what_it_holds() -> None:
    counted = compute_histogram(PIXELS)
    for reference in (PIXELS, NAMED, PIXELS.tolist(), counted, Reference(counted)):
        assert Match(reference, landmarks=[1, 50, 99]).own_range == (0, 127)
    assert Match(Standard.learn([PIXELS, NAMED])).own_range == (0.0, 100.0)
    assert Match.of(NAMED, NAMED > 3, axes=("y", "x")).own_range == (4, 127)
    assert_type(equalize(PIXELS, Match("neighbors"), axes=-1), Bytes)
    assert Specify([1, 2, 1]) == Specify("counts", counts=(1, 2, 1))
    assert Exact(target=(1.0, 2.0)).counts == (1.0, 2.0)


def test_what_does_not_fit_is_told() -> None:
    for call in (
        lambda: equalize(PIXELS, Global(convention="none")),  # type: ignore[arg-type]
        lambda: equalize(PIXELS, 3),  # type: ignore[call-overload]
        lambda: Match(object()),  # type: ignore[arg-type]
        lambda: Match(),  # type: ignore[call-arg]  # noqa: PLW0108
        lambda: compute_histogram(PIXELS, nbins="many"),  # type: ignore[arg-type]
        lambda: Specify(3),  # type: ignore[arg-type]
    ):
        with pytest.raises((TypeError, ValueError)):
            call()


def test_a_script_of_a_scientist() -> None:
    def flatten(movie: NDArray[np.uint16]) -> NDArray[np.uint16]:
        return equalize(movie, Match("neighbors", window=3), axes=(-2, -1))

    def told(before: NDArray[np.uint16], after: NDArray[np.uint16]) -> dict[str, float]:
        first, second = compute_histogram(before), compute_histogram(after)
        return {
            "entropy": measures.entropy(second) - measures.entropy(first),
            "ssim": measures.ssim(before, after),
        }

    movie = (np.arange(8 * 32 * 32).reshape(8, 32, 32) % 517).astype(np.uint16)
    result = flatten(movie)
    assert result.dtype == np.uint16
    assert 0 < told(movie, result)["ssim"] <= 1
