"""What a run says no to, before anything is touched."""

from __future__ import annotations


class Refused(ValueError):  # noqa: N818  (a person reads it)
    """The run does not start; the message says why, and the cure."""
