"""A bound on the rounding error of every entry that a correct backprop computes.

Running error analysis of the four equations (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM
2002, chapters 2 to 4). E_v denotes a bound on the error of the computed v. The assumptions about the code, for the unit
roundoff u of the dtype that it works in:

- It rounds every operation to nearest, at least to the precision of the dtype. It takes sums in any order and in any
  blocks, the bias first or last, with or without fused multiply-adds, and the learning rate may multiply each term of a
  gradient or the sum, as in any BLAS. All roundings may have the same sign, as in a sum of equal terms, so no
  cancellation of roundings is assumed. In every order a partial sum is at most (Σ|terms| + |Σ terms|) / 2, and a
  rounding is at most half a unit in the last place of that.
- exp, log, log1p, tanh and similar functions are accurate to FUNCTION_ULPS units in the last place, and the activations
  are evaluated by one of the usual formulas without harmful cancellation (harness.truth.bounds.activation_errors).
- It computes f' from z or from the output; the bound covers the less accurate of the two. If it computes z^l more than
  once, it does so in the same way.
- Where z is within its error of a kink of relu, it takes either slope (harness.truth.bounds.kinks).
- An overflow, in float64 or in the dtype, has no bound. The result of any operation may underflow gradually or flush to
  zero, in products of any order; but given numbers that are subnormal are not taken for zeros. exp may overflow where
  the value, the reciprocal of exp, is below the smallest normal number.
- There is no fast-math: a subtraction is not reassociated with a sum, and a division is not replaced by a product
  with a reciprocal.

The errors of the forward pass keep their signs (harness.truth.bounds.affine), because they change δ^l in the same way
in every formulation. The backward sums are bounded by magnitudes, as sums over all paths. So the bounds also cover
formulations that move sums across layers (sums over paths, forward mode), as long as no term takes part in more
roundings than it does here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array, Inputs
from harness.truth.bounds.affine import SLACK, AffineForms
from harness.truth.bounds.float_format import OUTWARD, FloatFormat, float_format
from harness.truth.bounds.forward_errors import ForwardErrors, find_forward_errors
from harness.truth.bounds.kinks import UNCHANGED, Interval, KinkChanges, no_directions
from harness.truth.enclosures.enclosure import Truth


@dataclass(frozen=True, eq=False)
class ErrorBounds:
    """Bounds on the errors of all quantities, one array for each layer l = 1..L.

    z, a, delta: of z^l, a^l and δ^l, [n, n_l]. parameters: of [∂C/∂W^l, ∂C/∂b^l], [n_l, n_{l-1} + 1]. update: of the
    displacement of [W^l, b^l] in one step. delta_changes and parameters_changes: by how much the exact value may change
    where a weighted input is so near a kink of relu that rounding decides the branch; errors come on top.
    """

    z: tuple[Array, ...]
    a: tuple[Array, ...]
    delta: tuple[Array, ...]
    parameters: tuple[Array, ...]
    update: tuple[Array, ...]
    delta_changes: tuple[Interval, ...]
    parameters_changes: tuple[Interval, ...]


@dataclass(frozen=True, eq=False)
class _BackwardErrors:
    """The error of δ of one layer, [n, n_l], its changes at kinks, and what underflow may add.

    paths: Σ|terms| of δ as a sum over all paths to the output. without_delta: the same without the factor δ^L, which
    may be small and which forward mode multiplies last: it may overflow. underflow: the smallest normal number times
    the product of every factor above 1 on a path, summed over the paths: a product may underflow before it is
    multiplied by the others, in any order.
    """

    error: AffineForms
    changes: KinkChanges
    paths: Array
    without_delta: Array
    underflow: Array


def error_bounds(
    truth: Truth, inputs: Inputs, learning_rate: float, dtype: str, *, any_subgradient: bool = False
) -> ErrorBounds:
    """The bounds for code that works in `dtype`, computed from the true values. Cost: a few float64 backprops.

    With `any_subgradient`, the slope at a weighted input of exactly 0 may be any subgradient, in place of that of
    PyTorch. Raises ValueError for sums so long that no bound exists.
    """
    fmt = float_format(dtype)
    forward = find_forward_errors(truth, inputs, fmt, any_subgradient=any_subgradient)
    backward = _backward_errors(truth, inputs, fmt, forward)
    parameters, update, changes = [], [], []
    for l, layer in enumerate(inputs.network.layers):
        changes.append(backward[l].changes.total.sum_over_rows(truth.a[l]))
        gradient = _gradient_error(truth, fmt, forward.a[l].total, backward[l], changes[l].width, l)
        parameters.append(gradient.error)
        old = np.column_stack([layer.w, layer.b]).astype(np.float64)
        size = np.abs(truth.parameters[l].high) + changes[l].width
        update.append(_update_error(fmt, old, truth.parameters[l].high, gradient, size, learning_rate, len(inputs.x)))
    # What is exactly 0 in every arithmetic has no error, but a bound of 0 would need a truth without a radius.
    outputs = [[errors.total + fmt.tiny for errors in part] for part in (forward.z, forward.a[1:])]
    parts = (*outputs, [one.error.total for one in backward], parameters, update)
    z, a, deltas, gradients, updates = (tuple(OUTWARD * bound for bound in part) for part in parts)
    delta_changes = tuple(one.changes.total for one in backward)
    return ErrorBounds(z, a, deltas, gradients, updates, delta_changes, tuple(changes))


def _output_errors(truth: Truth, inputs: Inputs, fmt: FloatFormat, forward: ForwardErrors) -> _BackwardErrors:
    """The errors of δ^L, by BP1."""
    t, a, activation = inputs.t.astype(np.float64), truth.a[-1].high, forward.activations[-1]
    difference, slope = a - t, activation.slope
    e_a = forward.a[-1].total
    size = np.abs(difference) + e_a
    # The mean over rows and outputs may divide at the end what has underflowed before.
    underflow = fmt.tiny * t.size * np.maximum(size, 1)
    local = 6 * underflow + fmt.overflow_error(np.abs(a) + e_a + np.abs(t))
    changes = KinkChanges(UNCHANGED, UNCHANGED, no_directions(t.shape[1]))
    if inputs.network.is_canonical:
        # Three formulas: a − t, times a factor; ∇C f' with the factor a(1 − a), which has four more roundings;
        # and a Σt − t, where Σt is 1 up to rounding.
        roundings = 2 if inputs.network.cost.name == "half_squared_error" else 5
        local = local + roundings * fmt.u * size
        if inputs.network.cost.name == "cross_entropy":
            is_rounded = ((t != 0) & (t != 1)).any(axis=1, keepdims=True)  # Σt of a one-hot row is exactly 1
            local = local + fmt.gamma(t.shape[1] + 1) * is_rounded * (a + e_a)
        error = forward.a[-1].with_local_error(local)
    else:
        changes = KinkChanges.of_product(difference, changes.later, slope, forward.kinks[-1])
        e_slope = forward.slope_error(-1) + forward.kinks[-1].width
        local = local + slope * activation.local_error + np.abs(difference) * activation.local_slope_error
        local = local + e_a * e_slope + 2 * fmt.u * size * (slope + e_slope)
        error = forward.z[-1].scaled(slope**2 + difference * activation.second_derivative).with_local_error(local)
    paths = np.abs(truth.delta[-1].high) + error.total + changes.total.width
    return _BackwardErrors(error, changes, paths, np.maximum(paths, 1.0), underflow)


def _backward_errors(truth: Truth, inputs: Inputs, fmt: FloatFormat, forward: ForwardErrors) -> list[_BackwardErrors]:
    """The errors of δ^l for l = 1..L, by BP1 and BP2."""
    layers = inputs.network.layers
    found = [_output_errors(truth, inputs, fmt, forward)]
    for l in range(len(layers) - 2, -1, -1):
        found.insert(0, _hidden_errors(truth, layers[l + 1].w.astype(np.float64), fmt, forward, found[0], l))
    return found


def _hidden_errors(
    truth: Truth, w: Array, fmt: FloatFormat, forward: ForwardErrors, later: _BackwardErrors, l: int
) -> _BackwardErrors:
    """The errors of δ of layer l + 1, by BP2; w are the weights of the next layer, and `later` its errors."""
    activation, kinks, count = forward.activations[l], forward.kinks[l], len(truth.delta[l].high)
    sent_back, e_smooth = truth.delta[l + 1].high @ w, forward.slope_error(l)
    slope, e_slope = activation.slope, e_smooth + kinks.width
    change, has_too_many = later.changes.through_weights(w)
    changes = KinkChanges.of_product(sent_back, change, slope, kinks)
    width = changes.total.width

    propagated = later.error.through_weights(w.T)
    error = propagated.scaled(slope).add(forward.z[l].scaled(sent_back * activation.second_derivative))
    paths, without_delta = later.paths @ np.abs(w), later.without_delta @ np.abs(w)
    # An overflow is found before the product with the slope, which may be 0.
    local = fmt.overflow_error(without_delta) + np.where(has_too_many, np.inf, 0.0)
    paths, without_delta = paths * (slope + e_slope), without_delta * (slope + e_slope)
    underflow = later.underflow.sum(axis=1, keepdims=True) * np.maximum(np.abs(w).max(axis=0), 1)
    underflow = underflow * np.maximum(slope + e_slope, 1)
    second_order = propagated.total * e_slope + np.abs(sent_back) * activation.local_slope_error
    second_order = second_order + change.total(count).width * e_smooth
    additions = len(w) - 1
    size = np.abs(truth.delta[l].high) + width + error.total + second_order
    largest = fmt.partial_sum_bound(additions, paths, size)
    # The slope may multiply every term of the sum, or the sum: one more rounding for each.
    local = local + second_order + fmt.u * (additions * largest + 2 * paths)
    local = local + (6 + 4 * (len(truth.delta) - l)) * underflow + np.where(width > 0, SLACK * paths, 0.0)
    return _BackwardErrors(error.with_local_error(local), changes, paths, without_delta, underflow)


@dataclass(frozen=True, eq=False)
class _GradientErrors:
    """The error of [∂C/∂W, ∂C/∂b] of one layer, Σ|terms| of each entry, and what underflow may add to it."""

    error: Array
    sizes: Array
    underflow: Array


def _gradient_error(
    truth: Truth, fmt: FloatFormat, e_a: Array, delta: _BackwardErrors, change: Array, l: int
) -> _GradientErrors:
    """The errors of layer l + 1, by BP4 and BP3, for exact values that change by at most `change`."""
    e_delta, rows = delta.error.total, len(e_a)
    size = np.abs(truth.delta[l].high) + delta.changes.total.width
    a = np.ones((rows, e_a.shape[1] + 1))
    a[:, :-1] = np.abs(truth.a[l].high) + e_a
    propagated = e_delta.T @ a
    propagated[:, :-1] += size.T @ e_a
    sizes = (size + e_delta).T @ a
    largest = fmt.partial_sum_bound(rows - 1, sizes, np.abs(truth.parameters[l].high) + change + propagated)
    underflow = (10 + 4 * (len(truth.delta) - l)) * delta.underflow.T @ a.max(axis=1, keepdims=True)
    local = fmt.u * (sizes + (rows - 1) * largest) + underflow + fmt.overflow_error(sizes)
    return _GradientErrors(propagated + local, sizes, underflow)


def _update_error(
    fmt: FloatFormat,
    old: Array,
    gradient: Array,
    errors: _GradientErrors,
    size: Array,
    learning_rate: float,
    rows: int,
) -> Array:
    """The error of old − new by the rule, for a step with the summed gradient or with each row in turn.

    `size` is the largest magnitude of the exact gradient.
    """
    eta = abs(learning_rate)
    moves = eta * (size + errors.error)
    new = np.abs(old - learning_rate * gradient) + eta * (errors.error + size - np.abs(gradient))
    largest = fmt.partial_sum_bound(rows, np.abs(old) + eta * errors.sizes, new)
    # 2 u covers the rounding of η to the dtype, and of old − new, which the harness computes. η may multiply each term
    # of the gradient, as where BLAS multiplies one of its matrices by α.
    products = fmt.u * (2 * moves + eta * errors.sizes)
    subtractions = (rows - 1) * fmt.rounding_error(largest) + fmt.rounding_error(new + products)
    overflow = fmt.overflow_error(np.abs(old) + eta * errors.sizes)
    underflow = max(eta, 1.0) * errors.underflow + fmt.tiny
    return np.asarray(eta * errors.error + products + subtractions + underflow + overflow)
