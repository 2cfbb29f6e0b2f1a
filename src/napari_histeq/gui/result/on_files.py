"""From a result to files: the command line that makes the same of them, or a run on them from here."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.history import (
    get_open_history,
    get_save_history,
    update_open_history,
    update_save_history,
)
from napari.utils.notifications import show_info, show_warning
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QFileDialog

from napari_histeq.batch import (
    Equalize,
    Output,
    check_manifest,
    command_of,
    inputs_of,
    jobs_of,
    left_out,
    run_all,
    settings_of,
    write_manifest,
)
from napari_histeq.files import FORMATS, format_of, is_store
from napari_histeq.gui.background import Activity, Runner, tell_fault
from napari_histeq.layers import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from napari.layers import Image
    from napari.viewer import Viewer

    from napari_histeq.batch import FileJob, Result
    from napari_histeq.gui.background import BackgroundJob as Report
    from napari_histeq.records import Record

#: Runs on files one after the other; beside what is equalized, as they may take hours.
BATCHES = Runner()

#: Files that are named one by one; a word tells of the rest.
NAMED = 8

_running: set[FilesRun] = set()


class FilesRun(QObject):
    """Files on their way to a folder, each equalized as the image of a record was.

    Attributes
    ----------
    told : Signal(str, bool)
        How far it is, and at the end what came of it; whether that is a problem.
    """

    told = Signal(str, bool)

    def __init__(self, viewer: Viewer, record: Record, files: Sequence[str], folder: str) -> None:
        """Check all that is known before any work.

        Raises
        ------
        ValueError
            If a result would be written over a file, or two of them to one.
        """
        super().__init__()
        self._viewer, self._folder = viewer, Path(folder)
        if is_store(self._folder):
            raise ValueError(f"{self._folder} is an OME-Zarr: name another folder for the results")
        sources = inputs_of(files)
        where = Output(self._folder)
        jobs = jobs_of(sources, where, resumable=True)
        check_manifest(where.manifest)
        given = record.curve if record.given else None
        of = record.curve_of or "another image"
        work = Equalize(settings_of(record), given, of, record.gamut)
        self._files, self._left_out = len(jobs), left_out(files)
        self._stop = threading.Event()
        self._work = partial(_work, work, jobs, where.manifest, self._stop)
        self._shown: Activity | None = None

    def start(self) -> None:
        """Begin, or wait for the runs before it; this returns at once."""
        _running.add(self)
        words = f"Equalizing {self._files} files" if self._files != 1 else "Equalizing 1 file"
        self._shown = Activity(self._viewer, words, self.cancel)
        BATCHES.submit(
            words, self._work, progressed=self._progressed, done=self._answered, failed=self._broke
        )
        if self._left_out:
            show_info(f"Left out, as no images: {_few(self._left_out)}.")
        self.told.emit(f"{words}...", False)

    def of(self, viewer: Viewer) -> bool:
        """Whether it was begun in this viewer."""
        return self._viewer is viewer

    def cancel(self) -> None:
        """Stop soon. The files that are done stay, with their manifest."""
        self._stop.set()  # it ends when its thread does: until then files are written

    def _progressed(self, fraction: float, what: str) -> None:
        assert self._shown is not None
        self.told.emit(what, False)
        self._shown.show(fraction)  # which may handle events: the end, too

    def _answered(self, results: Sequence[Result]) -> None:
        assert self._shown is not None
        self._shown.when_free(partial(self._finish, results))

    def _finish(self, results: Sequence[Result]) -> None:
        notes = dict.fromkeys(n for r in results if r.done for n in r.done.notes)
        for note in notes:
            names = [r.job.called for r in results if r.done and note in r.done.notes]
            others = len(names) - 1
            named = f"{names[0]} and {others} more: {note}"
            show_warning(named if others else f"{names[0]}: {note}")
        words = _summary(results, self._folder)
        failed = any(result.error for result in results)
        (show_warning if failed else show_info)(words)
        self._end(" ".join(words.splitlines()[:2]), problem=failed)

    def _broke(self, fault: BaseException) -> None:
        """A fault of ours, which nobody foresaw: with its traceback."""
        assert self._shown is not None
        self._shown.when_free(partial(self._end, f"{type(fault).__name__}: {fault}", problem=True))
        tell_fault(fault)

    def _end(self, words: str, *, problem: bool) -> None:
        _running.discard(self)
        shown, self._shown = self._shown, None
        if shown is not None:
            shown.close()
        self.told.emit(words, problem)


class _Told:
    """Adds up what the files tell of themselves, from any thread."""

    def __init__(self, files: int, report: Callable[[float, str], None]) -> None:
        self._files, self._report = files, report
        self._lock = threading.Lock()
        self._ahead, self._done = 0.0, 0

    @contextmanager
    def file(self) -> Iterator[Callable[[float], None]]:
        """One file at work; what is yielded is told the fraction of it that is done."""
        seen = 0.0

        def report(done: float) -> None:
            nonlocal seen
            with self._lock:
                self._ahead += max(0.0, min(done, 1.0) - seen)
                seen = max(seen, min(done, 1.0))
                words = f"{self._done} of {self._files} files equalized"
            self._report(self._ahead / self._files, words)

        yield report
        with self._lock:
            self._done += 1
        report(1.0)


def _work(
    work: Equalize, jobs: list[FileJob], manifest: Path, stop: threading.Event, report: Report
) -> list[Result]:
    """All that takes time; on the worker's thread."""
    results = run_all(work, jobs, _Told(len(jobs), report), stop=stop)
    made = [result.done.entry for result in results if result.done is not None]
    if made:
        write_manifest(manifest, made, ["Run on files"])
    return results


def _summary(results: Sequence[Result], folder: Path) -> str:
    """How it ended, and which files failed and why."""
    done = sum(result.done is not None for result in results)
    failed = [f"{result.job.called}: {plain(result.error)}" for result in results if result.error]
    sentences = [f"{done} of {len(results)} files equalized into {folder}."]
    if failed:
        sentences.append(f"{len(failed)} failed.")
    if done + len(failed) < len(results):
        sentences.append("Then it was stopped.")
    more = [f"And {len(failed) - NAMED} more."] if len(failed) > NAMED else []
    return "\n".join([" ".join(sentences), *failed[:NAMED], *more])


def _few(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def running_on_files(viewer: Viewer) -> FilesRun | None:
    """The run on files that a viewer's panel has begun, if one goes on."""
    return next((run for run in _running if run.of(viewer)), None)


def command_line(viewer: Viewer, record: Record) -> str:
    """The command line that makes of files what a record tells; of the layer's own, if it has one.

    Raises
    ------
    ValueError
        If no command line says it: in words.
    """
    layer = next((layer for layer in viewer.layers if layer.name == record.source), None)
    path = None if layer is None else _file_of(layer)
    text = command_of(record, path)
    if path is None or sum(_file_of(other) == path for other in viewer.layers) < 2:
        return text
    note = f"# {path.name} was opened as several layers: the command takes all of the file."
    return f"{text}\n{note}"


def _file_of(layer: Image) -> Path | None:
    """The file that a layer was read from, if the command line can read it."""
    told = layer.source.path
    if not told or not Path(told).exists() or format_of(Path(told)) is None:
        return None
    return Path(told).absolute()


def ask_for_files(parent: Any) -> tuple[list[str], str] | None:
    """Ask for files, and for the folder of the results; None if a person thinks better of it."""
    endings = " ".join(f"*{suffix}" for form in FORMATS for suffix in form.suffixes)
    files, _ = QFileDialog.getOpenFileNames(
        parent, "Equalize files", _first(get_open_history()), f"Images ({endings});;All files (*)"
    )
    if not files:
        return None
    update_open_history(files[0])
    return _with_place(parent, files)


def ask_for_folder(parent: Any) -> tuple[list[str], str] | None:
    """As `ask_for_files`, but for a folder: all images in it are taken, or it is one OME-Zarr."""
    words = "Equalize all images in a folder, or an OME-Zarr"
    folder = QFileDialog.getExistingDirectory(parent, words, _first(get_open_history()))
    if not folder:
        return None
    update_open_history(folder)
    return _with_place(parent, [folder])


def _with_place(parent: Any, inputs: list[str]) -> tuple[list[str], str] | None:
    """Some inputs, and the folder of their results, which is asked for."""
    folder = QFileDialog.getExistingDirectory(
        parent, "Folder for the results", _first(get_save_history())
    )
    if not folder:
        return None
    update_save_history(folder)
    return inputs, folder


def _first(history: Sequence[str]) -> str:
    return str(history[0]) if history else ""
