"""What the command line says no to, before anything is touched."""

from __future__ import annotations


class Refused(ValueError):  # noqa: N818  (a person reads it)
    """The run does not start; the message says why, and the cure."""


#: Exit codes: some file failed; the run did not start.
SOME_FAILED = 1
NOT_STARTED = 2
