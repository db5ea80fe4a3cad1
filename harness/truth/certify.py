"""What right code gives, for every quantity of a case: the truth, and how far from it rounding may lead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array, Inputs
from harness.reporting.profile import Clock
from harness.truth.bounds.error_analysis import Bounds, bounds
from harness.truth.bounds.float_format import OUTWARD
from harness.truth.enclosures.enclosed_matmul import by_balls
from harness.truth.enclosures.enclosure import Enclosure, Truth
from harness.truth.gradient import attempts

# An enclosure decides an entry if its radius is this small beside the entry's bound. The bounds take midpoints for the
# truth: that is half of what they cover.
DECIDES = (OUTWARD - 1) / 2


@dataclass(frozen=True, eq=False)
class Standard:
    """One quantity of one layer: its truth, the bound on every entry's rounding, and the entries of which nothing
    can be said, because a weighted input is within rounding of a kink, because there is no finite bound, or because the
    enclosure stayed too wide."""

    truth: Enclosure
    bound: Array
    undecidable: Array


def certify(
    inputs: Inputs, learning_rate: float, dtype: str, clock: Clock | None = None
) -> dict[tuple[str, int], Standard]:
    """The standards by (quantity, layer): delta [n, n_l], w [n_l, n_{l-1}], b [n_l] and update [n_l, n_{l-1} + 1], the
    displacement old − new with the bias last. The clock counts the phases `truth` and `bound`. Raises ValueError where
    there is no truth or no bound, as for inputs that are not finite."""
    clock = clock or Clock()
    for attempt in attempts(inputs):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite decides nothing
            with clock.phase("truth"):
                truth = attempt()
            with clock.phase("bound"):
                limits = bounds(truth, inputs, learning_rate, dtype)
                standards = _standards(truth, limits, learning_rate)
        if _close(truth, limits) and all((s.undecidable == hopeless).all() for s, hopeless in standards.values()):
            break
    return {key: standard for key, (standard, _) in standards.items()}


def certify_forward(inputs: Inputs, dtype: str) -> dict[tuple[str, int], Standard]:
    """The standards of z and a, [n, n_l], for code that shows them. Raises as certify does."""
    standards: dict[tuple[str, int], Standard] = {}
    for attempt in attempts(inputs):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            truth = attempt()
            limits = bounds(truth, inputs, 0.0, dtype)
        for name, enclosures, sizes in (("z", truth.z, limits.z), ("a", truth.a[1:], limits.a)):
            for l, (enclosure, bound) in enumerate(zip(enclosures, sizes, strict=True), start=1):
                standards[name, l] = Standard(enclosure, bound, _too_wide(enclosure, bound))
        if _close(truth, limits):
            break
    return standards


def _close(truth: Truth, limits: Bounds) -> bool:
    """Whether z and a are known well enough for the bounds that were made of them."""
    known = zip((*truth.z, *truth.a[1:]), (*limits.z, *limits.a), strict=True)
    return all((_too_wide(enclosure, bound) == _endless(enclosure, bound)).all() for enclosure, bound in known)


def _too_wide(enclosure: Enclosure, bound: Array) -> Array:
    """Where an enclosure decides nothing; a bound that overflowed would explain anything."""
    return ~(enclosure.radius <= DECIDES * bound) | ~np.isfinite(bound)


def _endless(enclosure: Enclosure, bound: Array) -> Array:
    """Where a bound overflowed though the number is known: no more bits will help."""
    return ~np.isfinite(bound) & np.isfinite(enclosure.high) & np.isfinite(enclosure.radius)


def _standards(truth: Truth, limits: Bounds, learning_rate: float) -> dict[tuple[str, int], tuple[Standard, Array]]:
    """Each standard, and which of its entries no precision can decide."""
    standards = {}
    for l in range(len(truth.delta)):
        unclear, parameters = limits.unclear_parameters[l], truth.parameters[l]
        # Balls help a sum of which the terms are known well enough.
        known = ~np.any(_too_wide(truth.delta[l], limits.delta[l]), axis=0, keepdims=True).T
        wide = _too_wide(parameters, limits.parameters[l]) & ~unclear & known
        if wide.any():
            parameters = by_balls(parameters, wide, truth.delta[l].transposed, truth.a[l].beside_ones)
        of_layer = {
            "delta": (truth.delta[l], limits.delta[l], limits.unclear_delta[l]),
            "w": (parameters[:, :-1], limits.parameters[l][:, :-1], unclear[:, :-1]),
            "b": (parameters[:, -1], limits.parameters[l][:, -1], unclear[:, -1]),
            "update": (parameters.times(learning_rate), limits.update[l], unclear),
        }
        for quantity, (enclosure, bound, doubtful) in of_layer.items():
            hopeless = doubtful | _endless(enclosure, bound)
            standards[quantity, l + 1] = Standard(enclosure, bound, doubtful | _too_wide(enclosure, bound)), hopeless
    return standards


def error_ratio(value: Array, standard: Standard) -> Array:
    """The error of every entry in units of what rounding explains, bound plus radius; at most 1 is explained, NaN
    is not. Undecidable entries count as 0."""
    error = standard.truth.error(value)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        units = np.where(error == 0, 0.0, error / (standard.bound + standard.truth.radius))
    return np.where(standard.undecidable, 0.0, units)
