"""Commands whose help shows no kind of value beside --help, which takes none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    Option = Any


class Command(TyperCommand):
    """One command."""

    def get_help_option(self, ctx: Any) -> Option:
        """See `Command`."""
        return _bare(super().get_help_option(ctx))


class Group(TyperGroup):
    """All of them."""

    def get_help_option(self, ctx: Any) -> Option:
        """See `Group`."""
        return _bare(super().get_help_option(ctx))


def _bare(option: Option) -> Option:
    if option is not None:
        option.metavar = " "
    return option
