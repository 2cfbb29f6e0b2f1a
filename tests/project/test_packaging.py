"""What is built can be installed, and npe2 finds the manifest in it."""

import ast
import email
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "src" / "napari_histeq" / "napari.yaml"
GUI = {"napari", "magicgui", "qtpy", "superqt"}
QT_BINDINGS = {"pyqt5", "pyqt6", "pyside2", "pyside6"}


def run(*command: object) -> str:
    """Run a command; return what it printed, or fail with what it complained of."""
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(built) -> Path:
    (path,) = built.glob("*.whl")
    return path


def test_top_level_manifest_is_that_of_the_package():
    """A copy, and no link: what cannot hold links (some file systems, archives) has it too."""
    assert not (ROOT / "napari.yaml").is_symlink()
    same = (ROOT / "napari.yaml").read_bytes() == MANIFEST.read_bytes()
    assert same, "src/napari_histeq/napari.yaml was changed: `make format` copies it"


def test_wheel_holds_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert archive.read("napari_histeq/napari.yaml") == MANIFEST.read_bytes()
    assert {"napari_histeq/__init__.py", "napari_histeq/py.typed"} <= names
    tops = {name.partition("/")[0] for name in names}
    assert all(top == "napari_histeq" or top.endswith(".dist-info") for top in tops)


def test_sdist_holds_sources_tests_and_both_manifests(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        top = path.name.removesuffix(".tar.gz")
        names = set(archive.getnames())
        for name in ("napari.yaml", "src/napari_histeq/napari.yaml"):
            assert archive.extractfile(f"{top}/{name}").read() == MANIFEST.read_bytes()
    for name in ("LICENSE", "README.md", "Makefile", "tests/project/test_packaging.py"):
        assert f"{top}/{name}" in names


@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_npe2_finds_the_manifest_in_an_empty_environment(kind, wheel, tmp_path):
    venv.create(tmp_path / "venv", with_pip=False, symlinks=sys.platform != "win32")
    python = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    run(*pip, "npe2")
    run(*pip, "--no-deps", *([wheel] if kind == "wheel" else ["--editable", ROOT]))
    code = (
        "from npe2 import PluginManager\n"
        "manager = PluginManager.instance()\n"
        "manager.discover()\n"
        "manifest = manager.get_manifest('napari-histeq')\n"
        "print(manifest.package_metadata.version, *sorted(c.id for c in manifest.contributions.commands))"
    )
    version, *commands = run(python, "-I", "-c", code).split()
    assert version == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {f"napari-histeq.{name}" for name in ("panel", "equalize", "histogram")} <= set(commands)


def test_no_qt_binding_unless_asked_for(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    needed = [Requirement(line) for line in metadata.get_all("Requires-Dist")]
    base = [r for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
    assert not (QT_BINDINGS | GUI) & {r.name.lower() for r in base}
    beside = [r for r in needed if r.marker and r.marker.evaluate({"extra": "napari"})]
    assert {r.name for r in beside} - {r.name for r in base} >= GUI
    # napari[all] would bring a binding along.
    assert not any(r.extras for r in beside if r.name == "napari")
    assert not QT_BINDINGS & {r.name.lower() for r in beside}
    assert "Framework :: napari" in metadata.get_all("Classifier")


def imported_by(*rooms: str) -> set[str]:
    """The packages that these parts of ours import, early or late."""
    found: set[str] = set()
    for path in (path for room in rooms for path in (MANIFEST.parent / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"napari_histeq"}


def test_beside_napari_nothing_is_missing():
    """napari's plugin manager installs us without extras: what the panel imports is there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *requires("napari")]
    needed = [Requirement(line) for line in lines]
    there = {r.name.lower() for r in needed if r.marker is None or r.marker.evaluate()}
    imported = imported_by("gui", "display", "layers", "plot", "records", "samples")
    assert {"magicgui", "matplotlib", "qtpy", "superqt"} <= imported
    packages = {name.replace("skimage", "scikit-image").replace("_", "-") for name in imported}
    # distributed: only where the address of a cluster was given.
    assert packages - there == {"napari", "distributed"}
