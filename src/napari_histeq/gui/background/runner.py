"""The one way off the GUI thread, and back: functions work elsewhere, their answers come here."""

from __future__ import annotations

import atexit
import threading
import time
import traceback
from collections import deque
from contextlib import suppress
from functools import cache, partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import notification_manager
from qtpy.QtCore import QObject, Qt, QTimer, Signal

from napari_histeq.core import watching
from napari_histeq.gui.background.precedence import short_turns

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds between two reports of progress: a person sees no more, and Qt has to keep up.
PAUSE = 0.04

#: Milliseconds after which Qt has painted what was changed: its own timer for that takes 5.
PAINTED = 20

#: Seconds that Python, at its end, waits for what was told to stop.
PATIENCE = 2

#: What the threads are called while nothing is to be done; and before what they do.
IDLE, WORKING = "histeq idle", "histeq: "


class Stopped(BaseException):
    """Raised inside the work to end it, by the report of a job that was canceled.

    It is no `Exception`: nobody on the way takes it for an error of theirs.
    """


class _Post(QObject):
    """Calls on the GUI thread what is handed over on any."""

    _calls = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._calls.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def hand(self, call: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # Python ends, and Qt is gone already: nobody listens
            self._calls.emit(call)

    def _call(self, call: Callable[[], object]) -> None:
        call()


@cache
def _post() -> _Post:
    """Made by the first `Runner`, on the GUI thread; it belongs to no window that could close."""
    return _Post()


# A pool whose threads Python does not wait for at its end (those of `concurrent.futures` it
# joins, before anybody is told to stop). Threads are used again: dask keeps a pool for each.
_calls: SimpleQueue[Callable[[], object]] = SimpleQueue()
_idle = threading.Semaphore(0)
_ending = threading.Event()


def _start(call: Callable[[], object]) -> None:
    _calls.put(call)
    if not _idle.acquire(blocking=False):
        threading.Thread(target=_serve, name=IDLE, daemon=True).start()


def _serve() -> None:
    while True:
        _calls.get()()
        _idle.release()


@atexit.register
def _stop_all() -> None:
    """Have all that is at work stopped at its next report, and wait a little for it."""
    _ending.set()
    until = time.monotonic() + PATIENCE
    while any(t.name.startswith(WORKING) for t in threading.enumerate()):
        if time.monotonic() > until:
            return
        time.sleep(PAUSE)


class BackgroundJob:
    """One call on its way. Ended or canceled it holds nothing: no arguments, and nobody's ear.

    On its thread the function gets the job as its last argument, and calls it to report:
    ``job(fraction, what)``. That raises `Stopped` once the job is canceled, or when Python
    ends: so nothing is waited for longer than until the next report.
    """

    def __init__(
        self, runner: Runner, name: str, call: Callable[[BackgroundJob], Any], **ears: Any
    ) -> None:
        self.name = name
        self._runner: Runner | None = runner
        self._call: Callable[[BackgroundJob], Any] | None = call
        self._ears = ears
        self._canceled = False
        self._reported = 0.0
        self._answered = threading.Event()
        self._heard = threading.Event()  # what was delivered last
        self._heard.set()
        self._answer: tuple[str, Any] = "failed", None

    # ---- on the GUI thread ----

    def hear_soon(self, seconds: float) -> None:
        """Hear its answer at once if it comes within so little time that nobody notices.

        What is shown before the next painting does not flicker; a late answer comes as usual.
        """
        if self._answered.wait(seconds):
            self._end()

    def cancel(self) -> None:
        """Have it stopped soon; nothing is heard of it any more."""
        self._canceled, self._call = True, None
        self._leave()

    def _leave(self) -> None:
        self._ears = {}
        runner, self._runner = self._runner, None
        if runner is not None:
            runner._left(self)  # noqa: SLF001

    def _hear(self, kind: str, *news: Any) -> None:
        ear = self._ears.get(kind)
        if ear is not None:
            ear(*news)

    def _hear_and_say_so(self, news: Any, heard: threading.Event) -> None:
        try:
            self._hear("sent", news)
        finally:
            QTimer.singleShot(PAINTED, heard.set)

    def _end(self) -> None:
        (kind, news), self._answer = self._answer, ("failed", None)
        ear = self._ears.get(kind)  # None: canceled meanwhile, or heard already
        self._leave()
        if ear is not None:
            ear(news)

    # ---- on its own thread ----

    def __call__(self, fraction: float, what: str = "") -> None:
        """Report progress, to whom it interests."""
        self.check()
        now = time.monotonic()
        if now - self._reported > PAUSE or fraction >= 1:
            self._reported = now
            _post().hand(partial(self._hear, "progressed", fraction, what))

    def send(self, news: Any) -> None:
        """Send a part of the answer ahead."""
        self.check()
        _post().hand(partial(self._hear, "sent", news))

    def deliver(self, news: Any) -> None:
        """Send a part of the answer ahead, when the part before it was heard and Qt has painted it.

        Between two parts the GUI can so do what else there is to do.
        """
        self.wait_until_heard()
        self._heard = threading.Event()
        _post().hand(partial(self._hear_and_say_so, news, self._heard))

    def wait_until_heard(self) -> None:
        """Wait until all that was delivered is heard and painted.

        Whoever goes on at once has it shown later: two threads share one interpreter.
        """
        while not self._heard.wait(PAUSE):
            self.check()

    def check(self) -> None:
        """Raise `Stopped` if nobody waits for an answer."""
        if self._canceled or _ending.is_set():
            raise Stopped

    def _work(self) -> None:
        thread = threading.current_thread()
        thread.name = WORKING + self.name
        kind, news = "failed", None
        try:
            call, self._call = self._call, None
            if call is not None:
                # It is stopped by `check`, unless the work itself is watching.
                with short_turns(), watching(lambda *_: self.check()):
                    kind, news = "done", call(self)
        except BaseException as error:  # noqa: BLE001  (told on the GUI thread)
            _forget_locals(error)
            kind, news = "failed", error
        finally:
            call = None
            thread.name = IDLE
        self._answer = kind, news
        self._answered.set()
        _post().hand(self._end)


class Runner:
    """Jobs off the GUI thread, one after the other; or, if only the newest counts, that alone.

    It is used on the GUI thread.

    Parameters
    ----------
    newest : bool
        Whether a new job drops those before it: they answer what nobody asks any more.
    """

    def __init__(self, *, newest: bool = False) -> None:
        _post()
        self._newest = newest
        self._jobs: deque[BackgroundJob] = deque()

    def submit(
        self,
        name: str,
        function: Callable[..., Any],
        *args: Any,
        done: Callable[[Any], object],
        failed: Callable[[BaseException], object],
        progressed: Callable[[float, str], object] | None = None,
        sent: Callable[[Any], object] | None = None,
    ) -> BackgroundJob:
        """Have ``function(*args, job)`` called on another thread, when its turn comes.

        Parameters
        ----------
        name : str
            What it does: the name of its thread.
        done, failed, progressed, sent : callable
            Called on the GUI thread: with what the function returned, or what it raised; with
            what it reports; with what it sends ahead. After a cancel none of them is.
        """
        if self._newest:
            self.cancel()
        ears = {"done": done, "failed": failed, "progressed": progressed, "sent": sent}
        job = BackgroundJob(self, name, partial(function, *args), **ears)
        self._jobs.append(job)
        if len(self._jobs) == 1:
            _start(job._work)  # noqa: SLF001
        return job

    def cancel(self) -> None:
        """Cancel all jobs, those that wait first."""
        for job in reversed([*self._jobs]):
            job.cancel()

    @property
    def busy(self) -> bool:
        """Whether a job is at work."""
        return bool(self._jobs)

    def _left(self, job: BackgroundJob) -> None:
        at_work = self._jobs[0] is job
        self._jobs.remove(job)
        if at_work and self._jobs:
            _start(self._jobs[0]._work)  # noqa: SLF001


def on_gui_thread(call: Callable[[], object]) -> None:
    """Have something called on the GUI thread, soon; from any thread."""
    _post().hand(call)


def tell_fault(fault: BaseException) -> None:
    """Have napari show a fault of ours, with its traceback: a `failed` for those unforeseen."""
    known = fault if isinstance(fault, Exception) else RuntimeError(repr(fault))
    notification_manager.receive_error(type(known), known, fault.__traceback__)


def _forget_locals(error: BaseException) -> None:
    """Let go of the arrays in the frames of an error, which napari keeps with its message."""
    told: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in told:
        told.add(id(link))
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
