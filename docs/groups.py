"""Docstrings as the site shows them (`mkdocs.yml` names this for griffe).

- griffe takes `mask, axes` with one text for two parameters, and gives both the type and the default of
  the first, which is false of the second. Here they are put together again, without either.
- Footnotes are numpydoc's, `[1]_` and `.. [1]`, of which Markdown makes slanted text: they become its own.
- A default that is made by a function of ours says nothing to a reader: it becomes `...`.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

import griffe


class Groups(griffe.Extension):
    """Walks through what was loaded."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Look at each function and class of the package."""
        griffe.DataclassesExtension().on_package(pkg=pkg)  # so that classes have parameters by now
        for member in members(pkg):
            for parameter in getattr(member, "parameters", ()):
                if "lambda" in str(parameter.default):
                    parameter.default = "..."
            if member.docstring is None:
                continue
            member.docstring.value = with_footnotes(member.docstring.value)
            if member.is_function or member.is_class:
                for section in member.docstring.parsed:
                    if section.kind is griffe.DocstringSectionKind.parameters:
                        section.value = grouped(section.value)


def members(found: griffe.Object) -> list[griffe.Object]:
    """All that is defined in a module or a class, at any depth."""
    own = [one for one in found.members.values() if not one.is_alias]
    return own + [inner for one in own if one.is_module or one.is_class for inner in members(one)]


def with_footnotes(text: str) -> str:
    """A docstring whose footnotes are a numbered list in Markdown."""
    return re.sub(
        r"^\.\. \[(\d+)\]", r"\1.", re.sub(r"\[(\d+)\]_", r"\\[\1\\]", text), flags=re.MULTILINE
    )


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
