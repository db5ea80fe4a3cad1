"""A bound on the rounding error of every entry that a correct backprop computes.

Running error analysis of the four equations (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM
2002, chapters 2 to 4). E_v denotes a bound on the error of the computed v. The assumptions about the code, for the unit
roundoff u of the dtype that it works in:

- It takes sums in any order, with or without fused multiply-adds. All roundings may have the same sign, as in a sum of
  equal terms, so no cancellation of roundings is assumed. In every order a partial sum is at most
  (Σ|terms| + |Σ terms|) / 2, and a rounding is at most half a unit in the last place of that.
- exp, log1p, tanh and similar functions are accurate to FUNCTION_ULPS units in the last place, and the activations are
  evaluated without cancellation.
- It computes f' from z or from the output; the bound covers the less accurate of the two
  (harness.truth.bounds.activation_errors). If it computes z^l more than once, it does so in the same way.
- An overflow, in float64 or in the dtype, has no bound. Underflow may flush to zero. exp may overflow where the value,
  the reciprocal of exp, is below the smallest normal number.
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
from harness.truth.bounds.activation_errors import ERROR_RULES, ActivationErrors
from harness.truth.bounds.affine import AffineForms
from harness.truth.bounds.float_format import OUTWARD, FloatFormat, float_format
from harness.truth.enclosures.enclosure import Truth


@dataclass(frozen=True, eq=False)
class ErrorBounds:
    """Bounds on the errors of all quantities, one array for each layer l = 1..L.

    z, a, delta: of z^l, a^l and δ^l, [n, n_l]. parameters: of [∂C/∂W^l, ∂C/∂b^l], [n_l, n_{l-1} + 1]. update: of the
    displacement of [W^l, b^l] in one step. ambiguous_delta and ambiguous_parameters are True for the entries of δ^l and
    of the gradients that depend on a weighted input so near a kink of relu that rounding decides the branch.
    """

    z: tuple[Array, ...]
    a: tuple[Array, ...]
    delta: tuple[Array, ...]
    parameters: tuple[Array, ...]
    update: tuple[Array, ...]
    ambiguous_delta: tuple[Array, ...]
    ambiguous_parameters: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class _ForwardErrors:
    """The errors of a^0..a^L and of z^1..z^L, those of each activation, and where the branch of a relu is ambiguous."""

    a: list[AffineForms]
    z: list[AffineForms]
    activations: list[ActivationErrors]
    kinks: list[Array]


def error_bounds(truth: Truth, inputs: Inputs, learning_rate: float, dtype: str) -> ErrorBounds:
    """The bounds for code that works in `dtype`, computed from the true values. Cost: a few float64 backprops.

    Raises ValueError for sums so long that no bound exists.
    """
    fmt = float_format(dtype)
    forward = _forward_errors(truth, inputs, fmt)
    delta, ambiguous = _delta_errors(truth, inputs, fmt, forward)
    parameters, update, ambiguous_parameters = [], [], []
    for l, layer in enumerate(inputs.network.layers):
        error, sizes = _gradient_error(truth, fmt, forward.a[l].total, delta[l], l)
        parameters.append(error)
        old = np.column_stack([layer.w, layer.b]).astype(np.float64)
        update.append(_update_error(fmt, old, truth.parameters[l].high, error, sizes, learning_rate, len(inputs.x)))
        ambiguous_parameters.append(_depends_on_kink(ambiguous[l], truth.a[l].high, forward.a[l].total))
    # The output of a dead relu is exactly 0 and has no error, but a bound of 0 would need a truth without a radius.
    outputs = [errors.total + fmt.tiny for errors in forward.a[1:]]
    parts = ([errors.total for errors in forward.z], outputs, delta, parameters, update)
    z, a, deltas, gradients, updates = (tuple(OUTWARD * bound for bound in part) for part in parts)
    return ErrorBounds(z, a, deltas, gradients, updates, tuple(ambiguous), tuple(ambiguous_parameters))


def _forward_errors(truth: Truth, inputs: Inputs, fmt: FloatFormat) -> _ForwardErrors:
    a, zs, activations, kinks = [AffineForms.from_magnitudes(np.zeros_like(truth.a[0].high))], [], [], []
    for l, layer in enumerate(inputs.network.layers):
        w, b, z = layer.w.astype(np.float64), np.abs(layer.b.astype(np.float64)), truth.z[l].high
        propagated = a[l].through_weights(w)
        products = (np.abs(truth.a[l].high) + a[l].total) @ np.abs(w).T
        additions, terms = w.shape[1], products + b
        largest = fmt.partial_sum_bound(additions, terms, np.abs(z) + propagated.total)
        local = fmt.u * products + additions * fmt.rounding_error(largest) + (2 * additions + 1) * fmt.tiny
        local += fmt.overflow_error(terms)
        is_last = layer is inputs.network.layers[-1]
        zs.append(propagated.with_local_error(local) if is_last else propagated.with_noise_symbols(local))
        activation = ERROR_RULES[layer.activation.name](z, truth.a[l + 1].high, zs[l].total, fmt)
        activations.append(activation)
        a.append(activation.propagate(zs[l]).with_local_error(activation.local_error))
        near_kink = np.zeros(z.shape, dtype=bool)
        if layer.activation.name in ("relu", "leaky_relu"):
            # A z whose terms are all 0 is exactly 0 in every arithmetic: it is not ambiguous.
            near_kink = (np.abs(z) <= OUTWARD * zs[l].total) & (terms > 0)
        kinks.append(near_kink)
    return _ForwardErrors(a, zs, activations, kinks)


def _output_delta_errors(truth: Truth, inputs: Inputs, fmt: FloatFormat, forward: _ForwardErrors) -> AffineForms:
    """E_δ^L, by BP1."""
    t, a, activation = inputs.t.astype(np.float64), truth.a[-1].high, forward.activations[-1]
    difference = a - t
    e_a = forward.a[-1].total
    size = np.abs(difference) + e_a
    overflow = fmt.overflow_error(np.abs(a) + e_a + np.abs(t))
    if inputs.network.is_canonical:
        # Three formulas: a − t, times a factor; ∇C f' with the factor a(1 − a), which has four more roundings;
        # and a Σt − t, where Σt is 1 up to rounding.
        roundings = 2 if inputs.network.cost.name == "half_squared_error" else 5
        local = roundings * fmt.u * size + fmt.tiny + overflow
        if inputs.network.cost.name == "cross_entropy":
            is_rounded = ((t != 0) & (t != 1)).any(axis=1, keepdims=True)  # Σt of a one-hot row is exactly 1
            local = local + fmt.gamma(t.shape[1] + 1) * is_rounded * (a + e_a)
        return forward.a[-1].with_local_error(local)
    slope, e_z = activation.slope, forward.z[-1].total
    e_slope = activation.slope_error(e_z)
    local = slope * activation.local_error + np.abs(difference) * activation.local_slope_error + e_a * e_slope
    local = local + 2 * fmt.u * size * (slope + e_slope) + fmt.tiny + overflow
    return forward.z[-1].scaled(slope**2 + difference * activation.second_derivative).with_local_error(local)


def _delta_errors(
    truth: Truth, inputs: Inputs, fmt: FloatFormat, forward: _ForwardErrors
) -> tuple[list[Array], list[Array]]:
    """E_δ^l for l = 1..L, by BP1 and BP2, and the entries of δ^l that depend on a kink."""
    layers = inputs.network.layers
    error = _output_delta_errors(truth, inputs, fmt, forward)
    is_canonical = inputs.network.is_canonical
    ambiguous = [np.zeros_like(forward.kinks[-1]) if is_canonical else forward.kinks[-1]]
    delta = [error.total]
    paths = np.abs(truth.delta[-1].high) + delta[0]  # Σ|terms| of δ^l as a sum over all paths to the output
    # The same without the factor δ^L, which may be small and which forward mode multiplies last: it may overflow.
    without_delta = np.maximum(paths, 1.0)
    for l in range(len(layers) - 2, -1, -1):
        w, activation = layers[l + 1].w.astype(np.float64), forward.activations[l]
        sent_back = truth.delta[l + 1].high @ w
        e_slope = activation.slope_error(forward.z[l].total)
        propagated = error.through_weights(w.T)
        from_z = forward.z[l].scaled(sent_back * activation.second_derivative)
        error = propagated.scaled(activation.slope).add(from_z)
        paths, without_delta = paths @ np.abs(w), without_delta @ np.abs(w)
        overflow = fmt.overflow_error(without_delta)  # before the product with the slope, which may be 0
        paths, without_delta = paths * (activation.slope + e_slope), without_delta * (activation.slope + e_slope)
        second_order = propagated.total * e_slope + np.abs(sent_back) * activation.local_slope_error
        additions = len(w) - 1
        largest = fmt.partial_sum_bound(additions, paths, np.abs(truth.delta[l].high) + error.total + second_order)
        # The slope may multiply every term of the sum, or the sum: one more rounding for each.
        rounding = fmt.u * (additions * largest + 2 * paths) + (2 * additions + 3) * fmt.tiny
        error = error.with_local_error(second_order + rounding + overflow)
        delta.insert(0, error.total)
        ambiguous.insert(0, forward.kinks[l] | ((ambiguous[0].astype(float) @ np.abs(w)) > 0))
    return delta, ambiguous


def _gradient_error(truth: Truth, fmt: FloatFormat, e_a: Array, e_delta: Array, l: int) -> tuple[Array, Array]:
    """The error of [∂C/∂W, ∂C/∂b] of layer l + 1, by BP4 and BP3, and Σ|terms| of each entry."""
    size, rows = np.abs(truth.delta[l].high), len(e_delta)
    a = np.ones((rows, e_a.shape[1] + 1))
    a[:, :-1] = np.abs(truth.a[l].high) + e_a
    propagated = e_delta.T @ a
    propagated[:, :-1] += size.T @ e_a
    sizes = (size + e_delta).T @ a
    largest = fmt.partial_sum_bound(rows - 1, sizes, np.abs(truth.parameters[l].high) + propagated)
    local = fmt.u * (sizes + (rows - 1) * largest) + 2 * rows * fmt.tiny + fmt.overflow_error(sizes)
    return propagated + local, sizes


def _update_error(
    fmt: FloatFormat, old: Array, gradient: Array, error: Array, sizes: Array, learning_rate: float, rows: int
) -> Array:
    """The error of old − new by the rule, for a step with the summed gradient or with each row in turn."""
    eta = abs(learning_rate)
    moves = eta * (np.abs(gradient) + error)
    new = np.abs(old - learning_rate * gradient) + eta * error
    largest = fmt.partial_sum_bound(rows, np.abs(old) + eta * sizes, new)
    # 3 u covers the rounding of η to the dtype, of the product with η, and of old − new, which the harness computes.
    subtractions = (rows - 1) * fmt.rounding_error(largest) + fmt.rounding_error(new + 3 * fmt.u * moves)
    overflow = fmt.overflow_error(np.abs(old) + eta * sizes)
    return np.asarray(eta * error + 3 * fmt.u * moves + subtractions + fmt.tiny + overflow)


def _depends_on_kink(ambiguous: Array, a: Array, e_a: Array) -> Array:
    """Where [∂C/∂W, ∂C/∂b] has a term with an ambiguous δ and an a that may not be 0."""
    if not ambiguous.any():
        return np.zeros((ambiguous.shape[1], a.shape[1] + 1), dtype=bool)
    nonzero = np.ones((len(a), a.shape[1] + 1))
    nonzero[:, :-1] = (a != 0) | (e_a > 0)
    return np.asarray((ambiguous.astype(float).T @ nonzero) > 0)
