"""Errors of our own: what a caller may want to tell from others."""

from __future__ import annotations


class ChunkError(RuntimeError):
    """A chunk could not be computed, or is not what was declared.

    Parameters
    ----------
    array : str
        What the chunk is one of.
    index : tuple of int
        Its place in the grid of chunks.
    cause : str
        The error, in words.
    place : tuple of (start, stop), optional
        Where in the array it lies, in pixels along each axis.
    """

    def __init__(
        self,
        array: str,
        index: tuple[int, ...],
        cause: str,
        place: tuple[tuple[int, int], ...] | None = None,
    ) -> None:
        super().__init__(array, index, cause, place)  # what pickle calls it with again
        self.array, self.index, self.cause, self.place = array, index, cause, place

    def __str__(self) -> str:
        spans = ", ".join(f"{start}:{stop}" for start, stop in self.place or ())
        at = f" at [{spans}]" if spans else ""
        return f"chunk {self.index} of {self.array}{at} could not be computed: {self.cause}"
