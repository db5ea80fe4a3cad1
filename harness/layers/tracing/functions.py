"""Functions of one number: their exact values and derivatives, and how errors pass through them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from flint import arb

from harness.layers.tracing.bounded import Bounded, after_rounding
from harness.model.contract import Array

LARGEST_SHARE = 1 / 16  # of x that its error may be; (1 − s)^−2 − 1 <= 2 s (1 + 4 s) up to there
Parts = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Function:
    """y = f(x). `exact` and `slope` work on balls, the others on floats, on x and y.

    slope_size: the sum of the sizes of the parts of f' in its usual forms, such as 1 + y² for tanh' = 1 − y². curve:
    |f''|, by which f' changes with the error of x. rounded: the sum of the sizes of what the usual forms of f add up,
    if that is not |y|, such as 1 + y for sigmoid as (1 + tanh(x / 2)) / 2. slope_rounded: the same of f', if that is
    not slope_size. These two enter the rounding error alone, so that sizes do not grow from step to step. has_pole:
    whether f or f' has a pole at 0, near which there is no bound.
    """

    exact: Callable[[Array], Array]
    slope: Parts
    slope_size: Parts
    curve: Parts
    rounded: Parts = field(default=lambda x, y: np.abs(y))
    slope_rounded: Parts | None = None
    has_pole: bool = False

    def value(self, x: Bounded) -> Bounded:
        """f(x)."""
        balls = np.asarray(self.exact(x.exact), dtype=object)
        y = balls.astype(np.float64)
        steepness = np.abs(np.asarray(self.slope(x.value, y)))
        return Bounded(balls, np.abs(y), after_rounding(steepness * self._error_of(x), self.rounded(x.value, y)))

    def derivative(self, x: Bounded, y: Bounded) -> Bounded:
        """f'(x)."""
        balls = np.asarray(self.slope(x.exact, y.exact), dtype=object)
        size = self.slope_size(x.value, y.value)
        rounded = self.slope_rounded(x.value, y.value) if self.slope_rounded else size
        return Bounded(balls, size, after_rounding(self.curve(x.value, y.value) * self._error_of(x), rounded))

    def _error_of(self, x: Bounded) -> Array:
        """The error of x, with what the higher derivatives of f and f' add to it; infinite where x may be near 0."""
        if not self.has_pole:
            return x.error
        share = np.where(x.error > 0, x.error / np.abs(x.value), 0.0)
        return np.where(share <= LARGEST_SHARE, x.error * (1 + 4 * share), np.inf)


def _each(function: Callable[[arb], arb]) -> Callable[[Array], Array]:
    """The function of each entry of an array of balls."""
    of_arrays = np.frompyfunc(function, 1, 1)
    return lambda balls: np.asarray(of_arrays(balls), dtype=object)


def _sigmoid_of_ball(ball: arb) -> arb:
    return 1 / (1 + (-ball).exp())


ELEMENTARY = {
    "exp": Function(np.exp, lambda x, y: y, lambda x, y: np.abs(y), lambda x, y: np.abs(y)),
    "log": Function(np.log, lambda x, y: 1 / x, lambda x, y: 1 / np.abs(x), lambda x, y: 1 / x**2, has_pole=True),
    "sqrt": Function(np.sqrt, lambda x, y: 0.5 / y, lambda x, y: 0.5 / y, lambda x, y: 0.25 / y**3, has_pole=True),
    "reciprocal": Function(
        lambda x: 1 / x, lambda x, y: -y * y, lambda x, y: y * y, lambda x, y: np.abs(2 * y**3), has_pole=True
    ),
    "tanh": Function(
        np.tanh,
        lambda x, y: 1 - y * y,
        lambda x, y: 1 + y * y,
        lambda x, y: 2 * np.abs(y),
        lambda x, y: 1 + np.abs(y),  # 2 sigmoid(2x) − 1
    ),
    "expm1": Function(_each(arb.expm1), lambda x, y: y + 1, lambda x, y: 2 + y, lambda x, y: y + 1, lambda x, y: 2 + y),
    "softplus": Function(
        _each(lambda ball: ball.exp().log1p()),
        lambda x, y: 1 / (1 + np.exp(-x)),
        lambda x, y: np.ones_like(y),  # 1 − sigmoid(−x)
        lambda x, y: np.exp(-y) / (1 + np.exp(-x)),
        lambda x, y: 1 + np.abs(y),
    ),
    "sigmoid": Function(
        _each(_sigmoid_of_ball),
        lambda x, y: y * (1 - y),
        lambda x, y: np.abs(y) * (1 + np.abs(y)),
        lambda x, y: np.abs(y),
        lambda x, y: 1 + np.abs(y),  # (1 + tanh(x / 2)) / 2, or 1 − 1 / (1 + e^x)
        lambda x, y: 1 + np.abs(y),
    ),
    "sin": Function(np.sin, lambda x, y: np.cos(x), lambda x, y: np.abs(np.cos(x)), lambda x, y: np.abs(y)),
    "cos": Function(np.cos, lambda x, y: -np.sin(x), lambda x, y: np.abs(np.sin(x)), lambda x, y: np.abs(y)),
    "erf": Function(
        _each(arb.erf),
        lambda x, y: _gaussian(x),
        lambda x, y: np.abs(_gaussian(x)),
        lambda x, y: 2 * np.abs(x * _gaussian(x)),
    ),
}


def _gaussian(x: Array) -> Array:
    """erf'(x) = 2 e^(−x²) / √π."""
    two_over_root_pi = 2 / arb.pi().sqrt() if x.dtype == object else 2 / np.sqrt(np.pi)
    return np.asarray(two_over_root_pi * np.exp(-x * x))


def power_function(exponent: float) -> Function:
    """x to a constant exponent, for x > 0."""
    return Function(
        _each(lambda ball: ball ** arb(exponent)),
        lambda x, y: exponent * y / x,
        lambda x, y: np.abs(exponent * y / x),
        lambda x, y: np.abs(exponent * (exponent - 1) * y / x**2),
        has_pole=True,
    )
