"""The matrix that CI runs, on one's own machine: ``nox -s lowest -- tests/core``."""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "uv"
nox.options.sessions = ["lint", "tests"]
nox.needs_version = ">=2024.4"

#: What is tested where only the versions of other packages differ.
CORE = ["tests/core", "tests/layers/test_reproduce.py", "tests/layers/test_record.py"]


def _pytest(session: nox.Session, default: list[str], **env: str) -> None:
    session.run("python", "-m", "pytest", *(session.posargs or default), env=env)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, import contracts, and the manifest."""
    session.install("-e", ".[all,dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("mypy", "benchmarks", "docs", "scripts")
    session.run("lint-imports")
    session.run("npe2", "validate", "--imports", "napari-histeq")


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """All the tests; on a machine without a screen, within ``xvfb-run``."""
    session.install("-e", ".[all,test]")
    _pytest(session, [])


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """The lowest versions that pyproject.toml allows."""
    session.install("--resolution", "lowest-direct", "-e", ".[all,test]")
    _pytest(session, CORE)


@nox.session(python="3.14")
def prerelease(session: nox.Session) -> None:
    """The newest versions, pre-releases among them: what will break tomorrow."""
    session.install("--prerelease", "allow", "--upgrade", "-e", ".[all,test]")
    _pytest(session, CORE)


@nox.session(python="3.12")
def pyside6(session: nox.Session) -> None:
    """The other Qt."""
    session.install("-e", ".[lazy,test]", "napari[pyside6]")
    _pytest(session, ["-o", "qt_api=pyside6", "tests/gui"], QT_API="pyside6")
