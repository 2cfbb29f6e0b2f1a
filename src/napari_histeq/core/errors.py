"""Errors of our own: what a caller may want to tell from others."""

from __future__ import annotations


class ChunkError(RuntimeError):
    """A chunk could not be computed: `index` says which, `cause` why.

    Parameters
    ----------
    array : str
        What the chunk is one of.
    index : tuple of int
        Its place in the grid of chunks.
    cause : str
        The error, in words.
    """

    def __init__(self, array: str, index: tuple[int, ...], cause: str) -> None:
        super().__init__(array, index, cause)  # what pickle calls it with again
        self.array, self.index, self.cause = array, index, cause

    def __str__(self) -> str:
        return f"chunk {self.index} of {self.array} could not be computed: {self.cause}"
