"""The door of the compiled loops: nothing but what was declared gets in."""

import ast
import importlib
from pathlib import Path

import numpy as np
import pytest

import napari_histeq
from napari_histeq import Clahe, gain_map
from napari_histeq.core import kernels
from napari_histeq.core.kernels.door import KINDS, Door

PACKAGE = Path(napari_histeq.__file__).parent
MODULES = [
    importlib.import_module(f"napari_histeq.core.kernels.{path.stem}")
    for path in sorted((PACKAGE / "core" / "kernels").glob("*.py"))
    if path.stem in kernels.__all__
]
DOORS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, Door)
}


class Subclass(np.ndarray):
    pass


class Duck:
    """It has all that is asked for, and reads as something else."""

    def __init__(self, array):
        self.dtype, self.shape, self.ndim, self.flags = array.dtype, array.shape, 2, array.flags

    def __array__(self, dtype=None, copy=None):
        return np.zeros(3)


class Recorder:
    """It has the arguments of each call."""

    def __init__(self, calls):
        self.calls = calls

    def choose(self, arguments):
        return lambda *given: self.calls.append(given), True


def fitting(text):
    """An array as declared: all of its named lengths are 4."""
    code, _, lengths = text.removesuffix("]").partition("[")
    known = {"levels": 256, ":": 5}
    shape = [
        int(n.split("|")[0]) if n[0].isdigit() else known.get(n, 4) for n in lengths.split(",")
    ]
    return np.zeros(shape, KINDS.get(code, (code,))[0])


@pytest.fixture(params=DOORS)
def door(request):
    """A door with a recorder behind it, and arguments that fit."""
    real, calls = DOORS[request.param], []
    made = Door(Recorder(calls), real.loop.function, real._declared)  # type: ignore[attr-defined]
    arguments = [
        fitting(real._declared[name]) if name in real._declared else 1 for name in real._names
    ]
    return made, arguments, calls


def test_what_fits_gets_in(door):
    made, arguments, calls = door
    made(*arguments)
    assert len(calls) == 1


def spoiled(array):
    """What an array may be instead."""
    yield "a subclass", array.view(Subclass)
    yield "a duck", Duck(array)
    yield "None", None
    yield "a number", 3
    yield "a list", array.tolist()
    yield "objects", array.astype(object)
    yield "complex", array.astype(complex)
    yield "half floats", array.astype("f2")
    yield "an axis more", array[None]
    yield "an axis less", np.zeros(array.shape[1:], array.dtype)
    yield "with gaps", np.repeat(array, 2, axis=-1)[..., ::2]
    if array.itemsize > 1:
        yield "another order of bytes", array.astype(array.dtype.newbyteorder(">"))


def test_what_does_not_fit_stays_outside(door):
    made, arguments, calls = door
    for number, value in enumerate(arguments):
        wrong = spoiled(value) if isinstance(value, np.ndarray) else [("an array", np.zeros(2))]
        for _, instead in wrong:
            given = [*arguments[:number], instead, *arguments[number + 1 :]]
            with pytest.raises(TypeError, match=f"{made.__name__}: {made._names[number]} is "):
                made(*given)
    assert not calls


def parts_of(made):
    """The declared arrays: number of the argument, code of the dtype, and lengths."""
    for number, name in enumerate(made._names):
        if name in made._declared:
            code, _, lengths = made._declared[name].removesuffix("]").partition("[")
            yield number, code, [n.removesuffix("?") for n in lengths.split(",")]


def test_lengths_agree(door):
    """No array may be longer than declared, or than others that share the name of a length."""
    made, arguments, calls = door
    named = [n for _, _, lengths in parts_of(made) for n in lengths]
    for number, _, lengths in parts_of(made):
        for axis, wanted in enumerate(lengths):
            if wanted == ":" or (
                wanted.isalpha() and wanted != "levels" and named.count(wanted) == 1
            ):
                continue
            longer = np.concatenate([arguments[number]] * 2, axis=axis)
            with pytest.raises(TypeError):
                made(*arguments[:number], longer, *arguments[number + 1 :])
    assert not calls


def test_dtypes_agree(door):
    """No array may have another of the dtypes of a letter than the others with that letter."""
    made, arguments, calls = door
    codes = [code for _, code, _ in parts_of(made)]
    for number, code, _ in parts_of(made):
        if code in KINDS and codes.count(code) > 1:
            other = arguments[number].astype(KINDS[code][1])
            with pytest.raises(TypeError):
                made(*arguments[:number], other, *arguments[number + 1 :])
    assert not calls


def test_lines_stay_within_their_memory():
    flat, rows = np.zeros(100, "u1"), np.array([0, 50], "u8")
    counts = np.zeros((1, 256), "u4")
    count, start = DOORS["clahe.count_bytes"], np.array([0], "u8")
    count(flat, rows, start, np.array([50], "u8"), counts)
    assert counts.sum() == 100
    with pytest.raises(ValueError, match="rows and stops reach to 101, but flat ends at 100"):
        count(flat, rows, start, np.array([51], "u8"), counts)
    assert counts.sum() == 100


def test_a_door_is_for_arguments_that_there_are():
    with pytest.raises(TypeError, match=r"no arguments \['b'\]"):
        Door(Recorder([]), lambda a: a, {"b": "u1[n]"})


def test_the_message_says_what_came_and_what_was_wanted():
    with pytest.raises(TypeError) as caught:
        kernels.levels.look_up(np.zeros(4, "u2"), np.zeros(256, "u2"), np.zeros(4, "u2"))
    assert str(caught.value) == (
        "look_up: table is ndarray <u2[256], but has to be U[levels] (U = uint16, levels = 65536, n = 4)"
    )


def test_there_are_doors():
    assert len(DOORS) > 15


def uses_of_kernels(tree):
    """The module and the name of each loop that a module takes from those of kernels."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("core.kernels"):
            # Through the door of the folder: a loop by its own name, or a module of loops.
            names += [(None, a.name) for a in node.names if a.name not in kernels.__all__]
        inner = node.value if isinstance(node, ast.Attribute) else None
        of_module = isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name)
        if of_module and inner.value.id == "kernels":  # kernels.levels.count_bytes
            names.append((inner.attr, node.attr))  # type: ignore[attr-defined]
    return names


def test_python_calls_no_loop_but_through_a_door():
    found = 0
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent.name in ("kernels", "twins"):
            continue
        for module, name in uses_of_kernels(ast.parse(path.read_text("utf-8"))):
            value = getattr(getattr(kernels, module) if module else kernels, name)
            assert isinstance(value, Door), f"{path.name} calls {module}.{name} itself"
            found += 1
    assert found >= len(DOORS) - 2


@pytest.mark.crossed
@pytest.mark.parametrize(
    "dtype", ["u1", "i1", "u2", ">u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]
)
@pytest.mark.parametrize("shape", [(40,), (33, 40), (3, 20, 40)])
def test_gain_maps_of_every_dtype_get_in(dtype, shape):
    """Their results are of another dtype than the image."""
    image = np.random.default_rng(0).integers(0, 100, shape).astype(dtype)
    for kernel_size in (None, (3,) * len(shape)):
        gain = gain_map(image, Clahe(kernel_size=kernel_size))
        assert gain.dtype == np.float32
        assert np.isfinite(gain).all()


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "f4"])
@pytest.mark.parametrize("nbins", [2, 89, 256])
def test_gain_maps_of_several_tiles_get_in(dtype, nbins):
    """Slopes of tables come in the order of the levels, which is another order of memory."""
    image = np.random.default_rng(0).integers(0, 100, (13, 6, 2, 5)).astype(dtype)
    for kernel_size in (None, (3, 2, 1, 2)):
        assert np.isfinite(gain_map(image, Clahe(kernel_size=kernel_size, nbins=nbins))).all()
