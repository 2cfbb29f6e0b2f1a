"""What CI runs is what the project says of itself: Pythons, systems, processors, both Qts."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).parents[2]
JOBS: dict[str, Any] = yaml.safe_load(
    (TOP / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
)["jobs"]
NOX = (TOP / "noxfile.py").read_text(encoding="utf-8")
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MATRIX = JOBS["test"]["strategy"]["matrix"]


def test_pythons_that_are_promised_are_tested() -> None:
    promised = re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["classifiers"]))
    assert set(promised) <= set(MATRIX["python"])
    assert PROJECT["requires-python"] == f">={MATRIX['python'][0]}"
    (in_nox,) = re.findall(r"python=(\[.*\])\)\ndef tests", NOX)
    assert in_nox == str(MATRIX["python"]).replace("'", '"')


def test_systems_and_processors() -> None:
    systems = {*MATRIX["os"], *(one["os"] for one in MATRIX["include"])}
    assert {re.split(r"-", system)[0] for system in systems} == {"ubuntu", "windows", "macos"}
    assert any(system.endswith("-arm") for system in systems)


def test_sessions_exist_and_run_with_the_python_of_their_job() -> None:
    sessions = JOBS["versions"]["strategy"]["matrix"]["include"]
    assert {"lowest", "prerelease", "pyside6"} == {one["session"] for one in sessions}
    for one in sessions:
        python = f'@nox.session(python="{one["python"]}")\ndef {one["session"]}('
        assert python in NOX


def test_publishing_waits_for_all_other_jobs() -> None:
    assert set(JOBS["publish"]["needs"]) == set(JOBS) - {"publish", "thorough"}
