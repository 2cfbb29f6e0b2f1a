"""Samples: repeatable, and as right as they say."""

import dask.array as da
import numpy as np
import pytest

from helpers.lazy_cases import image, random_chunks
from napari_histeq import compute_histogram, transfer_function
from napari_histeq.core import cdf_distance
from napari_histeq.core.histogram.sampling import cluster_bound, dkw_bound
from napari_histeq.core.lazy.sampling import MOST_READS


def test_a_seed_repeats_whatever_the_chunks():
    pixels = image("u2", (60, 70, 80))
    want = compute_histogram(pixels, max_samples=5000, seed=3)
    assert want.total == 5000
    for seed in range(5):
        chunks = random_chunks(np.random.default_rng(seed), pixels.shape, most=3)
        got = compute_histogram(da.from_array(pixels, chunks=chunks), max_samples=5000, seed=3)
        assert np.array_equal(got.counts, want.counts)
        assert got.cdf_error == want.cdf_error == dkw_bound(5000)
    other = compute_histogram(pixels, max_samples=5000, seed=4)
    assert not np.array_equal(other.counts, want.counts)


def test_the_bound_holds_as_often_as_it_says():
    pixels = image("u2", (60, 70, 80))
    full = compute_histogram(pixels)
    assert full.cdf_error == 0
    over = 0
    for seed in range(200):
        sample = compute_histogram(pixels, max_samples=400, seed=seed)
        over += cdf_distance(sample, full) > sample.cdf_error
    assert over <= 20  # 5 % of 200 is 10; twice as many have a chance of 1 in 700


def test_many_chunks_are_sampled_as_clusters():
    # Chunks that differ from each other: the worst case for a sample of chunks.
    steps = np.repeat(np.arange(400, dtype=np.uint16), 50).reshape(400, 50)
    chunked = da.from_array(steps, chunks=(1, 50))
    full = compute_histogram(steps)
    over = 0
    for seed in range(40):
        sample = compute_histogram(chunked, max_samples=2000, seed=seed)
        assert sample.total == 2000 // MOST_READS * MOST_READS
        assert sample.cdf_error == cluster_bound(MOST_READS) > dkw_bound(2000)
        over += cdf_distance(sample, full) > sample.cdf_error
    assert over <= 5
    again = compute_histogram(chunked, max_samples=2000, seed=39)
    assert np.array_equal(again.counts, sample.counts)


def test_few_chunks_are_read_of_many():
    reads = []

    def read(block, block_id=None):
        reads.append(block_id)
        return block

    meta = np.empty((0, 0), np.uint8)
    source = da.zeros((500, 50), chunks=(1, 50), dtype="u1").map_blocks(read, meta=meta)
    compute_histogram(source, max_samples=1000)
    assert 0 < len(reads) <= MOST_READS


def test_a_mask_is_kept_and_takes_the_bound_of_clusters_away():
    pixels = image("u2", (400, 50))
    mask = np.zeros((400, 1), bool)
    mask[:100] = True
    pixels[100:] = 60_000
    sample = compute_histogram(pixels, mask=mask, max_samples=1000)
    assert 0 < sample.total < 1000
    assert sample.counts[60_000] == 0
    assert sample.cdf_error == dkw_bound(sample.total)
    clustered = compute_histogram(
        da.from_array(pixels, chunks=(1, 50)), mask=mask, max_samples=1000
    )
    assert clustered.counts[60_000] == 0
    assert np.isnan(clustered.cdf_error)


def test_small_images_are_counted_whole():
    pixels = image("u2", (10, 10))
    sample = compute_histogram(pixels, max_samples=100)
    assert sample.cdf_error == 0
    assert np.array_equal(sample.counts, compute_histogram(pixels).counts)


def test_the_error_travels_along():
    sample = compute_histogram(image("u2"), max_samples=100)
    assert sample.rebin(10).cdf_error == (sample + sample).cdf_error == sample.cdf_error > 0


@pytest.mark.parametrize("draws", [1, 10, 1000])
def test_bounds(draws):
    assert 0 < dkw_bound(draws) <= cluster_bound(draws) <= 1
    assert dkw_bound(draws, 0.99) >= dkw_bound(draws, 0.9)


def test_dkw_bound_as_published():
    assert dkw_bound(1000) == pytest.approx(np.sqrt(np.log(40) / 2000))


def test_a_curve_from_a_sample():
    pixels = image("u2", (200, 200))
    sampled = transfer_function(pixels, max_samples=10_000, seed=1)
    full = transfer_function(pixels)
    off = np.abs(sampled.evaluate(np.arange(65536)) - full.evaluate(np.arange(65536))).max()
    assert 0 < off / 65535 < 2 * dkw_bound(10_000)


@pytest.mark.parametrize("wrong", [{"max_samples": 0}, {"max_samples": 9, "axes": (0, 1)}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="max_samples"):
        compute_histogram(image("u2"), **wrong)
