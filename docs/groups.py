"""Parameters that a docstring describes together stay together on the site (`mkdocs.yml` names this for griffe).

griffe takes `mask, axes` with one text for two parameters, and gives both the type and the default of the
first, which is false of the second. Here they are put together again, without either.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import griffe


class Groups(griffe.Extension):
    """Walks through what was loaded."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Look at each function of the package (a dataclass has no parameters yet)."""
        for member in members(pkg):
            if member.is_function and member.docstring is not None:
                for section in member.docstring.parsed:
                    if section.kind is griffe.DocstringSectionKind.parameters:
                        section.value = grouped(section.value)


def members(found: griffe.Object) -> list[griffe.Object]:
    """All that is defined in a module or a class, at any depth."""
    own = [one for one in found.members.values() if not one.is_alias]
    return own + [inner for one in own if one.is_module or one.is_class for inner in members(one)]


def grouped(parameters: list[griffe.DocstringParameter]) -> list[griffe.DocstringParameter]:
    """Those in a row that have one text become one entry."""
    entries = []
    for text, same in groupby(parameters, lambda parameter: parameter.description):
        first, *others = same
        if others:
            names = ", ".join(one.name for one in (first, *others))
            first = griffe.DocstringParameter(names, description=text)
        entries.append(first)
    return entries
