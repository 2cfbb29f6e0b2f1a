"""The panel, set to CLAHE."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def clahe(panel: Any) -> Any:
    panel["method"].value = "clahe"
    return panel
