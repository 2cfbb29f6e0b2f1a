"""What is wrong is refused in words that name it: the cases that no other test of the core has."""

from __future__ import annotations

import pickle
import threading
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from napari_histeq import (
    Clahe,
    Global,
    Histogram,
    Match,
    OpenCvClahe,
    Reference,
    ReferencePlanes,
    Standard,
    TransferFunction,
    compute_histogram,
    equalize,
    equalize_labels,
    gain_map,
    plane_percentiles,
    save_zarr,
)
from napari_histeq.core import ChunkError, showing
from napari_histeq.core.arrays import check_read, kind_of
from napari_histeq.core.clahe.curves import borrow
from napari_histeq.core.errors import hearing
from napari_histeq.core.extras import brought_by
from napari_histeq.core.methods import CurveMethod, Method, from_dict, options_of
from napari_histeq.core.recipe import Recipe

IMAGE = np.arange(64, dtype=np.uint8).reshape(8, 8)
STACK = np.stack([IMAGE, IMAGE[::-1], IMAGE // 2])
COUNTED = compute_histogram(IMAGE)
PLANES = Match.of(STACK, axes=(1, 2))


def named(name: str, group: str = "equalize") -> Any:
    """Define a method: refused, it is in no list."""
    return type("Wrong", (CurveMethod,), {"__slots__": (), "name": name, "group": group})


@dataclass(frozen=True)
class _Untold(CurveMethod):
    """With an option that tells nothing of itself."""

    name: ClassVar[Any] = None
    amount: float = 1.0


def without(name: str) -> None:
    with brought_by("lazy"):
        __import__(name)


def damaged_json() -> str:
    told = Reference(COUNTED).to_json()
    return told.replace('"values": [0, 1, 2', '"values": [0, 2, 1')


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "a name that is taken": (lambda: named("global"), ValueError, "'global' is that of"),
    "an unknown group": (lambda: named("mine", "others"), ValueError, "group 'others' is unknown"),
    "an option without Option": (lambda: options_of(_Untold), TypeError, "amount tells no Option"),
    "an unknown method": (lambda: from_dict({"name": "none"}), LookupError, "method 'none'"),
    "no single curve": (
        lambda: Clahe().transfer_function(COUNTED, Recipe()),
        TypeError,
        "Clahe is not a single curve",
    ),
    "no curve among neighbors": (
        lambda: Clahe().fit_among(COUNTED, None, Recipe()),
        TypeError,
        "Clahe is not a single curve",
    ),
    "no gain": (lambda: Global().fit_gain(None, Recipe()), TypeError, "only CLAHE has"),
    "a gain map of a curve": (lambda: gain_map(IMAGE, Global()), TypeError, "only CLAHE has"),
    "no reference": (lambda: Reference(None), TypeError, "the histogram is missing"),
    "levels in no order": (lambda: Reference.from_json(damaged_json()), ValueError, "increase"),
    "a scale upside down": (
        lambda: Standard.learn([IMAGE], scale=(1, 0)),
        ValueError,
        r"scale=\(1, 0\)",
    ),
    "too wide a window": (
        lambda: equalize(STACK, axes=(1, 2), smooth=10**6),
        ValueError,
        "smooth is 1000000",
    ),
    "a curve to average that is none": (
        lambda: equalize(STACK, Clahe(), axes=(1, 2), smooth=3),
        ValueError,
        "no single curve: leave smooth out",
    ),
    "both look at others": (
        lambda: equalize(STACK, Match("first"), axes=(1, 2), smooth=3),
        ValueError,
        "both look at other planes",
    ),
    "labels that look at others": (
        lambda: equalize_labels(STACK, np.ones_like(STACK), Match("first"), axes=(1, 2)),
        ValueError,
        "Match to other frames looks at other planes",
    ),
    "no labels": (lambda: equalize(IMAGE, each_label=True), ValueError, "there is no mask"),
    "nothing to borrow": (
        lambda: borrow(np.zeros((2, 2, 4)), np.zeros((2, 2), bool)),
        ValueError,
        "nothing was counted in any tile",
    ),
    "labels of another size": (
        lambda: equalize_labels(IMAGE, np.ones((3, 3), int)),
        ValueError,
        r"labels has shape \(3, 3\)",
    ),
    "a mask of other axes": (
        lambda: equalize(
            xr.DataArray(IMAGE, dims=("y", "x")), mask=xr.DataArray(IMAGE > 9, dims=("y", "t"))
        ),
        ValueError,
        r"drop \['t'\]",
    ),
    "percentiles that fall": (
        lambda: plane_percentiles(STACK, [50, 10]),
        ValueError,
        "give increasing numbers",
    ),
    "percentiles beyond": (lambda: plane_percentiles(STACK, [101]), ValueError, "from 0 to 100"),
    "no level to save": (lambda: save_zarr([], "never.zarr"), ValueError, "empty list"),
    "levels of two images": (
        lambda: save_zarr([IMAGE, IMAGE[::2, ::2] / 2], "never.zarr"),
        ValueError,
        "not one image",
    ),
    "an array of words": (
        lambda: Histogram.from_json(COUNTED.to_json().replace("[0, 1, 2", '["0", 1, 2')),
        ValueError,
        "not a list of",
    ),
    "a number that is too large": (
        lambda: Histogram.from_json(compute_histogram(IMAGE / 9).to_json().replace("7.0", "1e999")),
        ValueError,
        "does not fit",
    ),
    "a chunk of another dtype": (
        lambda: check_read(da.from_array(IMAGE, chunks=4), IMAGE[4:] / 2, (4, 0)),
        ChunkError,
        r"chunk \(1, 0\) of the image at \[4:8, 0:4\].*float64",
    ),
    "landmarks beside a standard": (
        lambda: Match(Standard.learn([IMAGE]), landmarks=3),
        ValueError,
        "landmarks=3 cannot be set beside a Standard",
    ),
    "a text of another kind": (
        lambda: from_dict({"name": "match", "reference": COUNTED.to_json()}),
        ValueError,
        "reference is no Reference or ReferencePlanes or Standard",
    ),
    "knots that are no array": (
        lambda: TransferFunction.from_parts([0, 1], np.arange(2)),
        ValueError,
        "x is not an array of numbers",
    ),
    "knots that are too wide": (
        lambda: TransferFunction.from_parts(np.arange(2), np.arange(2, dtype=np.longdouble)),
        ValueError,
        "y is wider than any dtype",
    ),
    "what an extra brings": (lambda: without("not_there.at_all"), ImportError, "not_there is not"),
}


@pytest.mark.parametrize("case", WRONG)
def test_it_is_refused_in_words(case: str) -> None:
    do, error, words = WRONG[case]
    with pytest.raises(error, match=words):
        do()


def test_nobody_has_said_how_to_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "_drawer", [])
    with pytest.raises(RuntimeError, match=r"import napari_histeq\.plot"):
        COUNTED.plot()


def test_warnings_are_heard_by_whom_they_are_for() -> None:
    """Each thread hears its own, and what was there before hears again afterwards."""
    heard: dict[str, list[str]] = {"here": [], "there": []}
    empty = np.zeros(IMAGE.shape, bool)

    def listen(name: str) -> None:
        with hearing(heard[name].append):
            np.testing.assert_array_equal(equalize(IMAGE, mask=empty), IMAGE)

    other = threading.Thread(target=listen, args=["there"])
    with hearing(heard["here"].append):
        other.start()
        other.join()
        equalize(IMAGE, mask=empty)
    assert [len(told) for told in heard.values()] == [1, 1]
    with pytest.warns(UserWarning, match="no pixel was counted"):
        equalize(IMAGE, mask=empty)


def test_references_are_told_apart_and_travel() -> None:
    one, same = Reference(COUNTED, "one"), Reference(COUNTED, "one")
    assert one == same
    assert one != Reference(COUNTED, "other")
    assert pickle.loads(pickle.dumps(one)) == one
    assert str(one) == "“one”"
    planes = PLANES.reference
    assert isinstance(planes, ReferencePlanes)
    assert planes != replace(planes, name="other")
    assert str(Standard.learn([IMAGE])) == "a standard of 1 image"
    assert Standard.learn([IMAGE]).is_counted


def test_the_recipe_of_a_plane_has_its_own_reference() -> None:
    recipe = Recipe(PLANES, axes=(1, 2))
    own: Any = recipe.at_plane((2,), (3,)).method
    assert isinstance(own.reference, Reference)
    assert own.reference.histogram.levels.max() == IMAGE.max() // 2
    assert Recipe().at_plane((2,), (3,)) == Recipe()


@pytest.mark.parametrize("text", ["{", "[]", '{"napari_histeq": 3}', "[" * 100_000])
def test_what_is_none_of_our_texts_is_told(text: str) -> None:
    assert kind_of(text) == ""
    with pytest.raises(ValueError, match="no JSON of a Histogram"):
        Histogram.from_json(text)


def test_what_is_not_asked_for_changes_nothing() -> None:
    method: Method = OpenCvClahe()
    assert method.reordered((1, 0)).reordered((1, 0)) == method
    assert Clahe(kernel_size=4).reordered((1, 0)) == Clahe(kernel_size=4)
    assert method.is_ready
    assert not method.is_flat
    assert method.references is None
    assert method.matched_to(COUNTED) == method
    constant = np.full((8, 8), 7, np.uint8)
    assert (gain_map(constant, Clahe()) == 1).all()
    assert np.isnan(gain_map(np.full((4, 4), np.nan), Clahe())).all()


def test_the_density_of_a_constant_is_one_peak() -> None:
    histogram = compute_histogram(np.full(100, 5.0))
    points = np.linspace(4, 6, 201)
    assert abs(points[histogram.kde(points, 0.1).argmax()] - 5) <= 0.01
    assert not Histogram(np.zeros(3, int), np.arange(4)).kde().any()


def test_what_was_read_as_declared_is_let_through() -> None:
    declared = da.from_array(IMAGE.astype(">u2"), chunks=4)
    for order in "<>":
        check_read(declared, IMAGE[:4, 4:].astype(f"{order}u2"), (0, 4), (4, 4))
