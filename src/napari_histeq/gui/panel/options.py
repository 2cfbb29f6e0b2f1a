"""The rows of the chosen method: they come and go with it, and each method keeps its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_histeq.core import METHODS
from napari_histeq.core.methods import OptionField, options_of
from napari_histeq.gui.widgets import check_names, control_for, kept

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_histeq.gui.panel.arrange import Arrangement
    from napari_histeq.gui.panel.references import References


def has_a_say(rows: Any, field: OptionField) -> bool:
    """Whether an option matters beside what the other rows of the method say."""
    used = field.option.used_if
    return used is None or field.used_beside(rows[used[0]].value)


class OptionRows:
    """A row for each option of one method.

    Parameters
    ----------
    panel : EqualizePanel
        To which they are added.
    parts : Arrangement
        Where they are put.
    references : References
        What there is to choose from for an option that is an image, and the rows beside it.
    changed : callable
        Called when an option is changed on which other rows depend.

    Attributes
    ----------
    method : str
        The name of the method whose options they are.
    fields : tuple of OptionField
    """

    def __init__(
        self,
        panel: Any,
        parts: Arrangement,
        references: References,
        changed: Callable[..., Any],
    ) -> None:
        self._panel, self._parts = panel, parts
        self._references, self._changed = references, changed
        self._kept: dict[str, dict[str, Any]] = {}
        self.method, self.fields = "", tuple[OptionField, ...]()
        for row in references.rows():  # in no place until a method has an image as option
            panel.native.layout().removeWidget(row.native)

    def show(self, method: str) -> None:
        """Put a method's rows in the place of those of the one before.

        Raises
        ------
        ValueError
            If one of its options is called like another row; nothing is changed then.
        """
        panel, old, kind = self._panel, self.fields, METHODS[method]
        check_names(kind, {row.name for row in panel} - {f.name for f in old})
        self._kept[self.method] = {f.name: kept(panel[f.name]) for f in old}
        self._parts.take_options()
        for field in old:
            row = panel[field.name]
            panel.remove(row)
            row.native.setParent(panel.native)  # until Qt deletes it: no window of its own
            row.native.deleteLater()
            for other, _ in self._references.beside(field):
                other.native.setParent(panel.native)  # it stays
        self.method = method
        self._add(kind, self._kept.get(method, {}))

    def show_those_with_a_say(self) -> None:
        """Hide the rows that have no say beside what the others say."""
        for row, shown in self._references.shown():
            self._parts.show_option(row, shown)
        for field in self.fields:
            self._parts.show_option(self._panel[field.name], has_a_say(self._panel, field))

    def _add(self, method: Any, values: dict[str, Any]) -> None:
        fields = self.fields = options_of(method)
        offered = self._references.offered
        rows = [control_for(f, values.get(f.name, f.default), offered) for f in fields]
        for row in reversed(rows):
            self._panel.insert(0, row)
        pairs = list(zip(fields, rows, strict=True))
        decisive = {f.option.used_if[0] for f in fields if f.option.used_if}
        for field, row in pairs:
            if field.words or field.name in decisive:
                row.changed.connect(self._changed)
        plain = [
            [(row, row.label), *self._references.beside(f)]
            for f, row in pairs
            if not f.option.advanced
        ]
        self._parts.show_options(
            [row for rows in plain for row in rows],
            [(row, row.label) for f, row in pairs if f.option.advanced],
        )
