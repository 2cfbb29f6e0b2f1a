"""What a quick run leaves out is chosen, and not lost: each value of each parameter is tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers import effort

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the plugins of the packages here, which take seconds to read."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(effort.__file__).parents[1]))


TEST = """
import pytest

@pytest.mark.crossed
@pytest.mark.parametrize("a", [1, 2, 3])
@pytest.mark.parametrize(("b", "c"), [("x", []), ("y", [])])
def test_crossed(a, b, c):
    pass

@pytest.mark.parametrize("a", [1, 2, 3])
@pytest.mark.parametrize("b", [1, 2])
def test_in_full(a, b):
    pass

@pytest.fixture
def make_napari_viewer():
    pass

@pytest.mark.parametrize("a", [1, 2, 3])
def test_with_a_viewer(make_napari_viewer, a):
    pass

@pytest.mark.whole
def test_that_takes_long():
    pass
"""


@pytest.mark.parametrize(
    ("wanted", "kept"), [("quick", 3 + 3 + 1), ("whole", 3 + 6 + 4), ("thorough", 6 + 6 + 4)]
)
def test_each_value_is_tried(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, wanted: str, kept: int
) -> None:
    monkeypatch.setenv("HISTEQ_TESTS", wanted)
    pytester.makeini("[pytest]\nmarkers =\n    crossed: .\n    whole: .")
    pytester.makeconftest(
        "from helpers.effort import thinned\n"
        "def pytest_collection_modifyitems(items):\n    items[:] = thinned(items)"
    )
    pytester.makepyfile(test_some=TEST)
    found = pytester.runpytest_subprocess("-v", "-p", "no:cacheprovider")
    found.assert_outcomes(passed=kept)
    if wanted != "thorough":
        found.stdout.fnmatch_lines_random(["*[[]x-c0-1] PASSED*", "*[[]y-c1-2] *", "*[[]x-c0-3] *"])


def test_another_effort_is_refused(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HISTEQ_TESTS", "thorogh")
    pytester.makeconftest("from helpers import effort\neffort.load()")
    found = pytester.runpytest_subprocess()
    assert found.ret != 0
    found.stderr.fnmatch_lines(["*HISTEQ_TESTS is 'thorogh'; it may be quick, whole, thorough*"])
