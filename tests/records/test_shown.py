"""A record in a notebook: HTML that any parser takes, whatever the image is called."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from helpers.records import RECORDS


@pytest.mark.parametrize("name", RECORDS)
def test_every_kind_of_record_shows_itself(name: str) -> None:
    record = RECORDS[name]
    shown = ET.fromstring(record._repr_html_())
    cells = {row[0].text: [cell.text for cell in row[1:]] for row in shown.iter("tr")}
    assert cells["method"] == [record.recipe.method.name]
    for measure, value in record.measures["after"].items():
        before = record.measures["before"][measure]
        assert cells[measure.replace("_", " ")] == [f"{before:.4g}", f"{value:.4g}"]
    assert (shown.find(".//svg") is not None) == (record.curve is not None)


def test_a_name_is_no_markup() -> None:
    shown = replace(RECORDS["plain"], source="<script>x</script>")._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;x" in shown
