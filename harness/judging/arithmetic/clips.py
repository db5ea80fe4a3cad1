"""The textbook with a clip or an epsilon at a place where code has one to avoid a division by 0 or an overflow.

Each form has its `size`, the clip or the ε, and says what it is and what it does to the gradient.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from harness.model.contract import Array, Numbers
from harness.model.textbook import Textbook
from harness.truth.bounds.rounded_array import RoundedArray, activation_slope, apply_activation

SATURATING = ("sigmoid", "tanh")


class SafeguardedTextbook(Textbook):
    """The textbook with one clip or epsilon of a `size`.

    `safeguard` and `where` name it, and `effect` says what it does to the gradient; {} stands for its size.
    """

    size: ClassVar[float]
    safeguard: ClassVar[str]
    where: ClassVar[str]
    effect: ClassVar[str]

    @property
    def _has_logarithm(self) -> bool:
        return self.network.cost.name in ("cross_entropy", "binary_cross_entropy")

    def _delta_from(self, gradient: Numbers) -> Numbers:
        """δ^L from ∇_a C, through the derivative of softmax or sigmoid."""
        a = self.a[self.last]
        if self.network.cost.name == "binary_cross_entropy":
            return gradient * self.slope(self.last)
        return a * (gradient - (gradient * a).sum(axis=1, keepdims=True))


class ClippedProbabilities(SafeguardedTextbook):
    safeguard, where = "a clip of the probabilities", "before the division in ∂C/∂a"
    effect = "where a probability is below {} or above 1 − {}, δ^L is too small"

    def output_delta(self) -> Numbers:
        if not self._has_logarithm:
            return super().output_delta()
        p, t = clipped(self.a[self.last], self.size, 1 - self.size), self.t
        if self.network.cost.name == "cross_entropy":
            return self._delta_from(-t / p)
        return self._delta_from((p - t) / (p * (1 - p)))


class ClippedProbabilitiesWithoutSlope(ClippedProbabilities):
    effect = "where a probability is below {} or above 1 − {}, ∂C/∂a is 0, as the derivative of the clip is"

    def _delta_from(self, gradient: Numbers) -> Numbers:
        a = self.a[self.last]
        size = a.value if isinstance(a, RoundedArray) else a
        return super()._delta_from(gradient * ((size >= self.size) & (size <= 1 - self.size)))


class ClippedOutput(SafeguardedTextbook):
    safeguard, where = "a clip of the probabilities", "in the output a^L"
    effect = "where a probability is below {} or above 1 − {}, a^L − t is of the clipped one, and never 0"

    def output(self, l: int) -> Numbers:
        a = super().output(l)
        is_clipped = l == self.last and self.layer(l).activation.name in ("sigmoid", "softmax")
        return clipped(a, self.size, 1 - self.size) if is_clipped else a


class EpsilonInDivision(SafeguardedTextbook):
    safeguard, where = "an epsilon", "added before the division in ∂C/∂a"
    effect = "δ^L is too small by a factor p / (p + {}), where p is the probability or p(1 − p)"

    def output_delta(self) -> Numbers:
        if not self._has_logarithm:
            return super().output_delta()
        a, t = self.a[self.last], self.t
        if self.network.cost.name == "cross_entropy":
            return self._delta_from(-t / (a + self.size))
        return self._delta_from((a - t) / (a * (1 - a) + self.size))


class EpsilonInLogarithm(SafeguardedTextbook):
    safeguard, where = "an epsilon", "added inside the logarithms of the cost"
    effect = "δ^L is too small by a factor p / (p + {}), where p is the probability of the target"

    def output_delta(self) -> Numbers:
        if self.network.cost.name != "binary_cross_entropy":
            return super().output_delta()
        a, t = self.a[self.last], self.t
        return self._delta_from((1 - t) / (1 - a + self.size) - t / (a + self.size))


class FlooredDenominator(SafeguardedTextbook):
    safeguard, where = "a lower limit", "for the denominator p(1 − p) in ∂C/∂a"
    effect = "where p(1 − p) is below {}, δ^L is too small"

    def output_delta(self) -> Numbers:
        if self.network.cost.name != "binary_cross_entropy":
            return super().output_delta()
        a = self.a[self.last]
        return self._delta_from((a - self.t) / clipped(a * (1 - a), self.size, np.inf))


class FlooredSlope(SafeguardedTextbook):
    safeguard, where = "a lower limit", "for f'(z) of sigmoid and tanh"
    effect = "where f'(z) is below {}, δ is too large"

    def slope(self, l: int) -> Numbers:
        slope = super().slope(l)
        return clipped(slope, self.size, np.inf) if self.layer(l).activation.name in SATURATING else slope


class FlooredSigmoidSlope(FlooredSlope):
    where = "for σ'(z)"

    def slope(self, l: int) -> Numbers:
        return super().slope(l) if self.layer(l).activation.name == "sigmoid" else Textbook.slope(self, l)


class EpsilonOnSlope(SafeguardedTextbook):
    safeguard, where = "an epsilon", "added to f'(z) of sigmoid and tanh"
    effect = "every δ behind a sigmoid or tanh is too large, by {} before the factor f'(z)"

    def slope(self, l: int) -> Numbers:
        slope = super().slope(l)
        return slope + self.size if self.layer(l).activation.name in SATURATING else slope


class ClippedActivations(SafeguardedTextbook):
    safeguard, where = "a clip", "of every sigmoid, in a = σ(z)"
    effect = "where σ(z) is below {} or above 1 − {}, a and σ'(z) are those of the clipped value"

    def output(self, l: int) -> Numbers:
        a = super().output(l)
        return clipped(a, self.size, 1 - self.size) if self.layer(l).activation.name == "sigmoid" else a

    def slope(self, l: int) -> Numbers:
        a = self.a[l]
        return a * (1 - a) if self.layer(l).activation.name == "sigmoid" else super().slope(l)


class EpsilonInSoftmax(SafeguardedTextbook):
    safeguard, where = "an epsilon", "added to the sum in the softmax"
    effect = "every probability is too small, by a factor of at least 1 / (1 + {})"

    def output(self, l: int) -> Numbers:
        a = super().output(l)
        if self.layer(l).activation.name != "softmax":
            return a
        # The largest exponential is 1, so the sum is the reciprocal of the largest probability.
        values = a.value if isinstance(a, RoundedArray) else a
        return a * (1 / (1 + self.size * values.max(axis=1, keepdims=True)))


class ClippedWeightedInputs(SafeguardedTextbook):
    safeguard, where = "a clip of z", "before sigmoid and softmax"
    effect = "where |z| is above {}, a and f'(z) are those of the clipped z"

    def output(self, l: int) -> Numbers:
        name = self.layer(l).activation.name
        return apply_activation(name, self._limited(l)) if name in ("sigmoid", "softmax") else super().output(l)

    def slope(self, l: int) -> Numbers:
        name = self.layer(l).activation.name
        return activation_slope(name, self._limited(l)) if name == "sigmoid" else super().slope(l)

    def _limited(self, l: int) -> Numbers:
        return clipped(self.z[l], -self.size, self.size)


SAFEGUARDS: tuple[type[SafeguardedTextbook], ...] = (
    ClippedProbabilities,
    ClippedProbabilitiesWithoutSlope,
    EpsilonInDivision,
    EpsilonInLogarithm,
    ClippedOutput,
    FlooredDenominator,
    FlooredSigmoidSlope,
    FlooredSlope,
    EpsilonOnSlope,
    ClippedActivations,
    EpsilonInSoftmax,
    ClippedWeightedInputs,
)


def clipped(value: Numbers, low: float, high: float) -> Numbers:
    """The numbers limited to [low, high]; limits that are not exact are rounded to the format."""
    if not isinstance(value, RoundedArray):
        return np.clip(value, low, high)
    limited: Array = np.clip(value.value, low, high)
    return RoundedArray(limited, value.error + value.fmt.u * np.abs(limited), value.fmt)
