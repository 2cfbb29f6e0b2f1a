"""The X-ray sample, computed: a chest in front of a detector. It holds no patient.

    python scripts/make_radiograph.py

writes `src/napari_histeq/samples/xray-8.png` and `xray-12.png`. Photons follow Beer and Lambert
through the chest, under a beam that falls off to the edges; a share of them is scattered and
veils everything. What arrives is counted (Poisson), read out (Gaussian noise) and digitized by
its logarithm, as digital radiography does.

Lengths are in millimeters, x to the image's right from the midline, y down. A body part is a map
of how much of it a ray passes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from scipy import ndimage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Map = NDArray[np.float32]
    Point = tuple[float, float]

SAMPLES = Path(__file__).parents[1] / "src" / "napari_histeq" / "samples"
SHAPE = (1024, 1024)
PIXEL = 0.35
_MIDLINE = SHAPE[1] / 2

# Attenuation per millimeter at the beam's mean energy.
_SOFT, _LUNG, _SPONGY, _CORTICAL, _LEAD = 0.0175, 0.005, 0.029, 0.055, 1.5

#: Attenuation (natural logarithm) that the detector's whole range spans: far more
#: than a chest needs, so the exposure uses the dark quarter of it only.
_FULL_SCALE = 14.0


def exposure() -> NDArray[np.float64]:
    """What an underexposed radiograph gives, 0 to 1: bone bright, air dark."""
    rng = np.random.default_rng(20)
    absorbed = chest(rng)
    primary = 9_000 * _beam(absorbed.shape) * np.exp(-absorbed)
    scatter = ndimage.zoom(ndimage.gaussian_filter(primary[::16, ::16], 6), 16, order=1)
    photons = rng.poisson(ndimage.gaussian_filter(primary, 0.7) + 0.25 * scatter + 15)
    signal = photons + rng.normal(0, 4, absorbed.shape)
    density = np.log(14_000 / np.maximum(signal, 1)) / _FULL_SCALE
    return np.asarray(density.clip(0, 1), dtype=np.float64)


def digitized(image: NDArray[np.float64], bits: int) -> NDArray[Any]:
    """As a detector of 8 or 12 bits gives it: uint8, or uint16 in [0, 4095]."""
    levels = np.rint(image * ((1 << bits) - 1))
    return levels.astype(np.uint8 if bits <= 8 else np.uint16)


def _beam(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Fall-off to the edges, and the heel effect along the tube's axis."""
    y, x = np.linspace(-1, 1, shape[0])[:, None], np.linspace(-1, 1, shape[1])
    return (1 - 0.12 * (x**2 + y**2)) * (1 - 0.12 * y)


def chest(rng: np.random.Generator) -> Map:
    """Attenuation (natural logarithm) along every ray through a chest."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32) * np.float32(PIXEL)
    x -= np.float32(_MIDLINE * PIXEL)
    air = np.maximum(_lungs(x, y) - _mediastinum(), 0)
    vessels = np.minimum(_tubes(_vessel_tree(rng)), air)
    tissue = np.maximum(_torso(x, y) - _tubes(_airways()), 0)
    spongy, cortical = _bones(x, y)
    spongy *= 1 + np.float32(0.3) * _grain(rng)
    absorbed: Map = (
        _SOFT * (tissue * (1 + np.float32(0.006) * _grain(rng)) + vessels)
        - (_SOFT - _LUNG) * air
        + (_SPONGY - _SOFT) * spongy
        + (_CORTICAL - _SOFT) * cortical
        + _LEAD * _tubes(_marker())
    )
    return absorbed


def _torso(x: Map, y: Map) -> Map:
    """Soft tissue from skin to skin: neck, shoulders, trunk."""
    at, width = (0, 22, 38, 50, 64, 100, 160, 358), (60, 64, 95, 150, 190, 215, 196, 186)
    half = _smooth(y, at, width)
    depth = _smooth(y, (0, 40, 90, 200, 358), (105, 115, 160, 190, 205))
    inside = np.clip(1 - (x / half) ** 2, 0, None)
    torso: Map = depth * inside**0.38
    return torso


def _smooth(at: Map, points: Sequence[float], values: Sequence[float]) -> Map:
    """Interpolate along the rows of `at` without corners."""
    rows = np.interp(at[:, 0], points, values).astype(np.float32)
    smooth: Map = ndimage.gaussian_filter1d(rows, 10 / PIXEL, mode="nearest")[:, None]
    return smooth


def _lungs(x: Map, y: Map) -> Map:
    """Air-filled depth of both lungs, above the domes of the diaphragm."""
    lateral = _smooth(y, (45, 70, 100, 150, 220, 300), (38, 80, 110, 130, 139, 141))
    medial = np.float32(10)
    middle, half = (lateral + medial) / 2, (lateral - medial) / 2
    across = np.clip(1 - ((np.abs(x) - middle) / half) ** 2, 0, None) ** 0.42
    depth = _smooth(y, (42, 52, 90, 160, 300), (0, 50, 115, 150, 165))
    # The right dome stands higher: the liver is under it.
    dome = np.where(x < 0, 243, 256) + 46 * ((np.abs(x) - 60) / 75) ** 2
    above = 1 / (1 + np.exp((y - dome) / 1.3))
    behind = 0.16 / (1 + np.exp((y - dome - 22) / 6))
    lungs: Map = (depth * across * np.maximum(above, behind)).astype(np.float32)
    return lungs


def _mediastinum() -> Map:
    """Heart and great vessels: what takes the lungs' place beside the midline."""
    depth = np.zeros(SHAPE, np.float32)
    _ellipsoid(depth, (20, 212), (64, 43), 36, 260)  # left ventricle
    _ellipsoid(depth, (-10, 210), (27, 38), 82, 200)  # right atrium
    _ellipsoid(depth, (8, 140), (20, 66), -5, 190)  # great vessels
    _ellipsoid(depth, (22, 112), (15, 15), 0, 130)  # aortic knob
    _ellipsoid(depth, (28, 150), (14, 26), -22, 110)  # pulmonary trunk
    _ellipsoid(depth, (-12, 120), (13, 90), 0, 120)  # caval vein
    return depth


def _ellipsoid(depth: Map, center: Point, axes: Point, tilt: float, thickness: float) -> None:
    """Add an ellipsoid to `depth`; its image is an ellipse tilted by `tilt` degrees."""
    reach = max(axes)
    rows = _window(center[1], reach, 0, SHAPE[0])
    columns = _window(center[0], reach, _MIDLINE, SHAPE[1])
    dy = (np.arange(rows.start, rows.stop) * PIXEL - center[1])[:, None]
    dx = (np.arange(columns.start, columns.stop) - _MIDLINE) * PIXEL - center[0]
    cos, sin = np.cos(np.deg2rad(tilt)), np.sin(np.deg2rad(tilt))
    inside = 1 - ((cos * dx + sin * dy) / axes[0]) ** 2 - ((cos * dy - sin * dx) / axes[1]) ** 2
    depth[rows, columns] += thickness * np.sqrt(np.maximum(inside, 0)).astype(np.float32)


def _window(center: float, reach: float, origin: float, stop: int) -> slice:
    """Pixels within `reach` of `center`, both in millimeters from pixel `origin`."""
    first, last = (int((center + end) / PIXEL + origin) for end in (-reach, reach))
    return slice(max(first, 0), min(max(last, 0) + 2, stop))


def _grain(rng: np.random.Generator) -> Map:
    """Texture without a scale of its own, mean 0, standard deviation 1."""
    fy, fx = np.fft.fftfreq(SHAPE[0])[:, None], np.fft.rfftfreq(SHAPE[1])
    amplitude = 1 / (1 / 200 + np.hypot(fy, fx)) ** 1.1
    phase = np.exp(2j * np.pi * rng.random(amplitude.shape))
    grain = np.fft.irfft2(amplitude * phase, SHAPE).astype(np.float32)
    grain /= grain.std()
    return grain


# Tubes: runs of (x, y, radius, gain), one row every millimeter or so.


def _tubes(tubes: Iterable[NDArray[Any]]) -> Map:
    """Depth of the union of tubes: balls along their lines, the deepest wins."""
    depth = np.zeros(SHAPE, np.float32)
    for tube in tubes:
        for column, row, radius, gain in (tube / (PIXEL, PIXEL, PIXEL, 1)).tolist():
            _ball(depth, column + _MIDLINE, row, radius, gain)
    return depth


def _ball(depth: Map, column: float, row: float, radius: float, gain: float) -> None:
    top, left = max(int(row - radius), 0), max(int(column - radius), 0)
    part = depth[top : int(row + radius) + 2, left : int(column + radius) + 2]
    y = np.arange(top, top + part.shape[0]) - row
    x = np.arange(left, left + part.shape[1]) - column
    inside = radius**2 - y[:, None] ** 2 - x**2
    chord = 2 * PIXEL * gain * np.sqrt(np.maximum(inside, 0))
    np.maximum(part, chord, out=part, casting="same_kind")


def _line(points: Sequence[Point], radius: Sequence[float], bend: float = 8) -> NDArray[Any]:
    """Lay a tube along `points`, its corners rounded over `bend` millimeters."""
    knots = np.asarray(points, dtype=float)
    along = np.append(0, np.hypot(*np.diff(knots, axis=0).T).cumsum())
    to = np.linspace(0, along[-1], int(along[-1]) + 2)
    path = np.stack([np.interp(to, along, knots[:, axis]) for axis in (0, 1)], axis=1)
    if bend:
        path = ndimage.gaussian_filter1d(path, bend, axis=0, mode="nearest")
    radii = np.interp(to, np.linspace(0, along[-1], len(radius)), radius)
    return np.column_stack([path, radii, np.ones(len(to))])


def _marker() -> Iterator[NDArray[Any]]:
    """Lay the lead letter that marks the patient's right side."""
    for stroke in (
        [(-160, 34), (-160, 18), (-153, 18), (-151, 22), (-153, 26), (-160, 26)],
        [(-155, 26), (-150, 34)],
    ):
        yield _line(stroke, [1, 1], bend=0.5)


def _airways() -> Iterator[NDArray[Any]]:
    yield _line([(-1, -5), (-2, 60), (-4, 118)], [9, 10])
    yield _line([(-4, 116), (-16, 132), (-32, 150)], [8, 6])
    yield _line([(-4, 116), (16, 134), (38, 152)], [7, 5])


def _vessel_tree(rng: np.random.Generator) -> list[NDArray[Any]]:
    """Lay vessels from each hilum into its lung, forking until they are thin."""
    tubes: list[NDArray[Any]] = []
    for side, root in ((-1, (-30.0, 148.0)), (1, (36.0, 146.0))):
        for angle in np.linspace(-80, 95, 9):
            _fork(tubes, rng, root, np.deg2rad(angle + rng.normal(0, 6)), 4.4, side)
    return tubes


def _fork(
    tubes: list[NDArray[Any]],
    rng: np.random.Generator,
    start: Point,
    angle: float,
    radius: float,
    side: int,
) -> None:
    length = 7 * radius**0.9 * rng.uniform(0.7, 1.3) + 3
    end = (start[0] + side * length * np.cos(angle), start[1] + length * np.sin(angle))
    tubes.append(_line([start, end], [radius, radius * 0.8], bend=0))
    if radius < 0.6:
        return
    spread = rng.uniform(0.25, 0.6)
    for turn, share in ((spread, rng.uniform(0.55, 0.8)), (-spread, rng.uniform(0.6, 0.85))):
        _fork(tubes, rng, end, angle + turn, radius * share, side)


# Bones: an outer tube less an inner one is the cortical shell; the inner is spongy.


def _bones(x: Map, y: Map) -> tuple[Map, Map]:
    spongy, cortical = np.zeros((2, *SHAPE), np.float32)
    for bone, shell in _skeleton():
        outer, inner = _tubes([bone]), _tubes([bone - (0, 0, shell, 0)])
        spongy += inner
        cortical += outer - inner
    _spine(x, y, spongy, cortical)
    return spongy, cortical


def _skeleton() -> Iterator[tuple[NDArray[Any], float]]:
    """Lay each bone beside the spine, with the thickness of its cortical shell."""
    for side in (-1, 1):
        for number in range(10):
            yield _rib(number, side), 1.1
        for points, radii, shell in (
            ([(12, 86), (40, 82), (75, 72), (110, 62), (145, 62)], (8, 5.5, 5, 5.5, 7), 1.4),
            ([(132, 88), (121, 110), (124, 150), (140, 184)], (2.5, 2.2, 2.2, 4), 0.9),
            ([(140, 184), (150, 150), (160, 100)], (4, 3, 5), 0.9),
            ([(172, 84), (178, 120), (182, 220)], (22, 13, 12), 2),
        ):
            yield _line([(side * column, row) for column, row in points], radii), shell


def _rib(number: int, side: int) -> NDArray[Any]:
    """Lay a rib: half an ellipse around the chest, tilted forward.

    Where it runs along the rays, at the flank, they pass more of it.
    """
    reach = np.interp(number, (0, 1, 2, 5, 9), (72, 104, 123, 141, 145))
    drop = np.interp(number, (0, 9), (38, 92))
    turn = np.linspace(0.12, np.interp(number, (0, 5, 9), (2.5, 2.35, 1.9)), 240)
    column = side * reach * np.sin(turn) ** 0.85
    row = 64 + 21 * number + drop * (1 - np.cos(turn)) / 2 - 5 * np.sin(2 * turn)
    along = np.abs(np.sin(turn)) * 95 / np.hypot(np.gradient(column, turn), np.gradient(row, turn))
    front = turn > np.pi / 2
    radius = np.where(front, 4.6, 4.2) + 0.6 * np.sin(3 * turn)
    gain = np.clip(np.hypot(1, along), 1, 2.6) * np.where(front, 0.62, 0.8)
    return np.column_stack([column, row, radius, gain])


def _spine(x: Map, y: Map, spongy: Map, cortical: Map) -> None:
    """Add vertebral bodies with discs between, their arches and spines."""
    columns = _window(0, 40, _MIDLINE, SHAPE[1])
    top = 4.0
    for number in range(20):
        height, half = 15 + 0.65 * number, 13 + 0.55 * number
        rows = _window(top + height / 2, height, 0, SHAPE[0])
        part = x[rows, columns], y[rows, columns]
        outer = _box(*part, top, height, half)
        inner = _box(*part, top + 1.3, height - 2.6, half - 1.5)
        spongy[rows, columns] += 26 * inner
        cortical[rows, columns] += 9 * (outer - inner) + 2 * outer
        for side in (-1, 1):
            _ellipsoid(cortical, (side * half * 0.62, top + height * 0.38), (3.4, 4.6), 0, 8)
        _ellipsoid(cortical, (0, top + height * 0.95), (2.6, 6), 0, 10)
        top += height + 4 + 0.1 * number


def _box(x: Map, y: Map, top: float, height: float, half: float) -> Map:
    """Draw a waisted box with soft edges: 1 inside, 0 outside."""
    rise = 2 * np.abs(y - top - height / 2) / height
    edge = half - 2.2 * (1 - np.minimum(rise, 1) ** 2)
    inside: Map = _step(edge - np.abs(x)) * _step((1 - rise) * height / 2)
    return inside


def _step(distance: Map) -> Map:
    """Go from 0 to 1 over 1.2 mm about a border."""
    step: Map = np.clip(distance / 1.2 + 0.5, 0, 1)
    return step


if __name__ == "__main__":
    image = exposure()
    for bits in (8, 12):
        Image.fromarray(digitized(image, bits)).save(SAMPLES / f"xray-{bits}.png", optimize=True)
