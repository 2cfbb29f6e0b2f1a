"""Target: the histogram that a result is to have, over the range of the output.

``t`` is a place in that range, from 0 to 1. Every target is given by its cdf ``F(t)`` and by the
inverse of that, its quantile function. Of an output that is whole numbers each of the ``L``
levels takes an equal part of the range, so that up to level ``z`` (from 0) the target has
``F((z + 1) / L)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np

from napari_histeq.core.methods.options import Option

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: An output of more levels than these is taken as continuous.
MOST_LEVELS = 65536

#: No square of a width gets lost.
_LEAST = 1e-150

TargetName = Literal["uniform", "gaussian", "rayleigh", "exponential", "counts"]

# The options of every method that has a target.

TargetOption = Annotated[
    TargetName, Option("Shape of the histogram of the result, over the range of the output")
]
MeanOption = Annotated[
    float,
    Option(
        "Where the gaussian has its top: 0 is the low end of the output range, 1 the high one",
        ge=0,
        le=1,
        advanced=True,
        used_if=("target", ("gaussian",)),
    ),
]
SigmaOption = Annotated[
    float,
    Option(
        "Standard deviation of the gaussian, as a part of the output range",
        ge=0.01,
        le=10,
        advanced=True,
        used_if=("target", ("gaussian",)),
    ),
]
AlphaOption = Annotated[
    float,
    Option(
        "Rayleigh: where its top is, as a part of the output range. Exponential: how fast it falls",
        gt=0,
        le=10,
        advanced=True,
        used_if=("target", ("rayleigh", "exponential")),
    ),
]
CountsOption = Annotated[
    tuple[float, ...] | None,
    Option(
        "Weights of equal parts of the output range, from its low end to its high one",
        ge=0,
        advanced=True,
        accepts="two or more numbers, none negative, such as 1, 2, 1",
        empty="such as 1, 2, 1",
        used_if=("target", ("counts",)),
    ),
]


@dataclass(frozen=True, slots=True)
class Target:
    """A distribution over the range of the output, ``t`` from 0 to 1; cut off at both ends.

    Parameters
    ----------
    kind : str
        ``"uniform"``; ``"gaussian"``; ``"rayleigh"``, whose density is ``t exp(-t^2 / (2 alpha^2))``;
        ``"exponential"``, ``exp(-alpha t)``; ``"counts"``, a step for each weight.
    mean, sigma : float
        Of the gaussian before it is cut off.
    alpha : float
        As in MATLAB's ``adapthisteq`` and in `Clahe`.
    counts : tuple of float
        The weights.
    """

    kind: TargetName = "uniform"
    mean: float = 0.5
    sigma: float = 0.2
    alpha: float = 0.4
    counts: tuple[float, ...] = ()

    def cdf(self, places: Floats) -> Floats:
        """The fraction of the target that is not above places from 0 to 1."""
        return self.distributed(np.clip(places, 0.0, 1.0), 1)

    def up_to_levels(self, levels: int) -> Floats:
        """The fraction of the target up to each of so many levels; the last one is 1. Read-only."""
        return _up_to_levels(self, levels)

    def distributed(self, parts: Floats, whole: int) -> Floats:
        """The cdf at ``parts / whole``: of an equal part it is the very sum of the weights."""
        t = parts / whole
        if self.kind == "gaussian":
            from scipy.special import ndtr

            below, above = self._ends
            found = (ndtr((t - self.mean) / self.sigma) - below) / (above - below)
        elif self.kind == "rayleigh":
            half = 0.5 / max(self.alpha, _LEAST) ** 2
            found = np.expm1(-half * t * t) / np.expm1(-half)
        elif self.kind == "exponential":
            alpha = max(self.alpha, _LEAST)
            found = np.expm1(-alpha * t) / np.expm1(-alpha)
        elif self.kind == "counts":
            done, weights = self._steps
            where = parts * weights.size / whole
            step = np.minimum(where.astype(np.intp), weights.size - 1)
            found = done[step] + (done[step + 1] - done[step]) * (where - step)
        else:
            found = t
        return np.maximum.accumulate(np.where(parts >= whole, 1.0, np.clip(found, 0.0, 1.0)))

    def quantile(self, fractions: Floats) -> Floats:
        """The least place, 0 to 1, that so much of the target is not above."""
        q = fractions
        with np.errstate(divide="ignore"):  # the far end lies at infinity, and is cut off
            if self.kind == "gaussian":
                from scipy.special import ndtri

                below, above = self._ends
                found = self.mean + self.sigma * ndtri(below + q * (above - below))
            elif self.kind == "rayleigh":
                alpha = max(self.alpha, _LEAST)
                found = alpha * np.sqrt(-2.0 * np.log1p(q * np.expm1(-0.5 / alpha**2)))
            elif self.kind == "exponential":
                alpha = max(self.alpha, _LEAST)
                found = -np.log1p(q * np.expm1(-alpha)) / alpha
            elif self.kind == "counts":
                found = self._step_quantile(q)
            else:
                found = q
        return np.asarray(np.clip(found, 0.0, 1.0), np.float64)

    @property
    def _ends(self) -> tuple[float, float]:
        """What of the whole gaussian is below the range, and below its upper end."""
        from scipy.special import ndtr

        low, high = (float(ndtr((end - self.mean) / self.sigma)) for end in (0.0, 1.0))
        return low, high

    @property
    def _steps(self) -> tuple[Floats, Floats]:
        """The cdf at the edges of the steps, 0 to 1, and their weights."""
        weights = np.asarray(self.counts, np.float64)
        weights = np.ldexp(weights, -np.frexp(weights.max())[1])  # no sum overflows
        done = np.concatenate([[0.0], weights.cumsum()])
        return done / done[-1], weights

    def _step_quantile(self, fractions: Floats) -> Floats:
        done, weights = self._steps
        first = int(np.flatnonzero(weights)[0])
        step = np.searchsorted(done[1:], fractions, side="left")
        step = np.maximum(np.minimum(step, weights.size - 1), first)
        width = done[step + 1] - done[step]
        part = np.divide(fractions - done[step], width, out=np.zeros_like(width), where=width > 0)
        return np.asarray((step + np.clip(part, 0.0, 1.0)) / weights.size)


@lru_cache(maxsize=4)  # for one call after the other, of many planes
def _up_to_levels(target: Target, levels: int) -> Floats:
    found = target.distributed(np.arange(1.0, levels + 1), levels)
    found.flags.writeable = False
    return found


def settle_target(method: Any) -> None:
    """Put a target that was given as counts into its place, before the options are checked."""
    if isinstance(method.target, str) or not hasattr(method.target, "__iter__"):
        return
    if method.counts is not None:
        raise ValueError(
            f"{type(method).__name__}: target and counts are both numbers: give them once"
        )
    object.__setattr__(method, "counts", method.target)
    object.__setattr__(method, "target", "counts")


def check_counts(method: Any) -> None:
    """Refuse counts that do not integrate, or that do not belong to the target.

    Raises
    ------
    TypeError, ValueError
        The message names them and says what to give.
    """
    owner = type(method).__name__
    if method.target != "counts":
        if method.counts is not None:
            raise ValueError(
                f"{owner}: counts={_short(method.counts)} cannot be set beside "
                f"target={method.target!r}: use target='counts', or leave them out"
            )
        return
    if method.counts is None:
        raise ValueError(
            f"{owner}: counts are missing: give weights of equal parts of the range, say (1, 2, 1)"
        )
    object.__setattr__(method, "counts", _checked(owner, method.counts))


def _checked(owner: str, counts: Any) -> tuple[float, ...]:
    said = f"{owner}: counts={_short(counts)}"
    try:
        weights = np.array([float(v) for v in counts])
    except (TypeError, ValueError):
        raise TypeError(
            f"{said} is no list of weights: give two or more numbers, such as (1, 2, 1)"
        ) from None
    if not 2 <= weights.size <= MOST_LEVELS:
        raise ValueError(
            f"{said} are {weights.size} numbers: give 2 to {MOST_LEVELS}, one for each equal part "
            "of the range of the output"
        )
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if bad.size:
        raise ValueError(
            f"{said}: number {bad[0] + 1} is {weights[bad[0]]:g}: weights must be finite and not "
            "negative"
        )
    if not weights.any():
        raise ValueError(f"{said} have the sum 0: at least one weight must be above 0")
    return tuple(weights.tolist())


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def target_of(method: Any) -> Target:
    """The target of a method that has the options above."""
    return Target(method.target, method.mean, method.sigma, method.alpha, method.counts or ())
