"""How the intensities go along an axis: the percentiles of the image and of its real result."""

import dask.array as da
import numpy as np
import pytest

from napari_histeq import Clahe, Exact, Global, Match, equalize, plane_percentiles
from napari_histeq.core.recipe import Recipe
from napari_histeq.records import Task, along

RECIPES = {
    "one curve": Recipe(),
    "planes": Recipe(axes=(-2, -1)),
    "smooth": Recipe(axes=(-2, -1), smooth=3),
    "neighbors": Recipe(Match("neighbors", window=3), axes=(-2, -1)),
    "reference": Recipe(Match(np.arange(4000, dtype=np.uint16))),
    "clahe": Recipe(Clahe(kernel_size=8), axes=(-2, -1)),
    "exact": Recipe(Exact(), axes=(-2, -1)),
    "half": Recipe(Global(), strength=0.5),
}


def movie():
    rng = np.random.default_rng(0)
    light = rng.uniform(0.5, 1, 6)[:, None, None, None]
    return (rng.gamma(2, 300, (6, 3, 16, 17)) * light).astype(np.uint16)


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("axis", [0, -3])
def test_they_are_those_of_the_image_and_its_result(name, lazy, axis):
    image, recipe, told = movie(), RECIPES[name], []
    mask = np.random.default_rng(1).random(image.shape) > 0.4
    given = da.from_array(image, chunks=(2, 3, 16, 9)) if lazy else image
    task = Task(given, recipe=recipe, region=lambda: mask, ignored=int(image[0, 0, 0, 0]))
    before, after = along(task, axis, lambda done, _: told.append(done))
    counted = mask & (image != image[0, 0, 0, 0])
    shared = tuple(a for a in range(4) if a != axis % 4)
    result = equalize(image, recipe.method, mask=counted, **recipe.keywords())
    np.testing.assert_array_equal(before, plane_percentiles(image, mask=counted, axes=shared))
    np.testing.assert_array_equal(after, plane_percentiles(result, mask=counted, axes=shared))
    assert told == sorted(told)


def test_without_equalizing_and_of_colors():
    image = movie().astype(np.uint8)
    task = Task(image, recipe=Recipe(channel_axis=1))
    before, after = along(task, 0, lambda *_: None, equalize=False)
    assert after is None
    np.testing.assert_array_equal(before, plane_percentiles(image, channel_axis=1))
    result = equalize(image, channel_axis=1)
    _, after = along(task, 0, lambda *_: None)
    np.testing.assert_array_equal(after, plane_percentiles(result, channel_axis=1))


def test_what_the_report_raises_stops_it():
    def stop(done, _):
        if done > 0.6:
            raise KeyError

    with pytest.raises(KeyError):
        along(Task(movie(), recipe=Recipe(axes=(-2, -1))), 0, stop)
