"""The digest of an image: that of its bytes in C order, found in pieces that can be stopped between."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

from napari_histeq.core import watching
from napari_histeq.records import record

IMAGE = np.random.default_rng(2).integers(0, 999, (30, 40, 3)).astype("u2")


@pytest.mark.parametrize(
    "image",
    [IMAGE, IMAGE[::2, ::-1], IMAGE.transpose(2, 0, 1), IMAGE.astype(">f4"), IMAGE > 9, IMAGE[:0],
     IMAGE[0, 0, 0]],
)  # fmt: skip
@pytest.mark.parametrize("piece", [1000, 1 << 25])
def test_it_is_that_of_the_bytes(image: Any, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "PIECE_BYTES", piece)
    wanted = hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()
    assert record.digest_of(np.asarray(image)) == wanted


def test_it_is_stopped_between_two_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "PIECE_BYTES", 1000)

    def look(done: int, total: int) -> None:
        assert total == 8
        if done == 3:
            raise KeyboardInterrupt

    with watching(look), pytest.raises(KeyboardInterrupt):
        record.digest_of(IMAGE)
