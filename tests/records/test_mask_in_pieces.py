"""A mask is packed in pieces: the same bits as at once, no more of them than are kept, and stoppable."""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
import pytest

from napari_histeq.core import watching
from napari_histeq.records import counted
from napari_histeq.records.counted import MaskRecord

RNG = np.random.default_rng(0)
MASKS = {
    "mask": RNG.random((300, 411)) < 0.5,
    "labels": np.repeat(RNG.integers(0, 99, (30, 411), np.int32), 10, axis=0),
    "big-endian labels": RNG.integers(0, 99, (300, 411)).astype(">u2"),
    "transposed labels": RNG.integers(0, 9, (411, 300), np.uint8).T,
}


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("size", [1000, 4096, 1 << 22])
def test_the_same_bits_as_at_once(monkeypatch: pytest.MonkeyPatch, name: str, size: int) -> None:
    monkeypatch.setattr(counted, "PIECE_BYTES", size)
    mask = MASKS[name]
    little = mask if mask.dtype.kind == "b" else mask.astype(mask.dtype.newbyteorder("<"))
    whole = np.packbits(mask).tobytes() if mask.dtype.kind == "b" else little.tobytes()
    made = MaskRecord.of("cells", mask)
    assert made.digest == hashlib.sha256(whole).hexdigest()
    assert made.bits == zlib.compress(whole, 1)
    assert np.array_equal(made.array(), mask)
    assert made.dtype == ("" if mask.dtype.kind == "b" else little.dtype.str)


@pytest.mark.parametrize("size", [1000, 1 << 22])
def test_too_many_bits_are_not_kept(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    mask = MASKS["labels"]
    whole = MaskRecord.of("cells", mask)
    assert whole.bits is not None
    monkeypatch.setattr(counted, "PIECE_BYTES", size)
    for most, kept in ((len(whole.bits), whole.bits), (len(whole.bits) - 1, None), (0, None)):
        monkeypatch.setattr(counted, "MASK_BYTES", most)
        made = MaskRecord.of("cells", mask)
        assert made.bits == kept
        assert made.digest == whole.digest


def test_it_is_stopped_between_two_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted, "PIECE_BYTES", 1000)
    seen: list[int] = []

    def stop(done: int, total: int) -> None:
        seen.append(done)
        if done == 2:
            raise InterruptedError

    with watching(stop), pytest.raises(InterruptedError):
        MaskRecord.of("cells", MASKS["labels"])
    assert seen == [1, 2]
