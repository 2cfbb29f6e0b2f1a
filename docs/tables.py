"""Write the tables in docs/methods.md and docs/clahe.md from the methods' own fields and words.

`python docs/tables.py` rewrites them, with `--check` it only tells whether they are current.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from napari_histeq.core import METHODS
from napari_histeq.core.methods import GROUPS, options_of

PAGES = [Path(__file__).parent / name for name in ("methods.md", "clahe.md")]


def table(name: str) -> str:
    """The options of a method as a Markdown table."""
    rows = ["| option | default | values | |", "|---|---|---|---|"]
    kind: Any = METHODS[name]  # a protocol to mypy, which has no hash
    for field in options_of(kind):
        values = ", ".join(field.choices) or field.option.limits
        rows.append(f"| `{field.name}` | {field.default} | {values} | {field.option.help} |")
    return "\n".join(rows)


def overview() -> str:
    """All methods, group by group: what for, what stays true of the gray values, what it costs."""
    rows = ["| method | what for | gray values | cost |", "|---|---|---|---|"]
    for group, heading in GROUPS.items():
        rows.append(f"| **{heading}** | | | |")
        for method in METHODS.values():
            if method.group == group and method.__module__.startswith("napari_histeq."):
                told = (f"`{method.__name__}`", method.summary, method.caution, method.cost)
                rows.append(f"| {' | '.join(told)} |")
    return "\n".join(rows)


def with_tables(page: str) -> str:
    """The page with a fresh table after each marker."""
    return re.sub(
        r"(<!-- (?:options: (\w+)|all methods) -->\n)(?:\n\|(?:.*\n)+?(?=\n))?",
        lambda found: f"{found[1]}\n{table(found[2]) if found[2] else overview()}\n",
        page,
    )


def main() -> int:
    """Rewrite or check the pages."""
    stale = 0
    for path in PAGES:
        page = path.read_text(encoding="utf-8")
        fresh = with_tables(page)
        if "--check" in sys.argv:
            stale |= int(fresh != page)
        else:
            path.write_text(fresh, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
