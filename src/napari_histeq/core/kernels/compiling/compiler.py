"""When a loop runs as plain numpy and when compiled, and who compiles it.

Compiling a loop takes seconds, loading what was compiled before about one: far too long for a
click. So from `be_patient` on, which the GUI calls, no loop waits for that: its twin in plain
numpy answers, with the same bits, while a thread has `helper`, a process of its own with
a low priority, fill Numba's cache, and then loads from there. Where no such process can be
had the thread compiles. Scripts, which nobody watches, compile where they are, as they need it.

Numba is imported when the first loop is loaded, not before.
"""

from __future__ import annotations

import os
import threading
import types
from contextlib import nullcontext
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_histeq.core.kernels.compiling.background import Background
from napari_histeq.core.threads import on_its_own

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_histeq.core.kernels.compiling.background import Aside

    Function = Callable[..., Any]

F = TypeVar("F", bound="Callable[..., Any]")
T = TypeVar("T")

#: The environment variable that says which loops to use: see `_mode`.
LOOPS = "NAPARI_HISTEQ_LOOPS"
MODES = ("auto", "numpy", "compiled")

#: What an argument is to Numba, in a word: ``"<u2[1]"``, ``"<f8[2] read-only"``, ``"int"``.
Kind = tuple[str, ...]

#: Functions that compiled loops call, and what may make something else to call instead.
_helpers: dict[Any, Callable[[], Any]] = {}
_loading = threading.RLock()
_background: Background | None = None


def compiled(function: F) -> F:
    """Mark a function to be compiled, for compiled loops to call. Here it stays what it is."""
    _helpers[function] = lambda: None
    return function


def instead(make: Callable[[], Any]) -> Callable[[F], F]:
    """The same; and compiled loops call what `make` gives instead, unless that is None here."""

    def marked(function: F) -> F:
        _helpers[function] = make
        return function

    return marked


def kind_of(arguments: tuple[Any, ...]) -> Kind:
    """What Numba would have to compile a loop for."""
    return tuple(map(_word_of, arguments))


def _word_of(value: Any) -> str:
    if not isinstance(value, np.ndarray):
        return value.dtype.str if isinstance(value, np.generic) else type(value).__name__
    word = f"{value.dtype.str}[{value.ndim}]"
    word += "" if value.flags.writeable else " read-only"
    return word + ("" if value.flags.aligned else " unaligned")


def sample_of(word: str) -> Any:
    """An argument of that kind."""
    if word in ("int", "float", "bool"):
        return {"int": int, "float": float, "bool": bool}[word]()
    code, _, rest = word.partition("[")
    dtype = np.dtype(code)
    if not rest:
        return dtype.type()
    start = int("unaligned" in rest)
    memory = np.zeros(dtype.itemsize + 1, np.uint8)[start : start + dtype.itemsize]
    sample = memory.view(dtype).reshape((1,) * int(rest[0]))
    sample.flags.writeable = "read-only" not in rest
    return sample


def load(function: Function, kind: Kind) -> Any:
    """The compiled loop, ready for arguments of a kind: from Numba's cache, or made now."""
    with _loading:
        import numba

        typeof: Function = numba.typeof
        arguments = tuple(typeof(sample_of(word)) for word in kind)
        for make in (dispatcher, _mended):
            loop = make(function)
            if isinstance(loop, types.FunctionType):  # NUMBA_DISABLE_JIT
                return loop
            try:
                loop.compile(arguments)
            except numba.core.errors.NumbaError:
                raise  # a fault of the loop, not of the cache
            except Exception:  # noqa: BLE001, S112  (whatever reading a broken file, or writing to a full disk, raises)
                continue
            return loop
        loop = _without_cache(function)
        loop.compile(arguments)
        return loop


def _undisturbed(make: Callable[[], T]) -> T:
    """Have something made that Ctrl-C must not leave half made: a Numba half imported never works.

    It reaches the main thread only, which waits here; another thread goes on to the end.
    """
    if threading.current_thread() is not threading.main_thread():
        return make()
    return on_its_own(make, "napari-histeq-loading", daemon=True).result()


@cache
def dispatcher(function: Function) -> Any:
    """What Numba makes of a function; what it compiles is kept on disk where that can be done."""
    import numba

    try:
        return numba.njit(nogil=True, cache=True)(_within_compiled(function))
    except RuntimeError:  # no folder for the cache can be written: compile anew in each session
        return _without_cache(function)


def _mended(function: Function) -> Any:
    """The same, once its part of the cache, which cannot be read, is emptied."""
    loop = dispatcher(function)
    try:
        cache_of(loop).flush()
    except (AttributeError, OSError):
        return _without_cache(function)
    return loop


def cache_of(loop: Any) -> Any:
    """The part of the cache that is a dispatcher's."""
    return loop._cache  # noqa: SLF001  (Numba has no public way to it)


@cache
def _without_cache(function: Function) -> Any:
    import numba

    return numba.njit(nogil=True)(_within_compiled(function))


@cache
def _helper(function: Function) -> Any:
    """What loops call is part of each of them: it needs no place of its own in the cache."""
    import numba

    other = _helpers[function]()
    return numba.njit(nogil=True)(_within_compiled(function)) if other is None else other


def _within_compiled(function: Any) -> Any:
    """The function, to which the others that it calls are compiled ones."""
    names = {
        name: _helper(value)
        for name, value in function.__globals__.items()
        if isinstance(value, types.FunctionType) and value in _helpers
        if name in function.__code__.co_names
    }
    if not names:
        return function
    made = types.FunctionType(
        function.__code__, function.__globals__ | names, function.__name__, function.__defaults__
    )
    made.__module__, made.__qualname__ = function.__module__, function.__qualname__
    return made


class Loop:
    """A loop in its two forms, and the choice between them.

    Parameters
    ----------
    function : callable
        What is to be compiled.
    twin : callable
        The same in plain numpy.
    """

    def __init__(self, function: Function, twin: Function) -> None:
        self.function, self._plain = function, twin
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        self.ready: dict[Kind, Function] = {}

    def twin(self, *arguments: Any) -> Any:
        """In plain numpy."""
        with np.errstate(all="ignore"):
            return self._plain(*arguments)

    def choose(self, arguments: tuple[Any, ...]) -> tuple[Function, bool]:
        """What to call with such arguments, and whether that will always be so."""
        mode = _mode()
        if mode == "numpy":
            return self.twin, False
        kind = kind_of(arguments)
        if kind not in self.ready:
            background = _background  # another thread may say that loops are waited for
            if mode == "auto" and background is not None:
                background.ask((self.name, *kind))
                return self.twin, False
            self.load(kind)
        return self.ready[kind], True

    def load(self, kind: Kind) -> None:
        """Have it compiled for a kind of arguments from now on."""
        self.ready[kind] = _undisturbed(partial(load, self.function, kind))


def be_patient(aside: Aside = nullcontext) -> None:
    """From now on let no loop of this process wait for the compiler: somebody is watching.

    Parameters
    ----------
    aside : callable
        Gives a context manager, which is entered on the thread that loads a loop, each time: it
        may have that wait until nothing that a person waits for is held up.
    """
    global _background  # noqa: PLW0603  (one for the process)
    if _background is None:
        _background = Background(lambda name, *kind: named(name).load(kind), aside)


def wait_for_compiler() -> None:
    """From now on have loops wait for the compiler again: there is so much to do that it pays."""
    global _background  # noqa: PLW0603
    _background = None


def _forked() -> None:
    global _loading  # noqa: PLW0603
    wait_for_compiler()
    _loading = threading.RLock()


# A forked process has none of the threads, and may have got the lock from one that held it.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def named(name: str) -> Loop:
    """The loop of a name such as ``"levels.look_up"``."""
    module, _, loop = name.partition(".")
    found = getattr(import_module(f"napari_histeq.core.kernels.{module}"), loop).loop
    assert isinstance(found, Loop)
    return found


def _mode() -> str:
    """``auto``, ``numpy`` (nothing is compiled) or ``compiled`` (no loop runs in plain numpy)."""
    mode = os.environ.get(LOOPS, "").strip() or "auto"
    if mode not in MODES:
        raise ValueError(
            f"the environment variable {LOOPS} is {mode!r}: set it to one of {', '.join(MODES)}, "
            "or unset it"
        )
    return mode
