"""Tooltips: in lines that can be read, and with nothing in them taken for markup."""

from __future__ import annotations

import textwrap
from html import escape

from qtpy.QtCore import Qt

#: Characters on a line: Qt does not break the lines of plain text itself.
WIDTH = 60


def tip(text: str) -> str:
    """A tooltip of a text: its own line breaks are kept, long lines are broken.

    Whatever the text holds (a layer may be named ``<b>``) is shown as it is.
    """
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, WIDTH)]
    plain = "\n".join(lines)
    if not Qt.mightBeRichText(plain):
        return plain
    return f"<p style='white-space: pre'>{escape(plain).replace(chr(10), '<br>')}</p>"
