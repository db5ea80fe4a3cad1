"""How far right code may be from the truth through rounding: a bound for every entry.

Running error analysis of the four equations (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM
2002, chapters 2 to 4). E_v denotes a bound on the error of the computed v. What is assumed of the code, for the unit
roundoff u of the dtype that it works in:

- sums are taken in any order, with or without fused multiply-adds, and all their roundings may go the same way, as
  those of equal terms do: no rounding is taken to make up for another. Whatever the order, a partial sum is at most
  (Σ|terms| + |Σ terms|) / 2, and each rounding at most half a unit in the last place of that;
- exp, log1p, tanh and the like are within FUNCTION_ULPS units in the last place, and the activations are evaluated
  without cancellation;
- f' is computed from z or from the output, whichever is less accurate (harness.responses); where z^l is computed more
  than once, it is computed in the same way;
- what overflows, in float64 or in the dtype, has no bound; underflow may flush to zero; exp may overflow, so that its
  reciprocal is 0, where the value is below the smallest normal number;
- no fast-math: no reassociation of a subtraction with a sum, no reciprocal in place of a division.

The errors of the forward pass are followed with their signs (harness.affine), because what they do to δ^l is the same
in every formulation. The backward sums are bounded by sizes alone, as sums over all paths, so that formulations which
move sums across layers (over paths, in forward mode) are covered too, as long as no term takes part in more roundings
than it does here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array, Inputs
from harness.truth.bounds.activation_errors import RULES, Response
from harness.truth.bounds.affine import Affine
from harness.truth.bounds.float_format import OUTWARD, Arithmetic, arithmetic
from harness.truth.enclosures.enclosure import Truth


@dataclass(frozen=True, eq=False)
class Bounds:
    """For l = 1..L bounds on the error of z^l, a^l and δ^l [n, n_l], of ∂C/∂W^l beside ∂C/∂b^l [n_l, n_{l-1} + 1],
    and of the displacement of both in one step; and where a weighted input lies so near a kink of relu that rounding
    alone chooses the branch (True in `unclear_delta` and `unclear_parameters` for all that depends on it)."""

    z: tuple[Array, ...]
    a: tuple[Array, ...]
    delta: tuple[Array, ...]
    parameters: tuple[Array, ...]
    update: tuple[Array, ...]
    unclear_delta: tuple[Array, ...]
    unclear_parameters: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class _Forward:
    """The errors of a^0..a^L; of z^1..z^L, how the activations answer to them, and where they leave a relu in doubt."""

    a: list[Affine]
    z: list[Affine]
    responses: list[Response]
    kinks: list[Array]


def bounds(truth: Truth, inputs: Inputs, learning_rate: float, dtype: str) -> Bounds:
    """Bounds for code that works in `dtype`, from the true values. Cost: a few float64 backprops."""
    machine = arithmetic(dtype)
    forward = _forward(truth, inputs, machine)
    delta, unclear = _backward(truth, inputs, machine, forward)
    parameters, update, unclear_parameters = [], [], []
    for l, layer in enumerate(inputs.network.layers):
        error, sizes = _gradient(truth, machine, forward.a[l].total, delta[l], l)
        parameters.append(error)
        old = np.column_stack([layer.w, layer.b]).astype(np.float64)
        update.append(_update(machine, old, truth.parameters[l].high, error, sizes, learning_rate, len(inputs.x)))
        unclear_parameters.append(_meets(unclear[l], truth.a[l].high, forward.a[l].total))
    # A relu that is off is exactly 0 and has no error, but a bound of 0 would need a truth without a radius.
    outputs = [one.total + machine.tiny for one in forward.a[1:]]
    parts = ([one.total for one in forward.z], outputs, delta, parameters, update)
    z, a, deltas, gradients, updates = (tuple(OUTWARD * bound for bound in part) for part in parts)
    return Bounds(z, a, deltas, gradients, updates, tuple(unclear), tuple(unclear_parameters))


def _forward(truth: Truth, inputs: Inputs, machine: Arithmetic) -> _Forward:
    size = np.abs(truth.a[0].high)
    a, zs, responses, kinks = [Affine.unsigned(np.zeros_like(size))], [], [], []
    for l, layer in enumerate(inputs.network.layers):
        w, b, z = layer.w.astype(np.float64), np.abs(layer.b.astype(np.float64)), truth.z[l].high
        moved, wide = a[l].through(w), np.abs(truth.a[l].high) + a[l].total
        products = wide @ np.abs(w).T
        additions, terms = w.shape[1], products + b
        largest = machine.partial_sums(additions, terms, np.abs(z) + moved.total)
        own = machine.u * products + additions * machine.rounding(largest) + (2 * additions + 1) * machine.tiny
        own += machine.overflow(terms)
        zs.append(moved.widened(own) if layer is inputs.network.layers[-1] else moved.with_sources(own))
        response = RULES[layer.activation.name](z, truth.a[l + 1].high, zs[l].total, machine)
        responses.append(response)
        a.append(response.outputs(zs[l]).widened(response.own))
        doubt = np.zeros(z.shape, dtype=bool)
        if layer.activation.name in ("relu", "leaky_relu"):
            # An exact 0 that no rounding can move is no doubt: all its terms are 0.
            doubt = (np.abs(z) <= OUTWARD * zs[l].total) & (terms > 0)
        kinks.append(doubt)
    return _Forward(a, zs, responses, kinks)


def _output_error(truth: Truth, inputs: Inputs, machine: Arithmetic, forward: _Forward) -> Affine:
    """E_δ^L, by BP1."""
    t, a, response = inputs.t.astype(np.float64), truth.a[-1].high, forward.responses[-1]
    difference = a - t
    e_a = forward.a[-1].total
    size = np.abs(difference) + e_a
    overflow = machine.overflow(np.abs(a) + e_a + np.abs(t))
    if inputs.network.is_canonical:
        # a − t, and a factor; or ∇C f' with the factor a(1 − a), which takes four roundings more; or a Σt − t, where Σt
        # is 1 but for rounding.
        roundings = 2 if inputs.network.cost.name == "half_squared_error" else 5
        local = roundings * machine.u * size + machine.tiny + overflow
        if inputs.network.cost.name == "cross_entropy":
            shared = ((t != 0) & (t != 1)).any(axis=1, keepdims=True)  # of zeros and a one Σt is 1 without rounding
            local = local + machine.gamma(t.shape[1] + 1) * shared * (a + e_a)
        return forward.a[-1].widened(local)
    slope, e_z = response.slope, forward.z[-1].total
    e_slope = response.slope_error(e_z)
    local = slope * response.own + np.abs(difference) * response.own_slope + e_a * e_slope
    local = local + 2 * machine.u * size * (slope + e_slope) + machine.tiny + overflow
    return forward.z[-1].times(slope**2 + difference * response.bend).widened(local)


def _backward(truth: Truth, inputs: Inputs, machine: Arithmetic, forward: _Forward) -> tuple[list[Array], list[Array]]:
    """E_δ^l for l = 1..L, by BP1 and BP2, and which entries of δ^l hang on a kink."""
    layers = inputs.network.layers
    error = _output_error(truth, inputs, machine, forward)
    canonical = inputs.network.is_canonical
    unclear = [np.zeros_like(forward.kinks[-1]) if canonical else forward.kinks[-1]]
    delta = [error.total]
    paths = np.abs(truth.delta[-1].high) + delta[0]  # the sizes of all that δ^l is the sum of, over every path
    alone = np.maximum(paths, 1.0)  # the same before δ^L is met, which may be small: forward mode meets it last
    for l in range(len(layers) - 2, -1, -1):
        w, response = layers[l + 1].w.astype(np.float64), forward.responses[l]
        sent_back = truth.delta[l + 1].high @ w
        e_slope = response.slope_error(forward.z[l].total)
        moved = error.through(w.T)
        error = moved.times(response.slope).plus(forward.z[l].times(sent_back * response.bend))
        paths, alone = paths @ np.abs(w), alone @ np.abs(w)
        # Before the slope, which may be 0, meets it.
        overflow = machine.overflow(alone)
        paths, alone = paths * (response.slope + e_slope), alone * (response.slope + e_slope)
        second = moved.total * e_slope + np.abs(sent_back) * response.own_slope
        additions = len(w) - 1
        largest = machine.partial_sums(additions, paths, np.abs(truth.delta[l].high) + error.total + second)
        # The slope may be multiplied into every term of the sum, or into the sum: one rounding more of each.
        arithmetic_error = machine.u * (additions * largest + 2 * paths) + (2 * additions + 3) * machine.tiny
        error = error.widened(second + arithmetic_error + overflow)
        delta.insert(0, error.total)
        unclear.insert(0, forward.kinks[l] | ((unclear[0].astype(float) @ np.abs(w)) > 0))
    return delta, unclear


def _gradient(truth: Truth, machine: Arithmetic, e_a: Array, e_delta: Array, l: int) -> tuple[Array, Array]:
    """The error of ∂C/∂W beside ∂C/∂b of layer l + 1, by BP4 and BP3, and the sums of the sizes of their terms."""
    size, rows = np.abs(truth.delta[l].high), len(e_delta)
    a = np.ones((rows, e_a.shape[1] + 1))
    a[:, :-1] = np.abs(truth.a[l].high) + e_a
    moved = e_delta.T @ a
    moved[:, :-1] += size.T @ e_a
    products = (size + e_delta).T @ a
    largest = machine.partial_sums(rows - 1, products, np.abs(truth.parameters[l].high) + moved)
    own = machine.u * (products + (rows - 1) * largest) + 2 * rows * machine.tiny + machine.overflow(products)
    return moved + own, products


def _update(
    machine: Arithmetic, old: Array, gradient: Array, error: Array, sizes: Array, learning_rate: float, rows: int
) -> Array:
    """The error of old − new by the rule, whether the rows are added to each other or one by one to the weights."""
    eta = abs(learning_rate)
    moves = eta * (np.abs(gradient) + error)
    new = np.abs(old - learning_rate * gradient) + eta * error
    largest = machine.partial_sums(rows, np.abs(old) + eta * sizes, new)
    # η in the dtype, the product with it, that of old − new by the harness; and the subtractions.
    subtractions = (rows - 1) * machine.rounding(largest) + machine.rounding(new + 3 * machine.u * moves)
    overflow = machine.overflow(np.abs(old) + eta * sizes)
    return np.asarray(eta * error + 3 * machine.u * moves + subtractions + machine.tiny + overflow)


def _meets(unclear: Array, a: Array, e_a: Array) -> Array:
    """Which entries of ∂C/∂W beside ∂C/∂b hang on a kink: those that an unclear δ meets with an a that is not 0."""
    if not unclear.any():
        return np.zeros((unclear.shape[1], a.shape[1] + 1), dtype=bool)
    met = np.ones((len(a), a.shape[1] + 1))
    met[:, :-1] = (a != 0) | (e_a > 0)
    return np.asarray((unclear.astype(float).T @ met) > 0)
