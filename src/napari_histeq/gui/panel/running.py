"""The runs of a panel: begun, shown while they go on, and told when they end."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error

from napari_histeq.gui.runs import EXPECTED, Run
from napari_histeq.layers import is_baked, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image
    from napari.viewer import Viewer

    from napari_histeq.gui.preview import Live
    from napari_histeq.gui.runs import Choice
    from napari_histeq.records import Outcome, Record


class Runs:
    """What is at work, and what waits for it; they are as many as `len` says.

    Parameters
    ----------
    viewer : Viewer
    panel : EqualizePanel
        Whose buttons and words tell of them.
    live : Live
    """

    def __init__(self, viewer: Viewer, panel: Any, live: Live) -> None:
        self._viewer, self._panel, self._live = viewer, panel, live
        self._runs: dict[Run, Any] = {}  # and with which state each began
        self._began, self._found, self._placed = 0.0, 0.0, ""

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def adding(self) -> bool:
        """Whether one is just now adding layers."""
        return any(run.adding for run in self._runs)

    def start(self, _: object = None) -> None:
        """The button was pressed: do what the rows say."""
        panel = self._panel
        source = panel.source
        if source is not None:
            panel["preview"].value = False
            panel.references.forget()
            self.attempt(lambda: self.begin(source, panel.choice()))

    def begin_unless_busy(self, source: Image, choice: Choice) -> None:
        """From the menu of results, which is off while a run goes on: a second click is impatience."""
        if not self._runs:
            self.begin(source, choice)

    def attempt(self, act: Callable[[], object]) -> None:
        """Do something that a person asked for, or say why it cannot be done."""
        try:
            act()
        except EXPECTED as error:
            self.refuse(error)

    def refuse(self, error: Exception) -> None:
        """Say why it cannot be done."""
        show_error(plain(error))
        self._live.say(plain(error), problem=True)

    def begin(self, source: Image, choice: Choice) -> None:
        """Begin a run, or have it wait for those before it; not the same one twice."""
        try:
            state = self._live.state_of(source, choice)
            if any(run.repeats(source, choice) and self._runs[run] == state for run in self._runs):
                self._panel["status"].value = f"“{source.name}” is being equalized so already."
                return
            run = Run(self._viewer, source, choice, self._note_placed)
        except EXPECTED as error:
            self.refuse(error)
            return
        run.progressed.connect(self._show_progress)
        run.found.connect(self._note_found)
        run.ended.connect(partial(self._ended, run))
        self._runs[run] = state
        if len(self._runs) == 1:
            self._show_running()
        run.start()

    def cancel(self, _: object = None) -> None:
        """Cancel what is at work, and what waits for it: that first."""
        for run in reversed([*self._runs]):
            run.cancel()

    def _note_placed(self, words: str) -> None:
        """What a run hid or moved, to be said at its end."""
        self._placed = f"{self._placed} {words}".strip()

    def _note_found(self) -> None:
        """The result is there: its plot may take its time."""
        self._found = time.monotonic()

    def _ended(self, run: Run, how: str, what: Any) -> None:
        state = self._runs.pop(run)
        run.progressed.disconnect(self._show_progress)
        run.found.disconnect(self._note_found)
        run.ended.disconnect()
        self._panel.reset_choices_of_layers()  # first: the words are for whatever is chosen then
        words = self._done(run, state, what) if how == "done" else str(what)
        if self._runs:
            self._show_running()
        else:
            self.show_idle()
        self._live.say(words, problem=how == "failed")

    def _done(self, run: Run, state: Any, outcomes: list[Outcome]) -> str:
        """Keep what was found, and say what was done."""
        seconds = self._found - self._began
        sentences = [f"{len(outcomes)} layers equalized in {seconds:.1f} s.", self._placed]
        if len(outcomes) == 1:
            sentences[0] = _in_words(run.source, outcomes[0].record, seconds)
            self._live.remember(state, outcomes[0])
        if self._live.state_of(run.source, run.choice) != state:
            sentences.append("The image or its mask has changed since the run began.")
        return " ".join(filter(None, sentences))

    def _show_running(self) -> None:
        panel = self._panel
        self._began, self._placed, panel.tools.busy = time.monotonic(), "", True
        panel["cancel"].enabled = panel["cancel"].visible = True
        panel.tools.button.setVisible(False)  # Cancel is in its place
        with panel["progress"].changed.blocked():
            panel["progress"].value = 0
        panel["progress"].visible = True
        panel["status"].value = "starting"

    def show_idle(self) -> None:
        """Nothing is at work."""
        panel = self._panel
        panel.tools.busy = False
        cancel = panel["cancel"].native
        if cancel.window().focusWidget() is cancel:  # the next text box would get the focus
            panel["run"].native.setFocus()
        for name in ("cancel", "progress"):
            panel[name].visible = False
        panel["cancel"].enabled = False
        panel.tools.button.setVisible(True)
        panel.show_message()

    def show_told(self, words: str) -> None:
        """What is to know about the preview; while something runs, that is what is told."""
        if not self._runs:
            self._tell(words, bool(self._live.problem) and self._live.problem in words)

    def show_files(self, words: str, problem: bool) -> None:
        """How a run on files goes."""
        if not self._runs:
            self._tell(words, problem)

    def _tell(self, words: str, problem: bool) -> None:
        status = self._panel["status"]
        (status.fail if problem else status.set_value)(words)

    def _show_progress(self, fraction: float, what: str) -> None:
        if not self._runs:
            return
        panel = self._panel
        with panel["progress"].changed.blocked():  # no row that decides about anything
            panel["progress"].value = max(int(100 * fraction), panel["progress"].value)
        spent = time.monotonic() - self._began
        left = spent * (1 - fraction) / fraction if fraction > 0.05 and spent > 1 else 0
        parts = [f"{what}, {left:.0f} s left" if left >= 1 else what]
        if len(self._runs) > 1:
            parts.append(f"{len(self._runs) - 1} more to come")
        panel["status"].value = "; ".join(parts)


def _in_words(source: Image, record: Record, seconds: float) -> str:
    """What was done with one layer."""
    if is_baked(source, record):
        return f"“{record.source}” baked into a new layer in {seconds:.1f} s."
    return f"“{record.source}” equalized in {seconds:.1f} s."
