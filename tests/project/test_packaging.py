"""What is built can be installed, and npe2 finds the manifest in it."""

import email
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "src" / "napari_histeq" / "napari.yaml"
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
    assert (ROOT / "napari.yaml").is_symlink()
    assert (ROOT / "napari.yaml").samefile(MANIFEST)


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
    assert "napari" in {r.name for r in base}
    # napari[all] would bring a binding along.
    assert not any(r.extras for r in base if r.name == "napari")
    assert not QT_BINDINGS & {r.name.lower() for r in base}
    assert "Framework :: napari" in metadata.get_all("Classifier")
