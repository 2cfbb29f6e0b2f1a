"""`--scheduler`: the same files by the workers of a dask cluster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from distributed import LocalCluster
from typer.testing import CliRunner

from helpers.sample_files import made, pixels
from napari_histeq import equalize
from napari_histeq.cli.app import app

pytestmark = pytest.mark.whole


@pytest.mark.filterwarnings("ignore")  # distributed's own, as it starts and ends
def test_files_and_a_store_on_a_cluster(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    for number, name in enumerate("ab"):
        tifffile.imwrite(f"in/{name}.tif", pixels(30 + number, 40))
    Path("in/c.tif").write_bytes(b"II*\0 no image")
    store = made("v05.ome.zarr", Path("in"))
    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        done = CliRunner().invoke(
            app,
            ["equalize", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--scheduler", address],
        )
    assert done.exit_code == 1, done.output
    assert "c.tif: " in done.output
    for name in "ab":
        wanted = equalize(tifffile.imread(f"in/{name}.tif"))
        np.testing.assert_array_equal(tifffile.imread(f"out/{name}.tif"), wanted)
    wanted = equalize(zarr.open_array(store / "0", mode="r")[...])
    np.testing.assert_array_equal(zarr.open_array("out/v05.ome.zarr/0", mode="r")[...], wanted)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nowhere", "nowhere does not name a host and its port: an address looks like tcp"),
        ("http://localhost:8787", "http://localhost:8787 is a web address"),
        ("tls://127.0.0.1:1", "needs certificates, which dask's configuration does not name"),
        ("tcp://no.such.invalid:8786", "no cluster answers at tcp://no.such.invalid:8786"),
    ],
)
def test_no_scheduler_is_said_in_words(tmp_path: Path, address, words):
    tifffile.imwrite(tmp_path / "a.tif", pixels(30, 40))
    done = CliRunner().invoke(
        app,
        ["equalize", str(tmp_path / "a.tif"), "-o", str(tmp_path / "o"), "--scheduler", address],
    )
    assert done.exit_code == 2
    said = " ".join(done.output.split())
    assert f"napari-histeq: --scheduler: {words}" in said or words in said
    assert said.endswith("correct it, or leave --scheduler out")
    assert not (tmp_path / "o").exists()
