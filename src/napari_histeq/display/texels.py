"""What the GPU shows, in numbers: 1,024 texels, fitted to where the pixels are.

napari shows ``t = clip((v - c0) / (c1 - c0), 0, 1) ** gamma`` through a texture of
1,024 colors (`TEXELS`), whatever the colormap had: for ``"linear"`` colormaps texel
``j`` stands at ``t = (j + 0.5) / 1024`` and the ones between are blended; for ``"zero"``
ones it fills ``j / 1024 <= t < (j + 1) / 1024``. The texture holds 8 bits per channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from operator import itemgetter
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mode = Literal["linear", "zero"]

TEXELS = 1024
#: Texels that one line may stand for (it divides 1,023), if none is farther off than that.
RUN, BENT = 11, 0.3 / 255.0
#: The gammas that napari's slider can show, and those to resort to where they fail.
GAMMAS = np.unique(np.append(np.geomspace(0.2, 2.0, 18), 1.0))
FAR_GAMMAS = np.append(np.geomspace(0.02, 0.18, 8), np.geomspace(2.5, 40.0, 8))
#: How much color at either end may fall together, in gray levels.
TAILS = (0.0, 1.0, 3.0)
#: The share of the pixels at either end that may be given up if all else fails.
OUTER = 0.004
#: The weight of the curve itself where no pixel is, and of a level beside its texel.
FAINT = 1e-6
BESIDE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A colormap as the GPU holds it, with the colors it has below 0 and above 1."""

    texels: Floats
    mode: Mode
    low: Floats | None = None
    high: Floats | None = None

    def __call__(self, t: Floats) -> Floats:
        """The (n, 4) colors, 0 to 1, shown at (n,) places from 0 to 1."""
        shown = sample(self.texels, t, self.mode)
        for color, where in ((self.low, t <= 1e-12), (self.high, 1.0 - t <= 1e-12)):
            if color is not None:
                shown[where] = color
        return shown

    def walked(self, t: Floats) -> Floats:
        """The color passed through from 0 to `t`, in gray levels (of 255)."""
        steps = np.abs(np.diff(self.texels, axis=0)).max(axis=1)
        path = 255.0 * np.append(0.0, steps.cumsum())
        return np.interp(t, (np.arange(TEXELS) + 0.5) / TEXELS, path)


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """Where the pixels are, and what they shall look like: (n,) arrays by intensity."""

    x: Floats
    weight: Floats
    place: Floats  # on the look, 0 to 1
    walked: Floats
    colors: Floats  # (n, 4)


@dataclass(frozen=True, slots=True)
class Norm:
    """Contrast limits and gamma: what comes before the texels."""

    low: float
    high: float
    gamma: float

    def __call__(self, x: Floats) -> Floats:
        """Intensities as places from 0 to 1."""
        t = np.clip(x, self.low, self.high) / 2 - self.low / 2  # halves cannot overflow
        return np.asarray((t / (self.high / 2 - self.low / 2)) ** self.gamma)

    def inverse(self, t: Floats) -> Floats:
        """The intensities at places from 0 to 1."""
        part = t ** (1.0 / self.gamma)
        return np.asarray(self.low * (1.0 - part) + self.high * part)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Texels for a norm, and how far off 99 % of the pixels are at most."""

    norm: Norm
    mode: Mode
    texels: Floats
    error: int
    mean: float

    @property
    def invisible(self) -> bool:
        """Whether a better fit could not be told from this one."""
        return self.error <= 1 and self.mean < 0.5

    @property
    def rank(self) -> tuple[float, float]:
        """The smaller, the better; an unusual gamma, or steps, must be worth it."""
        unusual = 0.02 * abs(float(np.log(self.norm.gamma))) + 0.1 * (self.mode == "zero")
        return max(self.error, 1), self.mean + unusual


def sample(texels: Floats, t: Floats, mode: Mode) -> Floats:
    """The colors that the GPU reads at places from 0 to 1."""
    if mode == "zero":
        return texels[np.minimum((t * TEXELS).astype(np.intp), TEXELS - 1)]
    left, part = _between(t)
    return texels[left] * (1.0 - part)[:, None] + texels[left + 1] * part[:, None]


def thinned(x: Floats, weight: Floats, walked: Floats) -> NDArray[np.intp]:
    """Where to cut levels into runs that differ by no visible color and few pixels."""
    share = (weight.cumsum() * (1024.0 / weight.sum())).astype(np.intp)
    color = (walked * 4.0).astype(np.intp)
    cut = np.empty(x.size, bool)
    cut[0] = True
    moved = np.diff(share, prepend=0) > 0
    cut[1:] = (color[1:] != color[:-1]) | moved[1:] | moved[:-1]
    return np.flatnonzero(cut)


def norms(pixels: Pixels, count: int, *, desperate: bool = False) -> Iterator[Norm]:
    """The `count` most promising contrast limits and gammas.

    `desperate`: also gammas that napari's slider cannot show, and limits that leave
    out a few pixels, whatever becomes of them.
    """
    gammas = np.append(GAMMAS, FAR_GAMMAS) if desperate else GAMMAS
    total = np.append(0.0, pixels.weight.cumsum())
    unusual = 0.01 * total[-1] * np.abs(np.log(gammas))
    found = []
    limits = [_limits(pixels, tail, near) for near in (0, 1) for tail in TAILS]
    if desperate:
        limits = [limits[-1], _inner(pixels, total)]
    for low, high in dict.fromkeys(limits):  # the distinct ones
        loss = _losses(pixels, total, low, high, gammas) + unusual
        found += [(loss[i], low, high, float(gammas[i])) for i in np.argsort(loss)[:count]]
    for _, low, high, gamma in sorted(found, key=itemgetter(0))[:count]:  # stable: wide first
        yield Norm(low, high, gamma)


def _inner(pixels: Pixels, total: Floats) -> tuple[float, float]:
    """Limits that leave out `OUTER` of the pixels at either end."""
    first, last = np.searchsorted(total, [OUTER * total[-1], (1 - OUTER) * total[-1]])
    return widened(float(pixels.x[first]), float(pixels.x[last - 1]))


def _limits(pixels: Pixels, tail: float, near: int) -> tuple[float, float]:
    """Limits beyond which the color moves by no more than `tail`; `near`: close to pixels."""
    x, walked = pixels.x, pixels.walked
    first = int(np.searchsorted(walked, walked[0] + tail, side="right")) - 1
    last = int(np.searchsorted(walked, walked[-1] - tail, side="left"))
    if last <= first:
        first, last = 0, x.size - 1
    low, high = float(x[first]), float(x[last])
    if near and last - first > 1:  # an empty gap behind the end needs no texels
        gaps = np.diff(x[[first, first + 1, last - 1, last]] / 64)
        margin = gaps[1] or min(gaps[0], gaps[2])
        low = max(low, float(x[first + 1] - margin))
        high = min(high, float(x[last - 1] + margin))
    return widened(low, high)


def widened(low: float, high: float) -> tuple[float, float]:
    """Two limits, apart even if the image is constant."""
    return (low, high) if low < high else (low, high + max(1.0, 1e-3 * abs(high)))


def _losses(pixels: Pixels, total: Floats, low: float, high: float, gammas: Floats) -> Floats:
    """For each gamma, how much color shares a texel: its mean square, capped at 8 levels."""
    edges = (np.arange(1, TEXELS) / TEXELS) ** (1.0 / gammas[:, None])
    cuts = np.searchsorted(pixels.x, low * (1.0 - edges) + high * edges)
    ends = np.zeros((gammas.size, 1), np.intp)
    cuts = np.concatenate([ends, cuts, ends + pixels.x.size], axis=1)
    first, last = cuts[:, :-1], cuts[:, 1:] - 1
    spread = pixels.walked[last] - pixels.walked[np.minimum(first, pixels.x.size - 1)]
    spread = np.clip(spread, 0.0, 8.0)  # an empty texel's is negative
    return np.asarray(((total[cuts[:, 1:]] - total[first]) * spread**2).sum(axis=1))


def fitted(pixels: Pixels, norm: Norm, mode: Mode, fallback: Floats) -> Fit:
    """The texels that show `pixels` with the least squared error.

    `fallback` holds the (TEXELS, 4) colors wanted where no pixel is.
    """
    solve = _fit_linear if mode == "linear" else _fit_zero
    weight = pixels.weight / pixels.weight.sum()
    texels = solve(norm(pixels.x), weight, pixels.colors, fallback)
    return judged(pixels, norm, mode, np.clip(texels, 0, 1))


def judged(pixels: Pixels, norm: Norm, mode: Mode, texels: Floats) -> Fit:
    """How well texels show `pixels`, rounded as they are on the GPU."""
    weight = pixels.weight / pixels.weight.sum()
    shown = sample(np.rint(255.0 * texels) / 255.0, norm(pixels.x), mode)
    off = np.abs(np.rint(255.0 * shown) - np.rint(255.0 * pixels.colors))
    worst = off.max(axis=1).astype(np.intp)
    shares = np.bincount(worst, weights=weight).cumsum()
    error = int(np.searchsorted(shares, 0.99))
    return Fit(norm, mode, texels, error, float(weight @ worst))


def corners(texels: Floats, mode: Mode) -> NDArray[np.intp]:
    """The texels from which the others (nearly) follow."""
    if mode == "zero":
        return np.flatnonzero(np.append(True, np.diff(texels, axis=0).any(axis=1)))
    starts = np.arange(0, TEXELS - 1, RUN)
    runs = texels[starts[:, None] + np.arange(RUN + 1)]
    part = np.linspace(0.0, 1.0, RUN + 1)[:, None]
    straight = runs[:, :1] * (1.0 - part) + runs[:, -1:] * part
    bent = np.abs(runs - straight).max(axis=(1, 2)) > BENT
    kept = np.repeat(bent, RUN)
    kept[starts] = True
    return np.flatnonzero(np.append(kept, True))


def simplified(pixels: Pixels, fit: Fit) -> tuple[Fit, NDArray[np.intp]]:
    """The same fit by fewer colors, if it is as good, and at which texels they are.

    The fewer colors a colormap has, the sooner napari and vispy have it on the GPU.
    """
    at = corners(fit.texels, fit.mode)
    if fit.mode == "linear":
        every = np.arange(TEXELS)
        texels = np.stack([np.interp(every, at, c) for c in fit.texels[at].T], axis=1)
        less = judged(pixels, fit.norm, fit.mode, texels)
        if less.error > fit.error:
            return fit, every
        fit = less
    return fit, at


def _fit_zero(t: Floats, weight: Floats, colors: Floats, fallback: Floats) -> Floats:
    """Weighted mean per texel; a level beside an edge counts a little on both sides."""
    place, sums = t * TEXELS, FAINT * fallback
    weights = np.full(TEXELS, FAINT)
    for shift, part in ((0.0, 1.0), (-BESIDE, BESIDE), (BESIDE, BESIDE)):
        texel = np.clip(place + shift, 0, TEXELS - 1).astype(np.intp)
        weights += part * np.bincount(texel, weight, TEXELS)
        sums = sums + part * _binned(texel, weight, colors)
    return np.asarray(sums / weights[:, None])


def _fit_linear(t: Floats, weight: Floats, colors: Floats, fallback: Floats) -> Floats:
    """Weighted least squares: a tridiagonal system, as each pixel blends two texels."""
    left, part = _between(t)
    from scipy.linalg import solveh_banded  # late, as it takes its time: see `load_solver`

    near, far = weight * (1.0 - part), weight * part
    bands = np.zeros((2, TEXELS))  # above the diagonal, and the diagonal
    bands[1] = FAINT + np.bincount(left, near * (1.0 - part), TEXELS)
    bands[1] += np.bincount(left + 1, far * part, TEXELS)
    bands[0, 1:] = np.bincount(left, near * part, TEXELS)[:-1]
    right = FAINT * fallback + _binned(left, near, colors) + _binned(left + 1, far, colors)
    return np.asarray(solveh_banded(bands, right, check_finite=False))


def load_solver() -> None:
    """Have loaded what the first fit needs: on any thread but the GUI's."""
    import_module("scipy.linalg")


def _binned(texel: NDArray[np.intp], weight: Floats, colors: Floats) -> Floats:
    """Weighted sums of colors per texel."""
    return np.stack([np.bincount(texel, weight * c, TEXELS) for c in colors.T], axis=1)


def _between(t: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The texel to the left of a place, and how far the place is on the way to the next."""
    u = np.clip(t * TEXELS - 0.5, 0.0, TEXELS - 1.0)
    left = np.minimum(u.astype(np.intp), TEXELS - 2)
    return left, u - left
