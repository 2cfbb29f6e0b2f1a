"""equalize: bad input is refused with the value and the cure, before any work."""

from __future__ import annotations

import numpy as np
import pytest

from napari_histeq import Global, compute_histogram, equalize, transfer_function
from napari_histeq.core.threads import pool

# Bad input: the error comes before any work, and names the value and the cure.
GRAY = np.zeros((4, 6), np.uint8)
RGB = np.zeros((4, 6, 3), np.uint8)
BAD = [
    (np.zeros(3, complex), {}, TypeError, "complex128.*np.abs"),
    (np.array([{}, None]), {}, TypeError, "object.*convert"),
    (np.zeros(3, "M8[s]"), {}, TypeError, r"datetime64.*convert"),
    (np.array(["a"]), {}, TypeError, "<U1.*convert"),
    (np.zeros((4, 0, 3)), {}, ValueError, r"empty.*\(4, 0, 3\).*at least 1"),
    (np.uint8(3), {}, ValueError, "0-dimensional.*axes"),
    (np.ma.masked_equal([1, 2], 1), {}, TypeError, "masked array.*mask="),
    ("scan.png", {}, TypeError, "scan.png.*imread"),
    (None, {}, TypeError, "image is None"),
    (GRAY, {"mask": np.ones((4, 5), bool)}, ValueError, r"\(4, 5\).*\(4, 6\)"),
    (GRAY, {"mask": np.ones((2, 4, 6), bool)}, ValueError, r"\(2, 4, 6\).*\(4, 6\)"),
    (GRAY, {"mask": GRAY}, TypeError, "mask has dtype uint8.*bool"),
    (RGB, {"mask": np.ones(3, bool), "channel_axis": -1}, ValueError, r"\(3,\).*\(4, 6\)"),
    (GRAY, {"axes": 2}, ValueError, "axes holds 2.*2 axes.*-2 to 1"),
    (GRAY, {"axes": (0, -3)}, ValueError, "axes holds -3"),
    (GRAY, {"axes": (0, 0)}, ValueError, r"\(0, 0\).*twice"),
    (GRAY, {"axes": (1, -1)}, ValueError, r"\(1, -1\).*twice"),
    (GRAY, {"axes": ()}, ValueError, "axes is empty.*None"),
    (GRAY, {"axes": 0.5}, TypeError, "axes holds 0.5.*integers"),
    (GRAY, {"axes": "yx"}, TypeError, "axes holds 'yx'"),
    (GRAY, {"channel_axis": -1}, ValueError, r"channel_axis=-1 has length 6.*3.*4"),
    (RGB, {"channel_axis": 3}, ValueError, "channel_axis holds 3"),
    (RGB, {"channel_axis": (0, 2)}, TypeError, r"channel_axis is \(0, 2\).*one integer"),
    (np.zeros(3), {"channel_axis": 0}, ValueError, "channel_axis=0"),
    (RGB, {"channel_axis": -1, "axes": 2}, ValueError, "axes.*2.*channel"),
    (GRAY, {"strength": 1.01}, ValueError, "strength is 1.01.*0.*1"),
    (GRAY, {"strength": -0.1}, ValueError, "strength is -0.1"),
    (GRAY, {"strength": np.nan}, ValueError, "strength is nan"),
    (GRAY, {"strength": "full"}, TypeError, "strength is 'full'.*number"),
    (GRAY, {"strength": None}, TypeError, "strength is None.*number"),
    (GRAY, {"out_range": (5, 5)}, ValueError, r"\(5.0, 5.0\).*less"),
    (GRAY, {"out_range": (9, 5)}, ValueError, r"\(9.0, 5.0\).*less"),
    (GRAY, {"out_range": (0, np.inf)}, ValueError, "inf.*finite"),
    (GRAY, {"out_range": (0, 300)}, ValueError, "300.*uint8 holds 0 to 255"),
    (GRAY, {"out_range": (-1, 9)}, ValueError, "-1.*uint8"),
    (GRAY > 0, {"out_range": (0, 2)}, ValueError, "2.*bool holds 0 to 1"),
    (GRAY, {"out_range": (1, 2, 3)}, ValueError, r"\(1, 2, 3\).*two numbers"),
    (GRAY, {"out_range": "full"}, ValueError, "'full'.*'auto'"),
    (GRAY, {"out_range": None}, ValueError, "None.*'auto'"),
    (GRAY, {"method": "unknown"}, ValueError, "'unknown'.*'global'"),
    (GRAY, {"method": Global}, TypeError, r"Global.*Global\(\)"),
    (GRAY, {"method": Global(), "power": 0.5}, TypeError, r"'power'.*Global\(\.\.\.\)"),
    (GRAY, {"method": "global", "powr": 0.5}, TypeError, "'powr'.*'power'"),
    (GRAY, {"method": "global", "power": 0}, ValueError, "power=0.*> 0 and <= 1"),
    (GRAY, {"method": "global", "power": "half"}, TypeError, "power='half'.*number"),
    (GRAY, {"method": "global", "plateau": np.nan}, ValueError, "plateau=nan"),
    (GRAY, {"method": "global", "convention": "ours"}, ValueError, "'ours'.*'cdf_min'"),
    (GRAY, {"method": "bihistogram", "levels": 1.5}, TypeError, "levels=1.5.*integer"),
    (GRAY, {"method": "bihistogram", "levels": 9}, ValueError, "levels=9.*<= 8"),
]


@pytest.mark.parametrize(
    ("image", "options", "error", "message"), BAD, ids=lambda value: repr(value)[:40]
)
def test_bad_input_is_refused_with_the_value_and_the_cure(image, options, error, message):
    with pytest.raises(error, match=f"(?s){message}"):
        equalize(image, **options)


def test_bad_input_is_refused_before_any_work(monkeypatch):
    def no_work(*_):
        raise AssertionError("work was done")

    for way in ("_in_place", "_on_pool"):
        monkeypatch.setattr(pool, way, no_work)
    for image, options, error, _ in BAD:
        with pytest.raises(error):
            equalize(image, **options)


def test_transfer_function_refuses_the_histogram_of_a_stack():
    stack = compute_histogram(np.zeros((2, 5), np.uint8), axes=1)
    with pytest.raises(ValueError, match=r"\(2, 256\).*histogram\[0\]"):
        transfer_function(stack)
    assert transfer_function(stack[0]).is_identity


def test_extended_precision_is_refused():
    if np.dtype(np.longdouble).itemsize > 8:
        with pytest.raises(TypeError, match="64 bit"):
            equalize(np.zeros(3, np.longdouble))
