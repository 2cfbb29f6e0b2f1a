"""Saving a layer as OME-Zarr off the GUI thread: progress, cancel, and what it is called."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from napari import current_viewer
from napari.utils.notifications import show_error, show_info, show_warning
from qtpy.QtCore import QObject, Signal

from napari_histeq.core import ChunkError, watching
from napari_histeq.core.extras import brought_by
from napari_histeq.gui.background import (
    Activity,
    Runner,
    Stopped,
    scheduler_address,
    tell_fault,
    working_at,
)
from napari_histeq.layers import affine_of, is_grid, plain, record_of, short
from napari_histeq.records import BESIDE, KEY, RecordError, as_json

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Image

    from napari_histeq.gui.background import BackgroundJob

EXPECTED = (ValueError, TypeError, MemoryError, OSError, ImportError, ChunkError)

#: What the axes of a layer are taken for that do not have these names themselves.
LETTERS = "tczyx"

#: Saves one after the other; beside what is equalized, as they may take hours.
SAVES = Runner()

_running: set[Export] = set()


class Export(QObject):
    """One layer on its way to a store.

    Attributes
    ----------
    path : Path
        The store.
    progressed : Signal(float, str)
        The part that is written, and what is being done.
    ended : Signal(str)
        ``"done"``, ``"canceled"``, or a message that says why it failed; which is shown, unless
        it was made with ``tells=False``.
    """

    progressed = Signal(float, str)
    ended = Signal(str)

    def __init__(self, layer: Image, path: Path, *, tells: bool = True) -> None:
        super().__init__()
        self.path, self._name, self._tells = path, short(layer.name), tells
        self._arguments, self._lost = zarr_arguments(layer), lost_in_zarr(layer)
        self._canceled = threading.Event()
        self._shown: Activity | None = None

    def start(self) -> None:
        """Begin, or wait for the saves before it; this returns at once."""
        if any(other.path == self.path for other in _running):
            show_warning(f"{self.path.name} is being written already.")
            self.ended.emit("canceled")
            return
        _running.add(self)
        words = f"Saving “{self._name}”"
        self._shown = Activity(current_viewer(), words, self.cancel)
        self.progressed.connect(self._shown.show)
        SAVES.submit(
            words, _work, self._arguments, self.path, scheduler_address(), self._canceled,
            progressed=self.progressed.emit, done=self._answered, failed=self._broke,
        )  # fmt: skip

    def cancel(self) -> None:
        """Stop soon. What is written stays, marked as incomplete, and can be gone on with."""
        self._canceled.set()  # it ends when its thread does: until then the folder is held

    def _answered(self, problem: str) -> None:
        assert self._shown is not None
        self._shown.when_free(partial(self._finish, problem))

    def _finish(self, problem: str) -> None:
        if problem == "canceled":
            show_info(f"{self.path.name} is incomplete: save to it again to go on.")
        elif problem:
            if self._tells:
                show_error(problem)
        else:
            show_info(f"Saved {self.path.name}.")
            if self._lost:
                show_warning(self._lost)
        self._end(problem or "done")

    def _broke(self, fault: BaseException) -> None:
        assert self._shown is not None
        self._shown.when_free(partial(self._end, f"{type(fault).__name__}: {fault}"))
        tell_fault(fault)

    def _end(self, how: str) -> None:
        _running.discard(self)
        shown, self._shown = self._shown, None
        if shown is not None:
            self.progressed.disconnect(shown.show)
            shown.close()
        self._arguments = {}
        self.ended.emit(how)


def _work(
    arguments: dict[str, Any],
    path: Path,
    address: str,
    canceled: threading.Event,
    report: BackgroundJob,
) -> str:
    """All that takes time; on the worker's thread. Why it failed, or nothing."""

    def watch(done: int, total: int) -> None:
        if canceled.is_set():
            raise Stopped
        report(done / max(total, 1), "saving")

    try:
        with working_at(address), watching(watch):
            with brought_by("lazy"):
                from napari_histeq.core.zarr import is_incomplete, save_zarr

            if_exists: Any = "resume" if is_incomplete(path) else "error"
            save_zarr(path=path, if_exists=if_exists, **arguments)
    except Stopped:
        return "canceled"
    except EXPECTED as error:
        return f"{path.name} could not be saved: {plain(error)}"
    return ""


def zarr_arguments(layer: Image) -> dict[str, Any]:
    """What `save_zarr` is to be told of a layer.

    OME-Zarr 0.5 knows the size and the place of a pixel, but no rotation or shear: of a
    layer that has them, the whole transform is in the attributes, as ``"affine"``.
    """
    more = (1.0,) if layer.rgb else ()
    units = [_unit(u) for u in layer.units] + [None] * len(more)
    matrix, offset = affine_of(layer)
    attributes = _told(layer)
    scale = np.diag(matrix)
    if not is_grid(matrix):
        scale = np.linalg.norm(matrix, axis=0)
        attributes["affine"] = np.hstack([matrix, offset[:, None]]).tolist()
    return {
        "image": _pixels(layer),
        "axes": axis_letters(layer) + "c" * len(more),
        "scale": (*(float(s) for s in scale), *more),
        "translate": (*(float(t) for t in offset), *(0.0 for _ in more)),
        "units": units,
        "attributes": attributes,
    }


def _told(layer: Image) -> dict[str, Any]:
    """What our metadata tell of how a layer was made, as JSON: enough to make it again."""
    told = layer.metadata.get(KEY, {})
    try:
        record = record_of(layer)
    except RecordError:  # it is kept as it is
        record = None
    if record is None:
        return _plain(told)  # type: ignore[no-any-return]
    return _plain({k: v for k, v in told.items() if k in BESIDE}) | as_json(record)  # type: ignore[no-any-return]


def lost_in_zarr(layer: Image) -> str:
    """What of a layer's place OME-Zarr cannot tell, in words; empty if nothing."""
    if is_grid(affine_of(layer)[0]):
        return ""
    return (
        f"“{layer.name}” is rotated or sheared, which OME-Zarr cannot tell: other programs will "
        "show it upright. Its whole transform is kept in the attributes of the store, as “affine”."
    )


def axis_letters(layer: Image) -> str:
    """The axes as OME-Zarr calls them: the layer's labels, if they fit, or the last of tzyx."""
    labels = [str(label).lower() for label in layer.axis_labels]
    allowed = LETTERS.replace("c", "") if layer.rgb else LETTERS
    if len(set(labels)) == len(labels) and {"y", "x"} <= set(labels) <= set(allowed):
        return "".join(labels)
    return ("tzyx" if layer.ndim < 5 or layer.rgb else LETTERS)[-layer.ndim :]


def _pixels(layer: Image) -> Any:
    """All levels; of a plot the finest, as a picture that is not drawn yet has another in its place."""
    lazily = getattr(layer.data, "lazily", None)
    if lazily is not None:
        return lazily()
    return list(layer.data) if layer.multiscale else layer.data


def _unit(unit: Any) -> str | None:
    name = str(unit)
    return None if name in ("pixel", "dimensionless") else name


def _plain(value: Any) -> Any:
    """What of a record is JSON: no bits of masks, no knots of curves."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, dict):
        plain = {str(k): _plain(v) for k, v in value.items()}
        return {k: v for k, v in plain.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    return value if isinstance(value, str | int | bool) else None
