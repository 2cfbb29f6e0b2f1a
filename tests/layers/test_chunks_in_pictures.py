"""Plots of planes, and masks, of a lazy layer whose chunks are not what it declares."""

from __future__ import annotations

import re

import dask.array as da
import numpy as np
import pytest
from napari.components import Dims
from napari.layers import Image, Labels

from helpers.lies import LIES, lying
from napari_histeq.core import ChunkError
from napari_histeq.core.recipe import Recipe
from napari_histeq.layers import mask_on, of_planes, slice_of
from napari_histeq.records import Task, perform

SHAPE, CHUNKS, AT = (4, 40, 60), (1, 20, 20), (2, 1, 2)
PLACE = ((2, 3), (20, 40), (40, 60))


@pytest.mark.crossed
@pytest.mark.parametrize("lie", ["uint16", "float32", "shorter", "an axis less", "None"])
@pytest.mark.parametrize("strength", [1.0, 0.0])
def test_the_plot_of_a_plane_names_the_chunk(lie, strength):
    """A file that was changed since the planes were counted: each plot is made when it is seen."""
    turned = {"into": lambda block: block}

    def now(block):
        return turned["into"](block)

    image = lying(now, AT, shape=SHAPE, chunks=CHUNKS)
    task = Task(image, recipe=Recipe(axes=(1, 2), strength=strength))
    stack = of_planes(task, perform(task, lambda *_: None), "dark")
    assert stack is not None
    turned["into"] = LIES[lie]
    assert stack.picture((1,)).dtype == np.uint8
    with pytest.raises(ChunkError) as caught:
        stack.picture((2,))
    assert (caught.value.index, caught.value.place) == (AT, PLACE)
    assert "declared as uint8" in str(caught.value)
    assert stack.picture((3,)).dtype == np.uint8  # nothing stays behind


@pytest.mark.parametrize("lie", ["shorter", "None"])
def test_a_mask_of_lazy_labels_names_the_chunk(lie):
    image = Image(da.zeros(SHAPE, chunks=CHUNKS, dtype="u1"))
    labels = Labels(lying(LIES[lie], AT, shape=SHAPE, chunks=CHUNKS))
    with pytest.raises(ChunkError, match=r"chunk \(2, 1, 2\) of .* declared as uint8"):
        mask_on(image, labels)


@pytest.mark.crossed
@pytest.mark.parametrize("lie", ["uint16", "float32", "cut off", "bool"])
@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 0, 1)])
@pytest.mark.parametrize("rgb", [False, True])
def test_the_slice_that_napari_holds_is_looked_at(lie, order, rgb):
    shape, at = (SHAPE, (0, 0, 0)) if not rgb else ((*SHAPE, 3), (0, 0, 0, 0))
    lies = LIES | {"the truth": lambda block: block, "cut off": lambda block: block[:-1, :-1, :-1]}
    found = {}
    for name in ("the truth", lie):
        lazy = lying(lies[name], at, shape=shape, chunks=shape)
        layer = Image(lazy, rgb=rgb, contrast_limits=(0, 255))
        layer._slice_dims(Dims(ndim=3, order=order))
        found[name] = layer
    assert slice_of(found["the truth"]).dtype == np.uint8
    with pytest.raises(ChunkError, match=rf"chunk {re.escape(str(at))} .*declared as uint8"):
        slice_of(found[lie])
