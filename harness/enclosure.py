"""Enclosures: exact values known to about 106 bits, as two floats and a proved radius; and the two products of
enclosures that backprop ends with, by error-free transformations on whole arrays.

Ogita, Rump and Oishi, "Accurate sum and dot product", SIAM Journal on Scientific Computing 26, 2005: TwoSum,
Split, TwoProduct and Dot2, with u = 2^-53.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.contract import Array

SMALLEST = 5e-324  # what a conversion to float64 may lose at the bottom of its range
_ROUND_UP = 1 + 2.0**-40  # covers the rounding of the few float64 operations that compute a radius
_CHUNK = 2**17  # products held at once: as many as stay in a processor's cache


@dataclass(frozen=True, eq=False)
class Enclosure:
    """|exact − (high + low)| ≤ radius, entry by entry; three float64 arrays of one shape.

    `high` is the exact value rounded to float64 and `low` what that leaves out, so that an error of one unit in
    the last place is measured, not lost.
    """

    high: Array
    low: Array
    radius: Array

    def error(self, value: Array) -> Array:
        """|value − midpoint| to within a few units in its own last place; NaN where the value is NaN."""
        with np.errstate(invalid="ignore"):  # infinity from infinity is the NaN that it should be
            return np.asarray(np.abs((value - self.high) - self.low))

    def times(self, factor: float) -> Enclosure:
        """The enclosure of factor · exact."""
        high, rest = _two_product(np.asarray(factor), self.high)
        low = rest + factor * self.low
        left_out = (np.abs(low) + np.abs(factor * self.low)) * 2.0**-52
        return Enclosure(high, low, (abs(factor) * self.radius + left_out + SMALLEST) * _ROUND_UP)

    def over(self, divisor: int) -> Enclosure:
        """The enclosure of exact / divisor."""
        high = self.high / divisor
        product, rest = _two_product(high, np.asarray(float(divisor)))
        low = ((self.high - product) - rest + self.low) / divisor  # the remainder of a division is exact
        left_out = (np.abs(low) + np.abs(self.low)) * 2.0**-51
        return Enclosure(high, low, (self.radius / divisor + left_out + 8 * SMALLEST) * _ROUND_UP)

    def __getitem__(self, index: Any) -> Enclosure:
        return Enclosure(self.high[index], self.low[index], self.radius[index])


def sum_of_outer_products(delta: Enclosure, a: Enclosure) -> Enclosure:
    """Σ_rows δ[row, j] a[row, k]: [n, m] and [n, k] to [m, k], in about twice the working precision."""
    rows, m, k = len(delta.high), delta.high.shape[1], a.high.shape[1]
    delta, delta_exponent = _scaled(delta)
    a, a_exponent = _scaled(a)
    total, rest = np.zeros((m, k)), np.zeros((m, k))
    size = max(1, _CHUNK // (m * k))
    for start in range(0, rows, size):
        chunk = slice(start, start + size)
        for product, error in zip(*_products(delta[chunk], a[chunk]), strict=True):
            total, lost = _two_sum(total, product)
            rest += lost + error
    high, low = _two_sum(total, rest)
    d_abs, a_abs = np.abs(delta.high), np.abs(a.high)
    d_wide, a_wide = d_abs + delta.radius, a_abs + a.radius
    # Dot2 errs by at most γ_n² Σ|δ||a|; the low parts of the factors add roundings of the same order.
    radius = 4 * (rows + 1) ** 2 * 2.0**-104 * (d_abs.T @ a_abs) + d_wide.T @ a.radius + delta.radius.T @ a_wide
    radius = (radius + 2.0**-104 * np.abs(high) + 8 * rows * SMALLEST) * _ROUND_UP
    exponent = delta_exponent + a_exponent
    high, low, radius = (np.ldexp(part, exponent) for part in (high, low, radius))
    return Enclosure(high, low, radius + 2 * SMALLEST)


def _products(delta: Enclosure, a: Enclosure) -> tuple[Iterable[Array], Iterable[Array]]:
    """For each row the outer product of the midpoints, rounded, and what that left out: two arrays [n, m, k]."""
    d = Enclosure(*(part[:, :, None] for part in (delta.high, delta.low, delta.radius)))
    b = Enclosure(*(part[:, None, :] for part in (a.high, a.low, a.radius)))
    product, error = _two_product(d.high, b.high)
    return product, error + (d.high * b.low + d.low * b.high)


def _scaled(enclosure: Enclosure) -> tuple[Enclosure, int]:
    """The same divided by a power of two, so that its largest entry is about 1 and no product underflows."""
    exponent = int(np.frexp(np.abs(enclosure.high).max(initial=0.0))[1])
    parts = (np.ldexp(part, -exponent) for part in (enclosure.high, enclosure.low, enclosure.radius))
    high, low, radius = parts
    return Enclosure(high, low, radius + SMALLEST), exponent


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _two_product(a: Array, b: Array) -> tuple[Array, Array]:
    product = a * b
    (a1, a2), (b1, b2) = _split(a), _split(b)
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


def _split(value: Array) -> tuple[Array, Array]:
    """Two halves of 26 bits that add up to the value (Veltkamp)."""
    scaled = (2.0**27 + 1) * value
    high = scaled - (scaled - value)
    return high, value - high
