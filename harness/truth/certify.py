"""The reference for every quantity of a case: its exact values, and bounds on the rounding error of correct code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array, Inputs
from harness.reporting.profile import Clock
from harness.truth.bounds.error_analysis import ErrorBounds, error_bounds
from harness.truth.bounds.float_format import OUTWARD
from harness.truth.bounds.kinks import UNCHANGED, Interval
from harness.truth.enclosures.enclosed_matmul import recompute_in_balls
from harness.truth.enclosures.enclosure import Enclosure, Truth
from harness.truth.gradient import truth_attempts

# An enclosure decides an entry if radius <= DECISIVE_RADIUS · bound. The bounds are computed from midpoints in place of
# the exact values; this is half of what their factor OUTWARD covers.
DECISIVE_RADIUS = (OUTWARD - 1) / 2


@dataclass(frozen=True, eq=False)
class Standard:
    """The reference for one quantity of one layer; its parts have the shape of the quantity.

    truth: the exact values. bound: the largest rounding error of correct code. undecidable: True where no verdict is
    possible, because there is no finite bound, or the enclosure is too wide. changes: where a weighted input is within
    rounding of a kink of relu, the exact value may be any from truth + lower to truth + upper.
    """

    truth: Enclosure
    bound: Array
    undecidable: Array
    changes: Interval = UNCHANGED

    def error(self, value: Array) -> Array:
        """The signed distance of each entry of `value` from the nearest exact value; NaN where it is NaN."""
        with np.errstate(invalid="ignore"):  # infinity minus infinity is NaN, as intended
            error = (value - self.truth.high) - self.truth.low
        if self.changes is UNCHANGED:
            return np.asarray(error)
        return np.asarray(error - np.clip(error, self.changes.lower, self.changes.upper))


def certify(
    inputs: Inputs, learning_rate: float, dtype: str, clock: Clock | None = None, *, any_subgradient: bool = False
) -> dict[tuple[str, int], Standard]:
    """The standards of the quantities of backprop and of one step, for code that works in `dtype`.

    The keys are (quantity, layer): delta [n, n_l], w [n_l, n_{l-1}], b [n_l] and update [n_l, n_{l-1} + 1], which is
    the displacement old − new of [W, b]. The clock measures the phases `truth` and `bound`. With `any_subgradient`, the
    slope of relu at exactly 0 is not PyTorch's, but any from that of negative to that of positive numbers. Raises
    ValueError where there is no truth or no bound, as for inputs that are not finite.
    """
    clock = clock or Clock()
    for attempt in truth_attempts(inputs):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite decides nothing
            with clock.phase("truth"):
                truth = attempt()
            with clock.phase("bound"):
                bounds = error_bounds(truth, inputs, learning_rate, dtype, any_subgradient=any_subgradient)
                standards, is_improvable = _gradient_standards(truth, bounds, learning_rate)
        if _is_forward_decided(truth, bounds) and not is_improvable:
            break
    return standards


def certify_forward(inputs: Inputs, dtype: str) -> dict[tuple[str, int], Standard]:
    """The standards of z and a, [n, n_l], for code that returns them. Raises ValueError as `certify` does."""
    standards: dict[tuple[str, int], Standard] = {}
    for attempt in truth_attempts(inputs):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            truth = attempt()
            bounds = error_bounds(truth, inputs, 0.0, dtype)
        for name, enclosures, sizes in (("z", truth.z, bounds.z), ("a", truth.a[1:], bounds.a)):
            for l, (enclosure, bound) in enumerate(zip(enclosures, sizes, strict=True), start=1):
                standards[name, l] = Standard(enclosure, bound, _is_undecided(enclosure, bound))
        if _is_forward_decided(truth, bounds):
            break
    return standards


def _is_forward_decided(truth: Truth, bounds: ErrorBounds) -> bool:
    """Whether z and a are known accurately enough for the bounds that are computed from them."""
    pairs = zip((*truth.z, *truth.a[1:]), (*bounds.z, *bounds.a), strict=True)
    return not any(_is_improvable(enclosure, bound, _is_undecided(enclosure, bound)) for enclosure, bound in pairs)


def _is_undecided(enclosure: Enclosure, bound: Array) -> Array:
    """Where an enclosure decides nothing: its radius is too large, or the bound overflows."""
    return ~(enclosure.radius <= DECISIVE_RADIUS * bound) | ~np.isfinite(bound)


def _is_improvable(enclosure: Enclosure, bound: Array, undecided: Array) -> bool:
    """Whether more bits may decide an entry; not if its bound overflows though its value is known."""
    if not undecided.any():  # nearly always
        return False
    is_hopeless = ~np.isfinite(bound) & np.isfinite(enclosure.high) & np.isfinite(enclosure.radius)
    return bool((undecided & ~is_hopeless).any())


def _gradient_standards(
    truth: Truth, bounds: ErrorBounds, learning_rate: float
) -> tuple[dict[tuple[str, int], Standard], bool]:
    """The standards, and whether more bits may decide more entries."""
    standards, is_improvable = {}, False
    for l, (delta, bound) in enumerate(zip(truth.delta, bounds.delta, strict=True)):
        undecided = _is_undecided(delta, bound)
        standards["delta", l + 1] = Standard(delta, bound, undecided, bounds.delta_changes[l])
        parameters, is_wide = _recomputed_parameters(truth, bounds, l, undecided)
        changes, size = bounds.parameters_changes[l], bounds.parameters[l]
        for name, part in (("w", np.s_[:, :-1]), ("b", np.s_[:, -1])):
            standards[name, l + 1] = Standard(parameters[part], size[part], is_wide[part], changes[part])
        update, moved = parameters.scaled(learning_rate), changes.scaled(learning_rate)
        is_unknown = _is_undecided(update, bounds.update[l])
        standards["update", l + 1] = Standard(update, bounds.update[l], is_unknown, moved)
        is_improvable |= (
            _is_improvable(delta, bound, undecided)
            or _is_improvable(parameters, size, is_wide)
            or _is_improvable(update, bounds.update[l], is_unknown)
        )
    return standards, is_improvable


def _recomputed_parameters(truth: Truth, bounds: ErrorBounds, l: int, is_delta_wide: Array) -> tuple[Enclosure, Array]:
    """The gradients of layer l + 1, and where they are undecided; undecided entries are recomputed in balls if their
    terms are known well enough."""
    parameters = truth.parameters[l]
    undecided = _is_undecided(parameters, bounds.parameters[l])
    is_wide = undecided & ~np.any(is_delta_wide, axis=0, keepdims=True).T
    if not is_wide.any():
        return parameters, undecided
    recomputed = recompute_in_balls(parameters, is_wide, truth.delta[l].transposed, truth.a[l].with_ones_column)
    return recomputed, _is_undecided(recomputed, bounds.parameters[l])


def error_over_bound(value: Array, standard: Standard) -> Array:
    """error / (bound + radius) of every entry: at most 1 is explained by rounding, NaN is not.

    The result has the shape of `value` and of the standard. Undecidable entries count as 0.
    """
    error = np.abs(standard.error(value))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.where(error == 0, 0.0, error / (standard.bound + standard.truth.radius))
    return np.where(standard.undecidable, 0.0, ratio)
